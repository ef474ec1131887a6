use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A time zone of the IANA database, such as `Europe/Amsterdam`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TimeZone(chrono_tz::Tz);

/// A text that names no time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a name of the IANA time zone database, such as Europe/Amsterdam")]
pub struct UnknownTimeZone;

impl TimeZone {
    /// The zone's name.
    pub fn name(self) -> &'static str {
        self.0.name()
    }
}

impl Default for TimeZone {
    fn default() -> Self {
        Self(chrono_tz::Tz::UTC)
    }
}

impl FromStr for TimeZone {
    type Err = UnknownTimeZone;

    fn from_str(text: &str) -> Result<Self, UnknownTimeZone> {
        text.parse().map(Self).map_err(|_| UnknownTimeZone)
    }
}

impl TryFrom<String> for TimeZone {
    type Error = UnknownTimeZone;

    fn try_from(text: String) -> Result<Self, UnknownTimeZone> {
        text.parse()
    }
}

impl From<TimeZone> for String {
    fn from(zone: TimeZone) -> Self {
        zone.name().to_owned()
    }
}

impl fmt::Display for TimeZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_the_database_are_zones() {
        for name in ["UTC", "Europe/Amsterdam", "America/Argentina/Ushuaia"] {
            assert_eq!(name.parse::<TimeZone>().map(TimeZone::name), Ok(name));
        }
        for text in ["", "Europe", "europe/amsterdam", "Europe/Atlantis", "+01:00"] {
            assert_eq!(text.parse::<TimeZone>(), Err(UnknownTimeZone), "{text}");
        }
    }
}

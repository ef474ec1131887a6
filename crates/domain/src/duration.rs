//! Durations in ISO 8601 form (`P2DT4H`), as SLAs and API carry them.

use std::fmt;
use std::str::FromStr;

use chrono::TimeDelta;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::Timestamp;

/// The longest duration accepted, in seconds: 100 years of 365 days.
const MAX_SECONDS: i64 = 100 * 365 * 86_400;

/// A span of elapsed time of whole seconds, never negative. Weeks and days are 7 × 24 and 24 hours;
/// years and months have no fixed length and are refused. Source: ISO 8601-1:2019 §5.5.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Duration {
    seconds: i64,
}

/// A text that is not a duration NexusFlow accepts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{text:?} is not an ISO 8601 duration of weeks, days, hours, minutes and seconds (such as P2DT4H), at most 100 years"
)]
pub struct InvalidDuration {
    /// What was given, cut to 64 characters.
    pub text: String,
}

impl Duration {
    /// No time at all.
    pub const ZERO: Self = Self { seconds: 0 };

    /// A duration of whole seconds; `None` when negative or above 100 years.
    pub fn from_seconds(seconds: i64) -> Option<Self> {
        (0..=MAX_SECONDS).contains(&seconds).then_some(Self { seconds })
    }

    /// Whole seconds.
    pub const fn seconds(self) -> i64 {
        self.seconds
    }

    /// The same span for arithmetic with instants.
    pub const fn as_delta(self) -> TimeDelta {
        TimeDelta::seconds(self.seconds)
    }
}

/// The first instant that a deadline may have: the beginning of 1970.
pub const FIRST_INSTANT: Timestamp = Timestamp::UNIX_EPOCH;

/// The last instant that a deadline may have: the last microsecond of 9999, the last year that
/// RFC 3339 can tell.
pub const LAST_INSTANT: Timestamp = match Timestamp::from_timestamp_micros(253_402_300_799_999_999) {
    Some(at) => at,
    None => Timestamp::MAX_UTC,
};

/// An instant moved by a span. What would lie after the last instant, or before the first, stays
/// there, so that an absurd due date stops nothing.
pub(crate) fn moved(at: Timestamp, span: TimeDelta) -> Timestamp {
    let edge = if span < TimeDelta::zero() { FIRST_INSTANT } else { LAST_INSTANT };
    at.checked_add_signed(span).unwrap_or(edge).clamp(FIRST_INSTANT, LAST_INSTANT)
}

impl FromStr for Duration {
    type Err = InvalidDuration;

    fn from_str(text: &str) -> Result<Self, InvalidDuration> {
        parse(text).ok_or_else(|| InvalidDuration { text: text.chars().take(64).collect() })
    }
}

fn parse(text: &str) -> Option<Duration> {
    let body = text.strip_prefix('P')?;
    let (date, time) = match body.split_once('T') {
        Some((_, "")) => return None,
        Some((date, time)) => (date, time),
        None => (body, ""),
    };
    if date.is_empty() && time.is_empty() {
        return None;
    }
    let date = designated(date, &[('W', 604_800), ('D', 86_400)])?;
    let time = designated(time, &[('H', 3_600), ('M', 60), ('S', 1)])?;
    Duration::from_seconds(date.checked_add(time)?)
}

/// Sums `<digits><designator>` parts whose designators appear in the given order, each at most once.
fn designated(mut text: &str, units: &[(char, i64)]) -> Option<i64> {
    let mut sum = 0i64;
    let mut units = units.iter();
    while !text.is_empty() {
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, rest) = text.split_at(digits);
        let designator = rest.chars().next()?;
        let &(_, seconds) = units.find(|(unit, _)| *unit == designator)?;
        sum = sum.checked_add(number.parse::<i64>().ok()?.checked_mul(seconds)?)?;
        text = &rest[designator.len_utf8()..];
    }
    Some(sum)
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.seconds == 0 {
            return f.write_str("PT0S");
        }
        f.write_str("P")?;
        let (days, rest) = (self.seconds / 86_400, self.seconds % 86_400);
        if days > 0 {
            write!(f, "{days}D")?;
        }
        if rest > 0 {
            f.write_str("T")?;
            for (value, unit) in [(rest / 3_600, 'H'), (rest % 3_600 / 60, 'M'), (rest % 60, 'S')] {
                if value > 0 {
                    write!(f, "{value}{unit}")?;
                }
            }
        }
        Ok(())
    }
}

impl Serialize for Duration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Duration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes_iso_8601() {
        for (text, seconds, canonical) in
            [("P2DT4H", 187_200, "P2DT4H"), ("PT90M", 5_400, "PT1H30M"), ("P1W", 604_800, "P7D"), ("PT0S", 0, "PT0S")]
        {
            let duration: Duration = text.parse().unwrap();
            assert_eq!(duration.seconds(), seconds);
            assert_eq!(duration.to_string(), canonical);
            assert_eq!(canonical.parse(), Ok(duration));
        }
    }

    #[test]
    fn instants_stay_within_the_years_that_can_be_told() {
        let century = Duration::from_seconds(MAX_SECONDS).unwrap().as_delta();
        assert_eq!(LAST_INSTANT.to_rfc3339(), "9999-12-31T23:59:59.999999+00:00");
        assert_eq!(moved(LAST_INSTANT, century), LAST_INSTANT);
        assert_eq!(moved(LAST_INSTANT, TimeDelta::MAX), LAST_INSTANT);
        assert_eq!(moved(FIRST_INSTANT, -century), FIRST_INSTANT);
        assert_eq!(moved(FIRST_INSTANT, TimeDelta::MIN), FIRST_INSTANT);
        assert_eq!(moved(FIRST_INSTANT, TimeDelta::days(1)), FIRST_INSTANT + TimeDelta::days(1));
    }

    #[test]
    fn refuses_what_has_no_fixed_length_or_no_sense() {
        for text in [
            "",
            "P",
            "PT",
            "P1Y",
            "P1M",
            "-P1D",
            "P-1D",
            "P1D2W",
            "PT1S1H",
            "P1",
            "PD",
            "P1.5D",
            "P99999999999999999999D",
            "P40000D",
            "P1é",
        ] {
            assert!(text.parse::<Duration>().is_err(), "{text}");
        }
    }
}

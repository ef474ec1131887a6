use std::fmt;

use serde::Deserialize;

/// A text that no log and no error message shows.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Hides a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Where the database is. Shown without its password.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct DatabaseUrl(String);

impl DatabaseUrl {
    /// Wraps a URL.
    pub fn new(url: impl Into<String>) -> Self {
        Self(url.into())
    }

    /// The URL with its password.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether it is an embedded `SQLite` database.
    pub fn is_sqlite(&self) -> bool {
        self.0.starts_with("sqlite:")
    }
}

impl Default for DatabaseUrl {
    fn default() -> Self {
        Self::new("sqlite://nexusflow.db?mode=rwc")
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Parameters of PostgreSQL may hold a password too.
        let url = self.0.split(['?', '#']).next().unwrap_or_default();
        let Some((scheme, rest)) = url.split_once("://") else {
            return f.write_str(if self.is_sqlite() { url } else { "***" });
        };
        match rest.rsplit_once('@') {
            Some((login, place)) if !self.is_sqlite() => {
                let name = login.split(':').next().unwrap_or_default();
                write!(f, "{scheme}://{name}:***@{place}")
            }
            _ => f.write_str(url),
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_secrets_nor_passwords_are_shown() {
        assert_eq!(format!("{:?}", Secret::new("hidden")), "***");
        for (url, shown) in [
            ("postgres://ada:hidden@db:5432/flow?sslpassword=hidden", "postgres://ada:***@db:5432/flow"),
            ("postgres://ada:hid@den@db/flow", "postgres://ada:***@db/flow"),
            ("postgres://db/flow?password=hidden", "postgres://db/flow"),
            ("sqlite:///data/a@b.db?mode=rwc", "sqlite:///data/a@b.db"),
            ("sqlite::memory:", "sqlite::memory:"),
            ("hidden", "***"),
        ] {
            assert_eq!(DatabaseUrl::new(url).to_string(), shown);
            assert_eq!(format!("{:?}", DatabaseUrl::new(url)), shown);
        }
    }
}

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The longest address accepted, in bytes (RFC 5321 §4.5.3.1.3 allows a path of 256 with brackets).
const MAX_BYTES: usize = 254;

/// A person's e-mail address, lower-cased; the global login name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Email(String);

/// A text that cannot be an e-mail address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected an e-mail address of the form name@domain, at most 254 bytes")]
pub struct InvalidEmail;

impl Email {
    /// The address as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Email {
    type Err = InvalidEmail;

    /// Checks the shape only; that mail arrives is proved by sending one.
    fn from_str(text: &str) -> Result<Self, InvalidEmail> {
        let text = text.trim();
        let (local, domain) = text.rsplit_once('@').ok_or(InvalidEmail)?;
        let printable = text.chars().all(|c| !c.is_whitespace() && !c.is_control());
        let domain_ok = domain.split('.').all(|label| !label.is_empty());
        if local.is_empty() || local.contains('@') || !domain_ok || !printable || text.len() > MAX_BYTES {
            return Err(InvalidEmail);
        }
        Ok(Self(text.to_lowercase()))
    }
}

impl TryFrom<String> for Email {
    type Error = InvalidEmail;

    fn try_from(text: String) -> Result<Self, InvalidEmail> {
        text.parse()
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folds_case_and_refuses_what_is_no_address() {
        assert_eq!(" Ada@Example.ORG ".parse::<Email>().unwrap().as_str(), "ada@example.org");
        for text in
            ["", "ada", "@x.org", "ada@", "a@b@c", "a b@c.org", "a@c..org", &format!("{}@x.org", "a".repeat(250))]
        {
            assert!(text.parse::<Email>().is_err(), "{text}");
        }
    }
}

use std::fmt;
use std::str::FromStr;

/// An organization's short name in addresses: 2 to 63 of a–z, 0–9 and inner hyphens.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slug(String);

/// A text that cannot be a slug.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected 2 to 63 lower-case letters, digits and inner hyphens")]
pub struct InvalidSlug;

impl Slug {
    /// The slug as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Slug {
    type Err = InvalidSlug;

    fn from_str(text: &str) -> Result<Self, InvalidSlug> {
        let alphabet = |b: u8| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-');
        let valid = (2..=63).contains(&text.len())
            && text.bytes().all(alphabet)
            && !text.starts_with('-')
            && !text.ends_with('-');
        if valid { Ok(Self(text.to_owned())) } else { Err(InvalidSlug) }
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

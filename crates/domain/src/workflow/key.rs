use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, LazyLock};

use serde::{Deserialize, Serialize, Serializer};

/// A step's name for machines, unique within its version: 1 to 64 of a–z, 0–9, `_` and `-`,
/// starting with a letter or digit. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct StepKey(Arc<str>);

/// A text that cannot be a step key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected a step key: 1 to 64 of a-z, 0-9, _ and -, starting with a letter or digit")]
pub struct InvalidStepKey;

/// What a step ended with, such as `APPROVED`: 1 to 64 of A–Z, 0–9 and `_`, starting with a letter. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct Outcome(Arc<str>);

/// A text that cannot be an outcome.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected an outcome: 1 to 64 of A-Z, 0-9 and _, starting with a letter")]
pub struct InvalidOutcome;

impl Outcome {
    /// The only outcome of a task that declares none.
    pub fn completed() -> Self {
        static COMPLETED: LazyLock<Outcome> = LazyLock::new(|| Outcome("COMPLETED".into()));
        COMPLETED.clone()
    }

    /// The positive outcome of every approval.
    pub fn approved() -> Self {
        Self("APPROVED".into())
    }

    /// What an approval by majority ends with when exactly half approve.
    pub fn tie() -> Self {
        Self("TIE".into())
    }

    /// What a step ends with whose milestone has passed.
    pub fn expired() -> Self {
        Self("EXPIRED".into())
    }

    /// The negative outcome of an approval that declares none.
    pub fn rejected() -> Self {
        Self("REJECTED".into())
    }
}

impl FromStr for StepKey {
    type Err = InvalidStepKey;

    fn from_str(text: &str) -> Result<Self, InvalidStepKey> {
        Self::try_from(text.to_owned())
    }
}

impl TryFrom<String> for StepKey {
    type Error = InvalidStepKey;

    fn try_from(text: String) -> Result<Self, InvalidStepKey> {
        let first = text.bytes().next().is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        let rest = text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-'));
        if first && rest && text.len() <= 64 { Ok(Self(text.into())) } else { Err(InvalidStepKey) }
    }
}

impl FromStr for Outcome {
    type Err = InvalidOutcome;

    fn from_str(text: &str) -> Result<Self, InvalidOutcome> {
        Self::try_from(text.to_owned())
    }
}

impl TryFrom<String> for Outcome {
    type Error = InvalidOutcome;

    fn try_from(text: String) -> Result<Self, InvalidOutcome> {
        let first = text.bytes().next().is_some_and(|b| b.is_ascii_uppercase());
        let rest = text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
        if first && rest && text.len() <= 64 { Ok(Self(text.into())) } else { Err(InvalidOutcome) }
    }
}

macro_rules! text {
    ($($name:ident),*) => {$(
        impl $name {
            /// As text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.as_str().to_owned()
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }
    )*};
}
text!(StepKey, Outcome);

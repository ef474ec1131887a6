use std::fmt;
use std::str::FromStr;

use crate::ids::{InvalidId, SessionId};

/// What a caller proved himself with. Its text form is the id's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Credential {
    /// An access token of a session.
    Session(SessionId),
}

impl Credential {
    /// The session, if it is one.
    pub const fn session(self) -> Option<SessionId> {
        match self {
            Self::Session(session) => Some(session),
        }
    }
}

impl fmt::Display for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Session(session) => fmt::Display::fmt(session, f),
        }
    }
}

impl FromStr for Credential {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        text.parse().map(Self::Session)
    }
}

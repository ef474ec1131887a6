use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use nexusflow_domain::ids::OrganizationId;
use nexusflow_domain::insight::Hash;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::platform::SecretText;

const PREFIX: &str = "nfr_";
/// An id of 16 bytes and a secret of 32.
const BYTES: usize = 48;

/// What keeps a session alive: the tenant to look in, and a secret of 256 random bits, of which only the
/// hash is stored. Such a secret needs no slow hash: nobody guesses it.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct RefreshToken {
    pub organization: OrganizationId,
    secret: [u8; 32],
}

/// A text that is no refresh token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a refresh token")]
pub(super) struct InvalidRefreshToken;

impl RefreshToken {
    pub const fn new(organization: OrganizationId, secret: [u8; 32]) -> Self {
        Self { organization, secret }
    }

    /// What is stored of it.
    pub fn hash(&self) -> Hash {
        Hash(Sha256::digest(self.secret).into())
    }

    /// What the client keeps.
    pub fn text(&self) -> SecretText {
        let bytes = [&self.organization.uuid().as_bytes()[..], &self.secret[..]].concat();
        SecretText::new(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes)))
    }
}

impl FromStr for RefreshToken {
    type Err = InvalidRefreshToken;

    fn from_str(text: &str) -> Result<Self, InvalidRefreshToken> {
        let parse = || {
            let encoded = text.strip_prefix(PREFIX).filter(|encoded| encoded.len() == BYTES / 3 * 4)?;
            let bytes = URL_SAFE_NO_PAD.decode(encoded).ok()?;
            let (organization, secret) = bytes.split_at_checked(16)?;
            let organization = OrganizationId::from_uuid(Uuid::from_slice(organization).ok()?);
            Some(Self { organization, secret: secret.try_into().ok()? })
        };
        parse().ok_or(InvalidRefreshToken)
    }
}

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RefreshToken").field("organization", &self.organization).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_names_the_tenant_and_holds_the_secret() {
        let token = RefreshToken::new(OrganizationId::from_uuid(Uuid::from_u128(7)), [0xA5; 32]);
        let text = token.text();
        assert_eq!(text.reveal().len(), 68);
        assert_eq!(text.reveal().parse(), Ok(token.clone()));
        assert!(!format!("{token:?} {text:?}").contains("165"), "no secret in it");
        assert_ne!(RefreshToken::new(token.organization, [0xA6; 32]).hash(), token.hash());
    }

    #[test]
    fn other_texts_are_refused() {
        let long = format!("nfr_{}", "A".repeat(65));
        let strange = format!("nfr_{}", "!".repeat(64));
        for text in ["", "nfr_", "nfr_AAAA", &"A".repeat(64), &long, &strange, "nfr_\u{e9}"] {
            assert_eq!(text.parse::<RefreshToken>(), Err(InvalidRefreshToken), "{text}");
        }
    }
}

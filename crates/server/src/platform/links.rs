use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use nexusflow_application::platform::{Link, OneTimeLinks};
use nexusflow_domain::identity::VerificationPurpose;
use nexusflow_domain::ids::VerificationId;
use sha2::Sha256;
use uuid::Uuid;

use super::SecretTooShort;
use super::derived_key::derived_key;

const PURPOSE: &[u8] = b"nexusflow one-time link v1";
/// An id of 16 bytes and a number of four.
const PLAIN: usize = 20;
/// All of HMAC-SHA-256.
const TAG: usize = 32;

/// Links whose tokens are signed: nothing of what makes them hard to guess is stored.
pub struct HmacLinks {
    key: Hmac<Sha256>,
    public_url: String,
}

impl HmacLinks {
    /// Signs with a key derived from the servers' secret. Addresses begin with `public_url`.
    pub fn new(secret: &[u8], public_url: &str) -> Result<Self, SecretTooShort> {
        let key = derived_key(secret, PURPOSE)?;
        Ok(Self { key, public_url: public_url.trim_end_matches('/').to_owned() })
    }

    /// What purpose a link has is signed, too, so that it is good for no other.
    fn signer(&self, purpose: VerificationPurpose, plain: &[u8]) -> Hmac<Sha256> {
        self.key.clone().chain_update(plain).chain_update(purpose.as_str())
    }
}

impl OneTimeLinks for HmacLinks {
    fn address(&self, link: &Link) -> String {
        let mut token = Vec::with_capacity(PLAIN + TAG);
        token.extend_from_slice(link.verification.uuid().as_bytes());
        token.extend_from_slice(&link.serial.to_be_bytes());
        let tag = self.signer(link.purpose, &token).finalize().into_bytes();
        token.extend_from_slice(&tag);
        format!("{}{}#token={}", self.public_url, path(link.purpose), URL_SAFE_NO_PAD.encode(token))
    }

    fn find(&self, purpose: VerificationPurpose, token: &str) -> Option<Link> {
        let token = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (plain, tag) = token.split_at_checked(PLAIN)?;
        // In constant time: how much of a guess is right must not show.
        self.signer(purpose, plain).verify_slice(tag).ok()?;
        let (id, serial) = plain.split_at_checked(16)?;
        let verification = VerificationId::from_uuid(Uuid::from_slice(id).ok()?);
        Some(Link { purpose, verification, serial: u32::from_be_bytes(serial.try_into().ok()?) })
    }
}

const INVITATION: &str = "/accept-invitation";
const EMAIL: &str = "/verify-email";
const PASSWORD: &str = "/reset-password";
/// Every path that a link can have.
pub(crate) const LINK_PATHS: [&str; 3] = [INVITATION, EMAIL, PASSWORD];

/// The page that asks whether to do it.
const fn path(purpose: VerificationPurpose) -> &'static str {
    match purpose {
        VerificationPurpose::Invitation => INVITATION,
        VerificationPurpose::EmailVerification | VerificationPurpose::EmailChange => EMAIL,
        VerificationPurpose::PasswordReset => PASSWORD,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &[u8] = b"a secret of no importance, 32 bytes";

    fn links(secret: &[u8]) -> HmacLinks {
        HmacLinks::new(secret, "https://flow.example/base/").expect("a long secret")
    }

    fn link(purpose: VerificationPurpose) -> Link {
        Link { purpose, verification: VerificationId::from_uuid(Uuid::from_u128(7 << 100 | 9)), serial: 3 }
    }

    fn token(link: &Link) -> String {
        let address = links(SECRET).address(link);
        address.split_once("#token=").expect("a token in the fragment").1.to_owned()
    }

    #[test]
    fn a_token_is_known_again_for_its_purpose_alone() {
        for &purpose in VerificationPurpose::ALL {
            let made = token(&link(purpose));
            for &other in VerificationPurpose::ALL {
                let found = links(SECRET).find(other, &made);
                assert_eq!(found, (other == purpose).then_some(link(purpose)), "{purpose} as {other}");
            }
        }
        let invitation = links(SECRET).address(&link(VerificationPurpose::Invitation));
        assert!(invitation.starts_with("https://flow.example/base/accept-invitation#token="), "{invitation}");
    }

    #[test]
    fn no_other_text_is_a_token() {
        let purpose = VerificationPurpose::PasswordReset;
        let made = token(&link(purpose));
        let bytes = URL_SAFE_NO_PAD.decode(&made).expect("base64");
        for place in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[place] ^= 1;
            assert_eq!(links(SECRET).find(purpose, &URL_SAFE_NO_PAD.encode(&changed)), None, "byte {place}");
        }
        for length in 0..bytes.len() {
            assert_eq!(links(SECRET).find(purpose, &URL_SAFE_NO_PAD.encode(&bytes[..length])), None, "{length} bytes");
        }
        for text in [URL_SAFE_NO_PAD.encode([&bytes[..], &[0]].concat()), String::new(), "é".to_owned()] {
            assert_eq!(links(SECRET).find(purpose, &text), None, "{text}");
        }
        assert_eq!(links(b"another secret of no importance, 32").find(purpose, &made), None);
        assert!(HmacLinks::new(&SECRET[..31], "").is_err());
    }
}

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use nexusflow_application::request::{Webhook, WebhookAddresses};
use nexusflow_domain::ids::{OrganizationId, RequestId, RequestStepId};
use sha2::Sha256;
use uuid::Uuid;

use super::SecretTooShort;
use super::derived_key::derived_key;

/// What the key for addresses is derived from, besides the secret.
const PURPOSE: &[u8] = b"nexusflow webhook address v1";
/// Three ids of 16 bytes.
const IDS: usize = 48;
/// The first half of HMAC-SHA-256, the least that RFC 2104 §5 advises.
const TAG: usize = 16;

/// Addresses that say where they lead, signed: nothing of them is stored.
pub struct HmacWebhooks {
    key: Hmac<Sha256>,
    public_url: String,
}

impl HmacWebhooks {
    /// Signs with a key derived from the secret of access tokens. Addresses begin with `public_url`, and
    /// are paths without it.
    pub fn new(secret: &[u8], public_url: Option<&str>) -> Result<Self, SecretTooShort> {
        let key = derived_key(secret, PURPOSE)?;
        let public_url = public_url.unwrap_or_default().trim_end_matches('/').to_owned();
        Ok(Self { key, public_url })
    }
}

impl WebhookAddresses for HmacWebhooks {
    fn address(&self, hook: &Webhook) -> String {
        let mut token = Vec::with_capacity(IDS + TAG);
        for id in [hook.organization.uuid(), hook.request.uuid(), hook.step.uuid()] {
            token.extend_from_slice(id.as_bytes());
        }
        let tag = self.key.clone().chain_update(&token).finalize().into_bytes();
        token.extend(tag.into_iter().take(TAG));
        format!("{}/hooks/{}", self.public_url, URL_SAFE_NO_PAD.encode(token))
    }

    fn find(&self, token: &str) -> Option<Webhook> {
        let token = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (ids, tag) = token.split_at_checked(IDS).filter(|(_, tag)| tag.len() == TAG)?;
        // In constant time: how much of a guess is right must not show.
        self.key.clone().chain_update(ids).verify_truncated_left(tag).ok()?;
        let id = |place: usize| Uuid::from_slice(ids.get(place * 16..(place + 1) * 16)?).ok();
        Some(Webhook {
            organization: OrganizationId::from_uuid(id(0)?),
            request: RequestId::from_uuid(id(1)?),
            step: RequestStepId::from_uuid(id(2)?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &[u8] = b"a secret of no importance, 32 bytes";

    fn hook(n: u128) -> Webhook {
        let id = |part: u128| Uuid::from_u128(n << 8 | part);
        Webhook {
            organization: OrganizationId::from_uuid(id(1)),
            request: RequestId::from_uuid(id(2)),
            step: RequestStepId::from_uuid(id(3)),
        }
    }

    fn signer(secret: &[u8], url: Option<&str>) -> HmacWebhooks {
        HmacWebhooks::new(secret, url).expect("a long secret")
    }

    #[test]
    fn an_address_leads_to_what_it_was_made_for_on_every_server_with_the_secret() {
        let (one, other) = (signer(SECRET, None), signer(SECRET, Some("https://flow.example/base/")));
        let path = one.address(&hook(7));
        let token = path.strip_prefix("/hooks/").expect("a path");
        assert_eq!((one.find(token), other.find(token)), (Some(hook(7)), Some(hook(7))));
        assert_eq!(other.address(&hook(7)), format!("https://flow.example/base{path}"));
        assert!(token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
    }

    #[test]
    fn no_other_text_leads_anywhere() {
        let signer = signer(SECRET, None);
        let path = signer.address(&hook(7));
        let bytes = URL_SAFE_NO_PAD.decode(path.trim_start_matches("/hooks/")).expect("base64");
        for place in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[place] ^= 1;
            assert_eq!(signer.find(&URL_SAFE_NO_PAD.encode(&changed)), None, "byte {place}");
        }
        for length in 0..bytes.len() {
            assert_eq!(signer.find(&URL_SAFE_NO_PAD.encode(&bytes[..length])), None, "{length} bytes");
        }
        let more = [&bytes[..], &[0]].concat();
        for text in [URL_SAFE_NO_PAD.encode(more), String::new(), "é".to_owned(), "a".repeat(10_000)] {
            assert_eq!(signer.find(&text), None, "{text}");
        }
    }

    #[test]
    fn another_secret_makes_other_addresses_and_a_short_one_is_refused() {
        let path = signer(SECRET, None).address(&hook(7));
        let other = signer(b"another secret of no importance, 32", None);
        assert_eq!(other.find(path.trim_start_matches("/hooks/")), None);
        assert!(HmacWebhooks::new(&SECRET[..31], None).is_err());
    }
}

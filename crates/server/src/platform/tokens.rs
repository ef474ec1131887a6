use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, KeyInit, Mac};
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, Header, Validation, decode, decode_header, encode};
use moka::sync::Cache;
use nexusflow_application::StoreError;
use nexusflow_application::platform::{Clock, SecretText, TokenClaims, TokenError, TokenIssuer};
use nexusflow_domain::Timestamp;
use nexusflow_domain::ids::{OrganizationId, SessionId, UserId};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::token_keys::TokenKeys;

/// The fewest bytes of a secret: as many as the hash that keys are derived with gives (RFC 5869, section 3.3).
pub const MIN_SECRET_BYTES: usize = 32;
const ISSUER: &str = "nexusflow";
const AUDIENCE: &str = "nexusflow-api";
/// RFC 9068, section 2.1: no other kind of signed text is taken for an access token.
const TYPE: &str = "at+jwt";
/// Longer texts are not even looked at; a token of ours has some 500 bytes.
const MAX_TOKEN_BYTES: usize = 2_048;
/// How much the clocks of two servers may differ.
const SKEW: TimeDelta = TimeDelta::seconds(60);
/// Tokens that were verified already, so that a busy client pays for it once.
const MAX_REMEMBERED: u64 = 50_000;
/// What the keys of CSRF tokens are derived from, besides the secret.
const CSRF: &[u8] = b"nexusflow csrf token v1";

/// The secret is too easy to guess.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the token key must have at least {MIN_SECRET_BYTES} bytes, found {found}")]
pub struct SecretTooShort {
    /// How many bytes it has.
    pub found: usize,
}

/// A secret that no keys can be made of.
#[derive(Debug, thiserror::Error)]
pub enum InvalidSecret {
    /// It is too easy to guess.
    #[error(transparent)]
    TooShort(#[from] SecretTooShort),
    /// The library refuses what was derived.
    #[error("no key can be derived from the secret")]
    Underivable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Access tokens: JSON Web Tokens (RFC 7519) signed with Ed25519 (RFC 8037), and nothing else.
pub struct Ed25519Tokens {
    keys: TokenKeys,
    /// Of the present secret, then of the one before.
    csrf: Vec<Hmac<Sha256>>,
    validation: Validation,
    lifetime: TimeDelta,
    clock: Arc<dyn Clock>,
    /// By the token's SHA-256: what it says, and until when it is accepted, in seconds since 1970.
    verified: Cache<[u8; 32], (TokenClaims, i64)>,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    org: String,
    sid: String,
    /// Seconds since 1970.
    iat: i64,
    exp: i64,
    jti: String,
}

impl Ed25519Tokens {
    /// Signs with keys derived from a secret; accepts those of the secret before too. `clock` must be
    /// real time.
    pub fn new(
        secret: &[u8],
        previous: Option<&[u8]>,
        lifetime: Duration,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, InvalidSecret> {
        let secrets: Vec<&[u8]> = std::iter::once(secret).chain(previous).collect();
        if let Some(short) = secrets.iter().find(|secret| secret.len() < MIN_SECRET_BYTES) {
            return Err(SecretTooShort { found: short.len() }.into());
        }
        let csrf: Result<Vec<_>, _> = secrets.iter().map(|secret| csrf_key(secret)).collect();
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        // The library would read the computer's clock and forgive a minute: `check` compares itself.
        validation.validate_exp = false;
        Ok(Self {
            keys: TokenKeys::new(&secrets, clock.now()).map_err(underivable)?,
            csrf: csrf.map_err(underivable)?,
            validation,
            lifetime: TimeDelta::from_std(lifetime).unwrap_or(TimeDelta::MAX),
            clock,
            verified: Cache::builder().max_capacity(MAX_REMEMBERED).time_to_live(lifetime).build(),
        })
    }

    /// The public keys, for whoever wants to verify tokens (RFC 7517, section 5).
    pub fn public_keys(&self) -> Result<JwkSet, StoreError> {
        self.keys.public(self.clock.now()).map_err(failed)
    }

    /// What a token says, and until when it is accepted.
    fn check(&self, token: &str, now: Timestamp) -> Result<(TokenClaims, i64), TokenError> {
        let header = decode_header(token).map_err(|_| TokenError::Invalid)?;
        if header.alg != Algorithm::EdDSA || header.typ.as_deref() != Some(TYPE) {
            return Err(TokenError::Invalid);
        }
        let life = (now.checked_sub_signed(self.lifetime).unwrap_or(DateTime::UNIX_EPOCH), now + SKEW);
        let id = header.kid.ok_or(TokenError::Invalid)?;
        let key = self.keys.verifying(&id, life, now).ok_or(TokenError::Invalid)?;
        let token = decode::<Claims>(token, &key.decoding, &self.validation).map_err(|_| TokenError::Invalid)?;
        let claims = token.claims;
        if claims.iat > (now + SKEW).timestamp() {
            return Err(TokenError::Invalid);
        }
        let user: UserId = claims.sub.parse().map_err(|_| TokenError::Invalid)?;
        let organization: OrganizationId = claims.org.parse().map_err(|_| TokenError::Invalid)?;
        let session: SessionId = claims.sid.parse().map_err(|_| TokenError::Invalid)?;
        // A life that was made shorter since counts.
        let until = claims.exp.min(claims.iat.saturating_add(self.lifetime.num_seconds()));
        Ok((TokenClaims { user, organization, session }, until))
    }
}

impl TokenIssuer for Ed25519Tokens {
    fn issue(&self, claims: &TokenClaims, at_most: TimeDelta) -> Result<(SecretText, Timestamp), StoreError> {
        let now = self.clock.now();
        let exp = now.timestamp().saturating_add(self.lifetime.min(at_most).num_seconds());
        let mut random = [0; 16];
        getrandom::fill(&mut random).map_err(failed)?;
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: claims.user.to_string(),
            org: claims.organization.to_string(),
            sid: claims.session.to_string(),
            iat: now.timestamp(),
            exp,
            jti: hex::encode(random),
        };
        let key = self.keys.signing(now).map_err(failed)?;
        let (typ, kid) = (Some(TYPE.to_owned()), Some(key.id.clone()));
        let header = Header { typ, kid, ..Header::new(Algorithm::EdDSA) };
        let token = encode(&header, &claims, &key.encoding).map_err(failed)?;
        Ok((SecretText::new(token), DateTime::from_timestamp(exp, 0).unwrap_or(DateTime::<Utc>::MAX_UTC)))
    }

    fn verify(&self, token: &str) -> Result<TokenClaims, TokenError> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(TokenError::Invalid);
        }
        let (hash, now): ([u8; 32], _) = (Sha256::digest(token).into(), self.clock.now());
        let known = self.verified.get(&hash);
        let is_new = known.is_none();
        let (claims, until) = known.map_or_else(|| self.check(token, now), Ok)?;
        if until <= now.timestamp() {
            return Err(TokenError::Expired);
        }
        if is_new {
            self.verified.insert(hash, (claims.clone(), until));
        }
        Ok(claims)
    }

    fn random(&self) -> Result<[u8; 32], StoreError> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(failed)?;
        Ok(bytes)
    }

    fn csrf_token(&self, session: SessionId) -> SecretText {
        let tag = self.csrf.first().map(|key| tag_of(key, session).finalize().into_bytes());
        SecretText::new(hex::encode(tag.unwrap_or_default()))
    }

    fn is_csrf_token(&self, session: SessionId, token: &str) -> bool {
        let Ok(token) = hex::decode(token) else { return false };
        self.csrf.iter().any(|key| tag_of(key, session).verify_slice(&token).is_ok())
    }
}

fn underivable(error: impl std::error::Error + Send + Sync + 'static) -> InvalidSecret {
    InvalidSecret::Underivable(Box::new(error))
}

fn csrf_key(secret: &[u8]) -> Result<Hmac<Sha256>, hmac::digest::InvalidLength> {
    let derived = Hmac::<Sha256>::new_from_slice(secret)?.chain_update(CSRF);
    Hmac::new_from_slice(&derived.finalize().into_bytes())
}

fn tag_of(key: &Hmac<Sha256>, session: SessionId) -> Hmac<Sha256> {
    key.clone().chain_update(session.uuid().as_bytes())
}

fn failed(error: impl std::error::Error + Send + Sync + 'static) -> StoreError {
    StoreError::Failed(Box::new(error))
}

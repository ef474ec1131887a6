use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use nexusflow_application::StoreError;
use nexusflow_application::platform::{Clock, TokenClaims, TokenError, TokenIssuer};
use nexusflow_domain::Timestamp;
use nexusflow_domain::ids::{OrganizationId, UserId};
use serde::{Deserialize, Serialize};

/// The fewest bytes of a key: the length of HMAC-SHA-256's output (RFC 7518 §3.2).
pub const MIN_SECRET_BYTES: usize = 32;
const ISSUER: &str = "nexusflow";
const AUDIENCE: &str = "nexusflow-api";
/// Longer texts are not even looked at; a token of ours has some 350 bytes.
const MAX_TOKEN_BYTES: usize = 2_048;

/// The key is too easy to guess.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the token key must have at least {MIN_SECRET_BYTES} bytes, found {found}")]
pub struct SecretTooShort {
    /// How many bytes it has.
    pub found: usize,
}

/// Access tokens: JSON Web Tokens (RFC 7519) signed with HMAC-SHA-256, and nothing else.
pub struct HmacTokens {
    encoding: EncodingKey,
    decoding: DecodingKey,
    validation: Validation,
    lifetime: TimeDelta,
    clock: Arc<dyn Clock>,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    org: String,
    /// Seconds since 1970.
    iat: i64,
    exp: i64,
    jti: String,
}

impl HmacTokens {
    /// Signs with a secret key. `clock` must be real time.
    pub fn new(secret: &[u8], lifetime: Duration, clock: Arc<dyn Clock>) -> Result<Self, SecretTooShort> {
        if secret.len() < MIN_SECRET_BYTES {
            return Err(SecretTooShort { found: secret.len() });
        }
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        // The library would read the computer's clock and forgive a minute: `verify` compares itself.
        validation.validate_exp = false;
        Ok(Self {
            encoding: EncodingKey::from_secret(secret),
            decoding: DecodingKey::from_secret(secret),
            validation,
            lifetime: TimeDelta::from_std(lifetime).unwrap_or(TimeDelta::MAX),
            clock,
        })
    }
}

impl TokenIssuer for HmacTokens {
    fn issue(&self, claims: &TokenClaims) -> Result<(String, Timestamp), StoreError> {
        let now = self.clock.now().timestamp();
        let exp = now.saturating_add(self.lifetime.num_seconds());
        let mut random = [0; 16];
        getrandom::fill(&mut random).map_err(|error| StoreError::Failed(Box::new(error)))?;
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: claims.user.to_string(),
            org: claims.organization.to_string(),
            iat: now,
            exp,
            jti: hex::encode(random),
        };
        let token = encode(&Header::new(Algorithm::HS256), &claims, &self.encoding);
        let expires_at = DateTime::from_timestamp(exp, 0).unwrap_or(DateTime::<chrono::Utc>::MAX_UTC);
        Ok((token.map_err(|error| StoreError::Failed(Box::new(error)))?, expires_at))
    }

    fn verify(&self, token: &str) -> Result<TokenClaims, TokenError> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(TokenError::Invalid);
        }
        let claims = match decode::<Claims>(token, &self.decoding, &self.validation) {
            Ok(token) => token.claims,
            Err(error) if *error.kind() == ErrorKind::ExpiredSignature => return Err(TokenError::Expired),
            Err(_) => return Err(TokenError::Invalid),
        };
        if claims.exp <= self.clock.now().timestamp() {
            return Err(TokenError::Expired);
        }
        let user: UserId = claims.sub.parse().map_err(|_| TokenError::Invalid)?;
        let organization: OrganizationId = claims.org.parse().map_err(|_| TokenError::Invalid)?;
        Ok(TokenClaims { user, organization })
    }
}

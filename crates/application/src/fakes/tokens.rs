use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::TimeDelta;
use nexusflow_domain::Timestamp;
use nexusflow_domain::ids::SessionId;

use crate::StoreError;
use crate::platform::{Clock, SecretText, TokenClaims, TokenError, TokenIssuer};

/// Tokens kept in a list, on a clock of the test's choice, for an hour unless told otherwise.
pub struct TestTokens {
    clock: Arc<dyn Clock>,
    issued: Mutex<Issued>,
}

struct Issued {
    lifetime: TimeDelta,
    tokens: BTreeMap<String, (TokenClaims, Timestamp)>,
    randoms: u64,
}

impl TestTokens {
    /// Nothing issued yet.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let issued = Issued { lifetime: TimeDelta::hours(1), tokens: BTreeMap::new(), randoms: 0 };
        Self { clock, issued: Mutex::new(issued) }
    }

    /// How long tokens issued from now on are accepted; not at all when negative.
    pub fn set_lifetime(&self, lifetime: TimeDelta) {
        self.lock().lifetime = lifetime;
    }

    /// Lets every token issued so far expire.
    pub fn expire_all(&self) {
        for (_, expires_at) in self.lock().tokens.values_mut() {
            *expires_at = Timestamp::MIN_UTC;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Issued> {
        self.issued.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl TokenIssuer for TestTokens {
    fn issue(&self, claims: &TokenClaims, at_most: TimeDelta) -> Result<(SecretText, Timestamp), StoreError> {
        let mut issued = self.lock();
        let now = self.clock.now();
        let expires_at = now.checked_add_signed(issued.lifetime.min(at_most)).unwrap_or(now);
        let token = format!("test-token-{}", issued.tokens.len() + 1);
        issued.tokens.insert(token.clone(), (claims.clone(), expires_at));
        Ok((SecretText::new(token), expires_at))
    }

    fn verify(&self, token: &str) -> Result<TokenClaims, TokenError> {
        let issued = self.lock();
        let (claims, expires_at) = issued.tokens.get(token).ok_or(TokenError::Invalid)?;
        if self.clock.now() < *expires_at { Ok(claims.clone()) } else { Err(TokenError::Expired) }
    }

    /// Counts, so that every run of a test is the same.
    fn random(&self) -> Result<[u8; 32], StoreError> {
        let mut issued = self.lock();
        issued.randoms += 1;
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&issued.randoms.to_be_bytes());
        Ok(bytes)
    }

    fn csrf_token(&self, session: SessionId) -> SecretText {
        SecretText::new(format!("csrf-{session}"))
    }

    fn is_csrf_token(&self, session: SessionId, token: &str) -> bool {
        self.csrf_token(session).reveal() == token
    }
}

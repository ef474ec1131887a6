use std::sync::Arc;

use arc_swap::ArcSwap;
use hkdf::Hkdf;
use jsonwebtoken::errors::Error;
use jsonwebtoken::jwk::{Jwk, JwkSet, PublicKeyUse, ThumbprintHash};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey};
use nexusflow_domain::Timestamp;
use sha2::Sha256;

/// How long a key signs, in seconds: 30 days, counted from 1970.
const PERIOD: i64 = 30 * 24 * 60 * 60;
/// What a key is derived from, besides the secret and the number of its period.
const PURPOSE: &[u8] = b"nexusflow access token v1";
/// What stands before the 32 bytes of an Ed25519 private key in PKCS #8 (RFC 8410, section 7).
const PKCS8: [u8; 16] =
    [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

/// The Ed25519 keys (RFC 8032) of access tokens. Each period has its own, derived by HKDF-SHA-256
/// (RFC 5869) from the server's secret: every server has the same, none is stored, and they change
/// without anybody's doing.
pub(super) struct TokenKeys {
    /// What signs first, then what only verifies.
    secrets: Vec<Hkdf<Sha256>>,
    current: ArcSwap<Keys>,
}

/// The keys of the period before, of this one and of the next, of every secret.
struct Keys {
    period: i64,
    keys: Vec<Arc<TokenKey>>,
}

/// The key of one period.
pub(super) struct TokenKey {
    period: i64,
    /// RFC 7638, of the public key.
    pub id: String,
    pub encoding: EncodingKey,
    pub decoding: DecodingKey,
    public: Jwk,
}

impl TokenKeys {
    /// Derives from secrets of which the first signs.
    pub fn new(secrets: &[&[u8]], now: Timestamp) -> Result<Self, Error> {
        let secrets: Vec<_> = secrets.iter().map(|secret| Hkdf::new(None, secret)).collect();
        let current = ArcSwap::from_pointee(Keys::of(&secrets, period(now))?);
        Ok(Self { secrets, current })
    }

    /// What signs now.
    pub fn signing(&self, now: Timestamp) -> Result<Arc<TokenKey>, Error> {
        let (keys, period) = (self.at(now)?, period(now));
        let found = keys.keys.iter().find(|key| key.period == period);
        found.cloned().ok_or_else(|| jsonwebtoken::errors::new_error(jsonwebtoken::errors::ErrorKind::InvalidEddsaKey))
    }

    /// A key that may have signed between two instants; `None` when no such key has the id.
    pub fn verifying(&self, id: &str, (from, to): (Timestamp, Timestamp), now: Timestamp) -> Option<Arc<TokenKey>> {
        let (keys, may_have) = (self.at(now).ok()?, period(from)..=period(to));
        keys.keys.iter().find(|key| key.id == id && may_have.contains(&key.period)).cloned()
    }

    /// The public keys: of the period before, of this one and of the next, so that who keeps them for a
    /// while never misses one.
    pub fn public(&self, now: Timestamp) -> Result<JwkSet, Error> {
        Ok(JwkSet { keys: self.at(now)?.keys.iter().map(|key| key.public.clone()).collect() })
    }

    fn at(&self, now: Timestamp) -> Result<Arc<Keys>, Error> {
        let (current, period) = (self.current.load_full(), period(now));
        if current.period == period {
            return Ok(current);
        }
        let keys = Arc::new(Keys::of(&self.secrets, period)?);
        self.current.store(keys.clone());
        Ok(keys)
    }
}

impl Keys {
    fn of(secrets: &[Hkdf<Sha256>], period: i64) -> Result<Self, Error> {
        let derive = |secret| (period - 1..=period + 1).map(move |period| TokenKey::derive(secret, period));
        let keys: Result<Vec<_>, Error> = secrets.iter().flat_map(derive).map(|key| key.map(Arc::new)).collect();
        Ok(Self { period, keys: keys? })
    }
}

impl TokenKey {
    fn derive(secret: &Hkdf<Sha256>, period: i64) -> Result<Self, Error> {
        let mut key = [0; 48];
        let (header, seed) = key.split_at_mut(PKCS8.len());
        header.copy_from_slice(&PKCS8);
        // 32 bytes are never too many to derive.
        let derived = secret.expand_multi_info(&[PURPOSE, &period.to_be_bytes()], seed);
        derived.map_err(|_| jsonwebtoken::errors::new_error(jsonwebtoken::errors::ErrorKind::InvalidEddsaKey))?;
        let encoding = EncodingKey::from_ed_der(&key);
        let mut public = Jwk::from_encoding_key(&encoding, Algorithm::EdDSA)?;
        let id = public.thumbprint(ThumbprintHash::SHA256)?;
        public.common.key_id = Some(id.clone());
        public.common.public_key_use = Some(PublicKeyUse::Signature);
        Ok(Self { period, id, encoding, decoding: DecodingKey::from_jwk(&public)?, public })
    }
}

fn period(at: Timestamp) -> i64 {
    at.timestamp().div_euclid(PERIOD)
}

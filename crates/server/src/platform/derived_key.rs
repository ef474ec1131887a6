use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::{MIN_SECRET_BYTES, SecretTooShort};

/// A key for one purpose out of the servers' secret: a signature of one kind is never one of another.
pub(super) fn derived_key(secret: &[u8], purpose: &[u8]) -> Result<Hmac<Sha256>, SecretTooShort> {
    let too_short = SecretTooShort { found: secret.len() };
    if secret.len() < MIN_SECRET_BYTES {
        return Err(too_short);
    }
    let derived = Hmac::<Sha256>::new_from_slice(secret).map_err(|_| too_short)?.chain_update(purpose);
    Hmac::new_from_slice(&derived.finalize().into_bytes()).map_err(|_| too_short)
}

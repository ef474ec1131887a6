use async_trait::async_trait;

use crate::StoreError;
use crate::platform::PasswordHasher;

const PREFIX: &str = "$plain$";

/// Passwords behind a prefix instead of a hash: quick, and readable when a test fails.
#[derive(Debug, Clone, Copy, Default)]
pub struct PlainPasswords;

#[async_trait]
impl PasswordHasher for PlainPasswords {
    async fn hash(&self, password: String) -> Result<String, StoreError> {
        Ok(format!("{PREFIX}{password}"))
    }

    async fn verify(&self, password: String, hash: Option<String>) -> Result<bool, StoreError> {
        Ok(hash.and_then(|hash| hash.strip_prefix(PREFIX).map(|stored| stored == password)).unwrap_or(false))
    }
}

use std::error::Error;
use std::time::Duration;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{self, PasswordHasher as _, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use async_trait::async_trait;
use nexusflow_application::StoreError;
use nexusflow_application::platform::PasswordHasher;
use tokio::sync::Semaphore;

/// What an unknown account is verified against: the usual parameters, a salt and a hash of zeros, to
/// which no password is known.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
/// How long somebody waits for his turn before the server counts as overloaded.
const PATIENCE: Duration = Duration::from_secs(10);

/// Argon2id (RFC 9106) with OWASP's parameters: 19 MiB, 2 passes, 1 lane. Hashes run off the async
/// threads, and only so many at once, because each needs its memory.
pub struct Argon2Passwords {
    parameters: Params,
    turns: Semaphore,
}

impl Argon2Passwords {
    /// At most `concurrent` hashes at once.
    pub fn new(concurrent: usize) -> Self {
        // The default parameters of the library are OWASP's; a test holds that.
        Self { parameters: Params::default(), turns: Semaphore::new(concurrent.max(1)) }
    }

    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Argon2<'_>) -> Result<T, password_hash::Error> + Send + 'static,
    ) -> Result<T, StoreError> {
        let turn = tokio::time::timeout(PATIENCE, self.turns.acquire()).await;
        let _turn = turn.map_err(unavailable)?.map_err(unavailable)?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, self.parameters.clone());
        let worked = tokio::task::spawn_blocking(move || work(&argon2)).await;
        worked.map_err(failed)?.map_err(failed)
    }
}

impl Default for Argon2Passwords {
    /// As many at once as there are processors.
    fn default() -> Self {
        Self::new(std::thread::available_parallelism().map_or(2, usize::from))
    }
}

#[async_trait]
impl PasswordHasher for Argon2Passwords {
    async fn hash(&self, password: String) -> Result<String, StoreError> {
        let mut salt = [0; 16];
        getrandom::fill(&mut salt).map_err(failed)?;
        let hashed = move |argon2: &Argon2<'_>| -> Result<PasswordHash, _> {
            argon2.hash_password_with_salt(password.as_bytes(), &salt)
        };
        Ok(self.in_turn(hashed).await?.to_string())
    }

    async fn verify(&self, password: String, hash: Option<String>) -> Result<bool, StoreError> {
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| NOBODY.to_owned());
        let verified = move |argon2: &Argon2<'_>| {
            let hash = PasswordHash::new(&hash)?;
            match argon2.verify_password(password.as_bytes(), &hash) {
                Ok(()) => Ok(true),
                Err(password_hash::Error::PasswordInvalid) => Ok(false),
                Err(error) => Err(error),
            }
        };
        Ok(self.in_turn(verified).await? && known)
    }
}

fn unavailable(error: impl Error + Send + Sync + 'static) -> StoreError {
    StoreError::Unavailable(Box::new(error))
}

fn failed(error: impl Error + Send + Sync + 'static) -> StoreError {
    StoreError::Failed(Box::new(error))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Instant;

    use super::*;

    #[tokio::test]
    async fn a_password_fits_its_own_hash_alone() {
        let passwords = Argon2Passwords::new(2);
        let hash = passwords.hash("correct horse battery".to_owned()).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert_ne!(hash, passwords.hash("correct horse battery".to_owned()).await.unwrap(), "salted");
        assert!(passwords.verify("correct horse battery".to_owned(), Some(hash.clone())).await.unwrap());
        assert!(!passwords.verify("correct horse batterz".to_owned(), Some(hash)).await.unwrap());
    }

    #[tokio::test]
    async fn an_unknown_account_costs_the_same_as_a_wrong_password() {
        let passwords = Argon2Passwords::new(1);
        let hash = passwords.hash("correct horse battery".to_owned()).await.unwrap();
        let mut fastest = [Duration::MAX; 2];
        for _ in 0..5 {
            for (fastest, hash) in fastest.iter_mut().zip([Some(hash.clone()), None]) {
                let start = Instant::now();
                assert!(!passwords.verify("a wrong password".to_owned(), hash).await.unwrap());
                *fastest = start.elapsed().min(*fastest);
            }
        }
        let [wrong, unknown] = fastest.map(|duration| duration.as_secs_f64());
        assert!(unknown > wrong * 0.1, "wrong password {wrong:.4} s, unknown account {unknown:.4} s");
    }

    #[tokio::test]
    async fn a_hash_that_is_none_is_an_error_and_many_at_once_all_get_their_turn() {
        let passwords = Arc::new(Argon2Passwords::new(1));
        assert!(passwords.verify("x".to_owned(), Some("plain text".to_owned())).await.is_err());
        let verify = |_| {
            let passwords = passwords.clone();
            tokio::spawn(async move { passwords.verify("x".to_owned(), None).await })
        };
        for verified in (0..8).map(verify).collect::<Vec<_>>() {
            assert!(!verified.await.unwrap().unwrap());
        }
    }
}

//! What the rest stands on: time, ids, secrets, maintenance, retention.

mod ports;
mod retention;
mod secret_text;

pub(crate) use ports::Ids;
pub use ports::{
    Clock, DeletedWorkflow, FromUuid, IdGenerator, Maintenance, PasswordHasher, TokenClaims, TokenError, TokenIssuer,
};
pub use retention::RetentionService;
pub use secret_text::SecretText;

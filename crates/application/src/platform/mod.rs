//! What the rest stands on: time, ids, secrets, maintenance, retention.

mod ports;
mod retention;

pub(crate) use ports::Ids;
pub use ports::{
    Clock, DeletedWorkflow, FromUuid, IdGenerator, Maintenance, PasswordHasher, TokenClaims, TokenError, TokenIssuer,
};
pub use retention::RetentionService;

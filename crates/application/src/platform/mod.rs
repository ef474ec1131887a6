//! What the rest stands on: time, ids, secrets, maintenance.

mod ports;

pub(crate) use ports::Ids;
pub use ports::{Clock, FromUuid, IdGenerator, Maintenance, PasswordHasher, TokenClaims, TokenError, TokenIssuer};

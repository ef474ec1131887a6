//! People, organizations, signing in.

mod mutation;
mod query;
mod types;

pub(crate) use mutation::IdentityMutation;
pub(crate) use query::IdentityQuery;
pub use types::{Organization, User};

//! Organizations, people, signing in.

mod mutation;
mod organization;
mod query;
mod sign_in;
mod user;
mod user_filter;
mod user_mutations;
mod viewer;

pub use mutation::IdentityMutation;
pub(crate) use organization::Organization;
pub use query::IdentityQuery;
pub(crate) use user::User;

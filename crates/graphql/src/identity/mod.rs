//! Organizations, people, signing in and out.

mod granted;
mod mutation;
mod organization;
mod query;
mod refresh;
mod session;
mod session_mutation;
mod sign_in;
mod sign_out;
mod user;
mod user_filter;
mod user_mutations;
mod viewer;

pub use mutation::IdentityMutation;
pub(crate) use organization::Organization;
pub use query::IdentityQuery;
pub(crate) use session::Session;
pub use session_mutation::SessionMutation;
pub(crate) use user::User;

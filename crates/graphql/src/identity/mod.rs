//! Organizations, people, signing in and out.

mod account_mutations;
mod granted;
mod invitation;
mod member_mutations;
mod mutation;
mod organization;
mod organization_mutations;
mod plan;
mod query;
mod refresh;
mod session;
mod session_mutation;
mod sign_in;
mod sign_out;
mod tenancy_mutation;
mod user;
mod user_filter;
mod user_mutations;
mod viewer;

pub(crate) use invitation::Invitation;
pub use mutation::IdentityMutation;
pub(crate) use organization::Organization;
pub use query::IdentityQuery;
pub(crate) use session::Session;
pub use session_mutation::SessionMutation;
pub use tenancy_mutation::TenancyMutation;
pub(crate) use user::User;

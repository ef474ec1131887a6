//! Organizations, people, signing in.

mod account_mutations;
mod invitation;
mod member_mutations;
mod mutation;
mod organization;
mod organization_mutations;
mod plan;
mod query;
mod sign_in;
mod tenancy_mutation;
mod user;
mod user_filter;
mod user_mutations;
mod viewer;

pub(crate) use invitation::Invitation;
pub use mutation::IdentityMutation;
pub(crate) use organization::Organization;
pub use query::IdentityQuery;
pub use tenancy_mutation::TenancyMutation;
pub(crate) use user::User;

//! Roles, permissions, their mappings, explanations, and who may read which field.

mod delegation;
mod delegation_mutations;
mod denial;
mod explanation;
mod guards;
mod mapping_mutations;
mod matrix;
mod mutation;
mod permission;
mod query;
mod role;
mod role_grant;
mod role_mutations;

pub(crate) use delegation::Delegation;
pub use guards::{Entry, GUARDS, Guard};
pub use mutation::AccessMutation;
pub use permission::Permission;
pub(crate) use permission::PermissionDefinition;
pub use query::AccessQuery;
pub(crate) use role::Role;
pub(crate) use role_grant::RoleGrant;

//! Roles, permissions, their mappings, explanations, and who may read which field.

mod explanation;
mod guards;
mod mapping_mutations;
mod mutation;
mod permission;
mod query;
mod role;
mod role_mutations;

pub use guards::{Entry, GUARDS, Guard};
pub use mutation::AccessMutation;
pub use permission::Permission;
pub(crate) use permission::PermissionDefinition;
pub use query::AccessQuery;
pub(crate) use role::Role;

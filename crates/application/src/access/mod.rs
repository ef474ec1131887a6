//! Who may do what: permits, the authorizer, roles and their mappings.

mod authorizer;
mod mappings;
mod model;
mod permit;
mod ports;
mod roles;
mod service;

pub use authorizer::Authorizer;
pub use model::{AccessExplanation, PolicySnapshot, Role};
pub use permit::{Action, Member, Permit, RequestScope, Scope, actions};
pub use ports::{AccessReader, PolicyEngine, PolicySource};
pub use roles::{NewRole, RoleChange};
pub use service::AccessService;

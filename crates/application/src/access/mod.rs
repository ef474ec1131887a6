//! Who may do what: permits, the authorizer, roles and their mappings.

mod authorizer;
mod model;
mod permit;
mod ports;
mod service;

pub use authorizer::Authorizer;
pub use model::{AccessExplanation, PolicySnapshot, Role};
pub use permit::{Action, Member, Permit, RequestScope, Scope, actions};
pub use ports::{AccessReader, PolicyEngine, PolicySource};
pub use service::{AccessService, NewRole, RoleChange};

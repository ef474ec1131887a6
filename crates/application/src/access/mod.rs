//! Who may do what: permits, the authorizer, roles and their mappings.

mod authorizer;
mod delegation;
mod delegations;
mod mappings;
mod model;
mod permit;
mod ports;
mod roles;
mod service;

pub use authorizer::Authorizer;
pub use delegation::{Delegation, DelegationFilter, DelegationScope, NewDelegation};
pub use model::{AccessExplanation, PolicyHorizon, PolicySnapshot, Role};
pub use permit::{Action, Member, Permit, RequestScope, Scope, actions};
pub use ports::{AccessReader, DelegationReader, PolicyEngine, PolicySource};
pub use roles::{NewRole, RoleChange};
pub use service::AccessService;

//! Who may do what: permits, the authorizer, roles and their mappings.

mod authorizer;
mod delegation;
mod delegations;
mod explanation;
mod mappings;
mod matrix;
mod model;
mod needs;
mod permit;
mod ports;
mod question;
mod roles;
mod service;
mod snapshot;

pub use authorizer::Authorizer;
pub use delegation::{Delegation, DelegationFilter, DelegationScope, NewDelegation};
pub use explanation::{AccessExplanation, AccessGrant, AccessHolder, GrantOption, Resource};
pub use matrix::MatrixRow;
pub use model::{PolicyHorizon, Role, RoleGrant, RoleMapping};
pub use needs::Need;
pub use permit::{Action, Involved, Member, Permit, RequestScope, Scope, WorkflowScope, actions};
pub use ports::{AccessReader, DelegationReader, PolicyEngine, PolicySource};
pub use question::{Contribution, Place, Question, StepAtHand};
pub use roles::{NewRole, RoleChange};
pub use service::AccessService;
pub use snapshot::{Holdings, PolicySnapshot};

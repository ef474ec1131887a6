//! Who may do what: permissions, roles and the typed answer "no".

mod actor;
mod delegation;
mod denied;
mod permission;

pub use actor::{Actor, Principal, Voice};
pub use delegation::{DelegationTerm, Delegator};
pub use denied::{DenialReason, Denied};
pub use permission::{BuiltInRole, Permission};

//! Who may do what: permissions, roles and the typed answer "no".

mod actor;
mod built_in;
mod delegation;
mod denied;
mod permission;
mod rights;

pub use actor::{Actor, Principal, Voice};
pub use built_in::BuiltInRole;
pub use delegation::{DelegationTerm, Delegator};
pub use denied::{DenialReason, Denied};
pub use permission::Permission;
pub use rights::{Held, Reach, Rights};

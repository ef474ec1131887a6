//! Who may do what: permissions, roles and the typed answer "no".

mod actor;
mod denied;
mod permission;

pub use actor::{Actor, Principal};
pub use denied::{DenialReason, Denied};
pub use permission::{BuiltInRole, Permission};

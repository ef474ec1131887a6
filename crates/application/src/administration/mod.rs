//! The one write path of everything but requests: a list of changes with their audit entries, in
//! one transaction. The request engine has its own ([`crate::request::RequestStore`]).

mod change;
mod commit;
mod entry;
mod registrar;
mod store;

pub use change::Change;
pub use commit::AdministrationCommit;
pub use entry::{NewAuditEntry, chain_entries};
pub(crate) use registrar::{Registrar, Subject};
pub use store::{AdministrationStore, CommitError};

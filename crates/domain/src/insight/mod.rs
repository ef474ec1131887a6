//! What can be trusted about the past: the hash-chained audit log.

mod chain;
mod credential;

pub use chain::{AuditRecord, ChainBreak, Hash, Origin, StreamKind, canonical_json, hash_record, verify_link};
pub use credential::Credential;

//! What can be trusted about the past: the hash-chained audit log.

mod chain;

pub use chain::{AuditRecord, ChainBreak, Hash, Origin, StreamKind, canonical_json, hash_record, verify_link};

//! The audit log: reading, verifying, exporting.

mod ports;
mod service;

pub use ports::{AuditFilter, AuditReader, StreamHead, StreamId};
pub use service::{AuditService, Finding, FindingKind, Verification};

//! The audit log: reading, verifying, exporting.

mod chain_walk;
mod ports;
mod service;
mod verification;
mod verifier;

pub use ports::{AuditFilter, AuditReader, StreamHead, StreamId};
pub use service::AuditService;
pub use verification::{Finding, FindingKind, Verification};

//! The audit log.

mod audit_filter;
mod audit_origin;
mod audit_record;
mod audit_subject;
mod query;
mod verification;

pub(crate) use audit_record::{AuditRecord, audit_record};
pub use query::InsightQuery;

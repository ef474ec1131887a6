use nexusflow_domain::access::Permission::{ViewAudit, ViewRequest};

use super::Entry;
use super::Guard::{OwnOr, Permission, SameAsParent};

/// The audit log.
pub(super) const INSIGHT: &[Entry] = &[
    ("AuditRecord.actor", SameAsParent),
    ("AuditRecord.after", SameAsParent),
    ("AuditRecord.at", SameAsParent),
    ("AuditRecord.before", SameAsParent),
    ("AuditRecord.by", SameAsParent),
    ("AuditRecord.detail", SameAsParent),
    ("AuditRecord.event", SameAsParent),
    ("AuditRecord.hash", SameAsParent),
    ("AuditRecord.id", SameAsParent),
    ("AuditRecord.onBehalfOf", SameAsParent),
    ("AuditRecord.origin", Permission(ViewAudit)),
    ("AuditRecord.previousHash", SameAsParent),
    ("AuditRecord.request", OwnOr(ViewRequest)),
    ("AuditRecord.sequence", SameAsParent),
    ("AuditRecord.stream", SameAsParent),
    ("AuditRecord.subject", SameAsParent),
    ("AuditOrigin.correlationId", SameAsParent),
    ("AuditOrigin.ip", SameAsParent),
    ("AuditOrigin.sessionId", SameAsParent),
    ("AuditOrigin.userAgent", SameAsParent),
    ("AuditSubject.id", SameAsParent),
    ("AuditSubject.kind", SameAsParent),
    ("AuditVerification.findings", SameAsParent),
    ("AuditVerification.intact", SameAsParent),
    ("AuditVerification.records", SameAsParent),
    ("AuditVerification.streams", SameAsParent),
    ("AuditFinding.event", SameAsParent),
    ("AuditFinding.message", SameAsParent),
    ("AuditFinding.problem", SameAsParent),
    ("AuditFinding.requestId", SameAsParent),
    ("AuditFinding.sequence", SameAsParent),
    ("AuditFinding.stream", SameAsParent),
];

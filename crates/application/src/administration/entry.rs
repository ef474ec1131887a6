use nexusflow_domain::Timestamp;
use nexusflow_domain::ids::{AuditEntryId, OrganizationId, UserId};
use nexusflow_domain::insight::{AuditRecord, Hash, Origin, StreamKind, canonical_json, hash_record};
use serde_json::Value;
use uuid::Uuid;

/// An audit entry before it is chained.
#[derive(Debug, Clone, PartialEq)]
pub struct NewAuditEntry {
    /// Its id.
    pub id: AuditEntryId,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: Option<UserId>,
    /// What happened, such as `ROLE_GRANTED`.
    pub event: &'static str,
    /// What it was about: type and id.
    pub subject: Option<(String, Uuid)>,
    /// Details.
    pub payload: Value,
    /// What it changed, before.
    pub before: Option<Value>,
    /// What it changed, after.
    pub after: Option<Value>,
    /// From where.
    pub origin: Origin,
}

impl NewAuditEntry {
    /// The same, with what it changed.
    pub(crate) fn changing(self, before: Option<Value>, after: Option<Value>) -> Self {
        Self { before, after, ..self }
    }
}

/// Chains new entries to the head of an organization's stream: its last number (0 when empty) and
/// hash. The last record's number and hash are the new head.
pub fn chain_entries(organization: OrganizationId, head: (u64, Hash), entries: &[NewAuditEntry]) -> Vec<AuditRecord> {
    let (mut seq, mut prev_hash) = head;
    entries
        .iter()
        .map(|entry| {
            seq += 1;
            let mut record = AuditRecord {
                id: entry.id,
                organization,
                kind: StreamKind::Organization,
                stream: organization.uuid(),
                seq,
                at: entry.at,
                actor: entry.actor,
                event: entry.event.to_owned(),
                subject: entry.subject.clone(),
                payload: canonical_json(&entry.payload),
                before: entry.before.as_ref().map(canonical_json),
                after: entry.after.as_ref().map(canonical_json),
                origin: entry.origin.clone(),
                prev_hash,
                hash: Hash::GENESIS,
            };
            record.hash = hash_record(&record);
            prev_hash = record.hash;
            record
        })
        .collect()
}

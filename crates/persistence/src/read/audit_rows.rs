use nexusflow_application::StoreError;
use nexusflow_application::insight::{StreamHead, StreamId};
use nexusflow_domain::Timestamp;
use nexusflow_domain::ids::{AuditEntryId, OrganizationId, RequestId, UserId};
use nexusflow_domain::insight::{AuditRecord, Hash, Origin};
use sea_orm::FromQueryResult;
use uuid::Uuid;

use crate::encoding::{hash, parsed, unsigned};

/// Records of requests as [`AuditRow`]s. What they are about is in a column of its own; the chain
/// hashed it as the subject that this makes of it again.
pub(super) const OF_REQUESTS: &str = "SELECT 'REQUEST' AS kind, request_id AS stream, seq, organization_id, id, \
    event, actor_id, CASE WHEN request_step_id IS NULL THEN NULL ELSE 'request_step' END AS subject_type, \
    request_step_id AS subject_id, payload, before, after, ip, user_agent, correlation_id, credential, \
    occurred_at, prev_hash, hash FROM audit_logs";

/// Records of an organization's administration as [`AuditRow`]s.
pub(super) const OF_ORGANIZATION: &str = "SELECT 'ORGANIZATION' AS kind, organization_id AS stream, seq, \
    organization_id, id, event, actor_id, subject_type, subject_id, payload, before, after, ip, user_agent, \
    correlation_id, credential, occurred_at, prev_hash, hash FROM organization_audit_logs";

/// A record of either table.
#[derive(FromQueryResult)]
pub(super) struct AuditRow {
    kind: String,
    stream: Uuid,
    seq: i64,
    organization_id: Uuid,
    id: Uuid,
    event: String,
    actor_id: Option<Uuid>,
    subject_type: Option<String>,
    subject_id: Option<Uuid>,
    payload: String,
    before: Option<String>,
    after: Option<String>,
    ip: Option<String>,
    user_agent: Option<String>,
    correlation_id: Option<String>,
    credential: Option<String>,
    occurred_at: Timestamp,
    prev_hash: Vec<u8>,
    hash: Vec<u8>,
}

impl TryFrom<AuditRow> for AuditRecord {
    type Error = StoreError;

    fn try_from(row: AuditRow) -> Result<Self, StoreError> {
        let table = if row.kind == "REQUEST" { "audit_logs" } else { "organization_audit_logs" };
        let id = AuditEntryId::from_uuid(row.id);
        let credential = row.credential.as_deref();
        Ok(Self {
            id,
            organization: OrganizationId::from_uuid(row.organization_id),
            kind: parsed(table, &id, "kind", &row.kind)?,
            stream: row.stream,
            seq: unsigned(table, &id, "seq", row.seq)?,
            at: row.occurred_at,
            actor: row.actor_id.map(UserId::from_uuid),
            event: row.event,
            subject: row.subject_type.zip(row.subject_id),
            payload: row.payload,
            before: row.before,
            after: row.after,
            origin: Origin {
                ip: row.ip,
                user_agent: row.user_agent,
                correlation_id: row.correlation_id,
                credential: credential.map(|text| parsed(table, &id, "credential", text)).transpose()?,
            },
            prev_hash: hash(table, &id, "prev_hash", &row.prev_hash)?,
            hash: hash(table, &id, "hash", &row.hash)?,
        })
    }
}

/// The end of a stream. `seq` and `hash` are what the stream's own row says; without a row, nothing.
#[derive(FromQueryResult)]
pub(super) struct HeadRow {
    id: Uuid,
    seq: i64,
    hash: Option<Vec<u8>>,
}

impl HeadRow {
    /// The head of a request's stream.
    pub fn of_request(self) -> Result<StreamHead, StoreError> {
        let id = RequestId::from_uuid(self.id);
        self.head("workflow_requests", StreamId::Request(id), &id)
    }

    /// The head of an organization's stream.
    pub fn of_organization(self) -> Result<StreamHead, StoreError> {
        let id = OrganizationId::from_uuid(self.id);
        self.head("organizations", StreamId::Organization, &id)
    }

    fn head(self, table: &'static str, stream: StreamId, id: &dyn std::fmt::Display) -> Result<StreamHead, StoreError> {
        let seq = unsigned(table, id, "the head's number", self.seq)?;
        let hash = self.hash.map_or(Ok(Hash::GENESIS), |bytes| hash(table, id, "audit_hash", &bytes))?;
        Ok(StreamHead { id: stream, seq, hash })
    }
}

use async_graphql::{ID, SimpleObject};
use nexusflow_domain::ids::{
    DelegationId, JobPauseId, MessageId, RequestId, RequestStepId, RoleId, UserId, WorkflowId,
};
use nexusflow_domain::insight::{AuditRecord, StreamKind};

use crate::node_id::RequestStepKey;

/// What a record is about, besides its stream.
#[derive(Debug, Clone, SimpleObject)]
pub struct AuditSubject {
    /// What kind of thing, such as `role`.
    kind: String,
    /// Its global id.
    id: ID,
}

impl AuditSubject {
    /// What a record is about, if it is about more than its stream.
    pub(super) fn of(record: &AuditRecord) -> Option<Self> {
        let (kind, uuid) = record.subject.clone()?;
        let id = match kind.as_str() {
            "user" => UserId::from_uuid(uuid).to_string(),
            "delegation" => DelegationId::from_uuid(uuid).to_string(),
            "job_pause" => JobPauseId::from_uuid(uuid).to_string(),
            "role" => RoleId::from_uuid(uuid).to_string(),
            "workflow" => WorkflowId::from_uuid(uuid).to_string(),
            "request" => RequestId::from_uuid(uuid).to_string(),
            "message" => MessageId::from_uuid(uuid).to_string(),
            "request_step" if record.kind == StreamKind::Request => {
                let (request, step) = (RequestId::from_uuid(record.stream), RequestStepId::from_uuid(uuid));
                RequestStepKey { request, step }.to_string()
            }
            _ => uuid.to_string(),
        };
        Some(Self { kind, id: id.into() })
    }
}

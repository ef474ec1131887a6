use nexusflow_application::StoreError;
use nexusflow_application::request::{CallingStep, Request};
use nexusflow_domain::Timestamp;
use nexusflow_domain::ids::{OrganizationId, RequestId, RequestStepId, UserId, WorkflowId, WorkflowVersionId};
use sea_orm::FromQueryResult;
use uuid::Uuid;

use crate::encoding::{from_json, parsed, unsigned};

const TABLE: &str = "workflow_requests";

/// A row of `workflow_requests`, without the engine's state.
#[derive(FromQueryResult)]
pub(super) struct RequestRow {
    id: Uuid,
    organization_id: Uuid,
    workflow_id: Uuid,
    workflow_version_id: Uuid,
    requester_id: Uuid,
    parent_request_id: Option<Uuid>,
    parent_step_id: Option<Uuid>,
    title: String,
    reference: Option<String>,
    status: String,
    priority: String,
    due_at: Option<Timestamp>,
    variables: String,
    version: i64,
    started_at: Option<Timestamp>,
    completed_at: Option<Timestamp>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl RequestRow {
    pub const COLUMNS: &[&str] = &[
        "id",
        "organization_id",
        "workflow_id",
        "workflow_version_id",
        "requester_id",
        "parent_request_id",
        "parent_step_id",
        "title",
        "reference",
        "status",
        "priority",
        "due_at",
        "variables",
        "version",
        "started_at",
        "completed_at",
        "created_at",
        "updated_at",
    ];
}

impl TryFrom<RequestRow> for Request {
    type Error = StoreError;

    fn try_from(row: RequestRow) -> Result<Self, StoreError> {
        let id = RequestId::from_uuid(row.id);
        Ok(Self {
            id,
            organization: OrganizationId::from_uuid(row.organization_id),
            workflow: WorkflowId::from_uuid(row.workflow_id),
            workflow_version: WorkflowVersionId::from_uuid(row.workflow_version_id),
            requester: UserId::from_uuid(row.requester_id),
            parent: row.parent_request_id.zip(row.parent_step_id).map(|(request, step)| CallingStep {
                request: RequestId::from_uuid(request),
                step: RequestStepId::from_uuid(step),
            }),
            title: row.title,
            reference: row.reference,
            status: parsed(TABLE, &id, "status", &row.status)?,
            priority: parsed(TABLE, &id, "priority", &row.priority)?,
            due_at: row.due_at,
            variables: from_json(TABLE, &id, "variables", &row.variables)?,
            version: unsigned(TABLE, &id, "version", row.version)?,
            started_at: row.started_at,
            completed_at: row.completed_at,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

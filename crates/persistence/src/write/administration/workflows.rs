//! Workflows and their versions.

use crate::transaction::Transaction;
use nexusflow_application::administration::CommitError;
use nexusflow_application::workflow::{Draft, Workflow};
use nexusflow_domain::ids::{OrganizationId, UserId, WorkflowId, WorkflowVersionId};
use nexusflow_domain::workflow::VersionStatus;

use super::failures::{missing, or_duplicate, or_missing, require_one};
use super::instant;
use crate::encoding::{json, storable, unsigned};
use crate::write::sql::{column, execute, locking, query_one, signed, signed_short, try_execute};

/// Live requests are counted this far, for the message.
const COUNTED: i64 = 1_000;

pub(super) async fn create(transaction: &Transaction, workflow: &Workflow) -> Result<(), CommitError> {
    let sql = "INSERT INTO workflows (id, organization_id, name, description, status, active_version_id, version, \
        created_by, created_at, updated_at, deleted_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    let values = [
        workflow.id.uuid().into(),
        workflow.organization.uuid().into(),
        workflow.name.as_str().into(),
        workflow.description.as_str().into(),
        workflow.status.as_str().into(),
        workflow.active_version.map(WorkflowVersionId::uuid).into(),
        signed(workflow.version),
        workflow.created_by.map(UserId::uuid).into(),
        storable(workflow.created_at).into(),
        storable(workflow.updated_at).into(),
        instant(workflow.deleted_at),
    ];
    try_execute(transaction, sql, values).await.map(drop).map_err(or_duplicate("name", &workflow.name))
}

/// Writes the row if the stored version is the one before the new one.
pub(super) async fn update(transaction: &Transaction, workflow: &Workflow) -> Result<(), CommitError> {
    let sql = "UPDATE workflows SET name = $1, description = $2, status = $3, active_version_id = $4, version = $5, \
        updated_at = $6, deleted_at = $7 \
        WHERE id = $8 AND organization_id = $9 AND version = $5 - 1 AND deleted_at IS NULL";
    let values = [
        workflow.name.as_str().into(),
        workflow.description.as_str().into(),
        workflow.status.as_str().into(),
        workflow.active_version.map(WorkflowVersionId::uuid).into(),
        signed(workflow.version),
        storable(workflow.updated_at).into(),
        instant(workflow.deleted_at),
        workflow.id.uuid().into(),
        workflow.organization.uuid().into(),
    ];
    match try_execute(transaction, sql, values).await.map_err(or_duplicate("name", &workflow.name))? {
        1 => Ok(()),
        _ => Err(stale(transaction, workflow.organization, workflow.id).await?),
    }
}

/// Creates or replaces the one draft of a workflow; the database refuses a second one.
pub(super) async fn save_draft(transaction: &Transaction, draft: &Draft) -> Result<(), CommitError> {
    let sql = "INSERT INTO workflow_versions (id, organization_id, workflow_id, number, status, document, created_at, \
        updated_at) VALUES ($1, $2, $3, $4, 'DRAFT', $5, $6, $6) \
        ON CONFLICT (id) DO UPDATE SET number = excluded.number, document = excluded.document, \
        updated_at = excluded.updated_at \
        WHERE workflow_versions.status = 'DRAFT' AND workflow_versions.organization_id = excluded.organization_id \
        AND workflow_versions.workflow_id = excluded.workflow_id";
    let values = [
        draft.id.uuid().into(),
        draft.organization.uuid().into(),
        draft.workflow.uuid().into(),
        signed_short(draft.number),
        json(&draft.document)?.into(),
        storable(draft.at).into(),
    ];
    let affected = try_execute(transaction, sql, values).await.map_err(or_missing("workflow", draft.workflow))?;
    require_one(affected, "draft", draft.id)
}

pub(super) async fn set_version_status(
    transaction: &Transaction,
    organization: OrganizationId,
    version: WorkflowVersionId,
    status: VersionStatus,
) -> Result<(), CommitError> {
    let sql = "UPDATE workflow_versions SET status = $1 WHERE id = $2 AND organization_id = $3 AND status <> 'DRAFT'";
    let values = [status.as_str().into(), version.uuid().into(), organization.uuid().into()];
    require_one(execute(transaction, sql, values).await?, "workflow version", version)
}

/// The lock waits for requests that are being started, and holds off further ones.
pub(super) async fn require_no_live_request(
    transaction: &Transaction,
    organization: OrganizationId,
    workflow: WorkflowId,
) -> Result<(), CommitError> {
    let clause = locking(transaction, "FOR NO KEY UPDATE");
    let sql = format!("SELECT id FROM workflows WHERE id = $1 AND organization_id = $2 {clause}");
    let found = query_one(transaction, sql, [workflow.uuid().into(), organization.uuid().into()]).await?;
    found.ok_or_else(|| missing("workflow", workflow))?;
    let sql = "SELECT count(*) FROM (SELECT 1 FROM workflow_requests WHERE organization_id = $1 AND workflow_id = $2 \
        AND status IN ('PENDING', 'IN_PROGRESS', 'SUSPENDED') LIMIT $3) AS live";
    let values = [organization.uuid().into(), workflow.uuid().into(), COUNTED.into()];
    let live: i64 = match query_one(transaction, sql, values).await? {
        Some(row) => column(&row, 0)?,
        None => 0,
    };
    let number = match live {
        0 => return Ok(()),
        1 => "a request".to_owned(),
        COUNTED => format!("{COUNTED} requests or more"),
        live => format!("{live} requests"),
    };
    let verb = if live == 1 { "is" } else { "are" };
    Err(CommitError::InUse { message: format!("{number} of the workflow {verb} still live") })
}

async fn stale(
    transaction: &Transaction,
    organization: OrganizationId,
    workflow: WorkflowId,
) -> Result<CommitError, CommitError> {
    let sql = "SELECT version FROM workflows WHERE id = $1 AND organization_id = $2 AND deleted_at IS NULL";
    match query_one(transaction, sql, [workflow.uuid().into(), organization.uuid().into()]).await? {
        None => Ok(missing("workflow", workflow)),
        Some(row) => Ok(CommitError::Stale { current: unsigned("workflows", &workflow, "version", column(&row, 0)?)? }),
    }
}

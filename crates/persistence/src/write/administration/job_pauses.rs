//! Pauses of work, and their end.

use nexusflow_application::administration::CommitError;
use nexusflow_application::request::JobPause;
use nexusflow_domain::ids::{JobPauseId, OrganizationId, WorkflowId};
use nexusflow_domain::workflow::JobKind;

use super::failures::{or_missing, require_one};
use crate::encoding::storable;
use crate::transaction::Transaction;
use crate::write::sql::{execute, locking, query_all, try_execute};

pub(super) async fn pause(transaction: &Transaction, new: &JobPause) -> Result<(), CommitError> {
    let sql = "INSERT INTO job_pauses (id, organization_id, workflow_id, step_kind, target, reason, created_by, \
        created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let values = [
        new.id.uuid().into(),
        new.organization.uuid().into(),
        new.work.workflow.map(WorkflowId::uuid).into(),
        new.work.step_kind.map(JobKind::as_str).into(),
        new.work.target.clone().into(),
        new.reason.as_str().into(),
        new.created_by.uuid().into(),
        storable(new.created_at).into(),
    ];
    try_execute(transaction, sql, values).await.map(drop).map_err(or_missing("workflow of the pause", new.id))
}

/// The pause is locked first: claims that park by it have ended then, and those that come do not see it any more. Jobs
/// are locked in the order of ids, as other writers lock them.
pub(super) async fn resume(
    transaction: &Transaction,
    organization: OrganizationId,
    id: JobPauseId,
) -> Result<(), CommitError> {
    let key = [organization.uuid().into(), id.uuid().into()];
    let clause = locking(transaction, "FOR UPDATE");
    let sql = format!("SELECT id FROM job_pauses WHERE organization_id = $1 AND id = $2 {clause}");
    require_one(query_all(transaction, sql, key.clone()).await?.len() as u64, "pause", id)?;
    let sql = format!(
        "WITH parked AS MATERIALIZED \
            (SELECT id FROM jobs WHERE organization_id = $1 AND pause_id = $2 ORDER BY id {clause}) \
        UPDATE jobs SET pause_id = NULL WHERE id IN (SELECT id FROM parked)"
    );
    execute(transaction, sql, key.clone()).await?;
    let sql = "DELETE FROM job_pauses WHERE organization_id = $1 AND id = $2";
    require_one(execute(transaction, sql, key).await?, "pause", id)
}

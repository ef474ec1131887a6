//! Removing a deleted workflow for good.

use nexusflow_application::administration::CommitError;
use nexusflow_domain::Timestamp;
use nexusflow_domain::ids::{OrganizationId, WorkflowId};

use super::failures::{or_in_use, require_one};
use crate::encoding::storable;
use crate::transaction::Transaction;
use crate::write::sql::{execute, try_execute};

/// Steps and transitions go with their versions. The foreign keys of requests refuse the rest.
pub(super) async fn purge_workflow(
    transaction: &Transaction,
    organization: OrganizationId,
    workflow: WorkflowId,
    deleted_before: Timestamp,
) -> Result<(), CommitError> {
    let key = [workflow.uuid().into(), organization.uuid().into()];
    // The workflow refers to its active version, and the version to the workflow.
    let sql =
        "UPDATE workflows SET active_version_id = NULL WHERE id = $1 AND organization_id = $2 AND deleted_at < $3";
    let values = key.clone().into_iter().chain([storable(deleted_before).into()]);
    require_one(execute(transaction, sql, values).await?, "deleted workflow", workflow)?;
    for sql in [
        "DELETE FROM workflow_versions WHERE workflow_id = $1 AND organization_id = $2",
        "DELETE FROM workflows WHERE id = $1 AND organization_id = $2",
    ] {
        let in_use = or_in_use("requests refer to the workflow".to_owned());
        try_execute(transaction, sql, key.clone()).await.map_err(in_use)?;
    }
    Ok(())
}

//! Who may act on behalf of whom.

use crate::transaction::Transaction;
use nexusflow_application::access::Delegation;
use nexusflow_application::administration::CommitError;
use nexusflow_domain::Timestamp;
use nexusflow_domain::ids::{DelegationId, OrganizationId, UserId, WorkflowId};

use super::failures::{or_missing, require_one};
use crate::encoding::storable;
use crate::write::sql::{execute, try_execute};

pub(super) async fn create(transaction: &Transaction, new: &Delegation) -> Result<(), CommitError> {
    let sql = "INSERT INTO delegations (id, organization_id, delegator_id, delegate_id, workflow_id, starts_at, \
        ends_at, reason, created_by, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    let values = [
        new.id.uuid().into(),
        new.organization.uuid().into(),
        new.delegator.uuid().into(),
        new.delegate.uuid().into(),
        new.workflow.map(WorkflowId::uuid).into(),
        storable(new.starts_at).into(),
        storable(new.ends_at).into(),
        new.reason.as_str().into(),
        new.created_by.uuid().into(),
        storable(new.created_at).into(),
    ];
    try_execute(transaction, sql, values)
        .await
        .map(drop)
        .map_err(or_missing("person or workflow of the delegation", new.id))
}

/// `Missing` when there is none that is not over.
pub(super) async fn revoke(
    transaction: &Transaction,
    organization: OrganizationId,
    id: DelegationId,
    (by, at): (UserId, Timestamp),
) -> Result<(), CommitError> {
    let sql = "UPDATE delegations SET revoked_by = $1, revoked_at = $2 \
        WHERE id = $3 AND organization_id = $4 AND revoked_at IS NULL AND ends_at > $2";
    let values = [by.uuid().into(), storable(at).into(), id.uuid().into(), organization.uuid().into()];
    require_one(execute(transaction, sql, values).await?, "delegation", id)
}

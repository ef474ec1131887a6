//! Who holds which role where.

use nexusflow_application::access::RoleMapping;
use nexusflow_application::administration::CommitError;
use nexusflow_domain::Timestamp;
use nexusflow_domain::ids::{OrganizationId, UserId, WorkflowId};
use sea_orm::Value;

use super::failures::or_missing;
use super::roles::require_role;
use crate::encoding::storable;
use crate::transaction::Transaction;
use crate::write::recount::wake_votes;
use crate::write::sql::{execute, try_execute};

/// No effect when the role is held there already.
pub(super) async fn grant(
    transaction: &Transaction,
    organization: OrganizationId,
    mapping: RoleMapping,
    (by, at): (Option<UserId>, Timestamp),
) -> Result<(), CommitError> {
    require_role(transaction, organization, mapping.role).await?;
    let sql = "INSERT INTO role_mappings (organization_id, user_id, role_id, workflow_id, created_at, created_by) \
        VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING";
    let values = columns(organization, mapping).into_iter().chain([storable(at).into(), by.map(UserId::uuid).into()]);
    let kind = if mapping.workflow.is_some() { "user or workflow" } else { "user" };
    let granted = try_execute(transaction, sql, values).await.map_err(or_missing(kind, mapping.user))?;
    if granted > 0 {
        wake_votes(transaction, organization, mapping.role, at).await?;
    }
    Ok(())
}

/// No effect when the role is not held there.
pub(super) async fn revoke(
    transaction: &Transaction,
    organization: OrganizationId,
    mapping: RoleMapping,
    at: Timestamp,
) -> Result<(), CommitError> {
    let sql = "DELETE FROM role_mappings WHERE organization_id = $1 AND user_id = $2 AND role_id = $3 \
        AND workflow_id IS NOT DISTINCT FROM $4";
    if execute(transaction, sql, columns(organization, mapping)).await? > 0 {
        wake_votes(transaction, organization, mapping.role, at).await?;
    }
    Ok(())
}

fn columns(organization: OrganizationId, mapping: RoleMapping) -> [Value; 4] {
    let RoleMapping { user, role, workflow } = mapping;
    [organization.uuid().into(), user.uuid().into(), role.uuid().into(), workflow.map(WorkflowId::uuid).into()]
}

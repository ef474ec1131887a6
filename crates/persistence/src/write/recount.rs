//! Waking requests whose open votes are to be counted anew.

use nexusflow_application::StoreError;
use nexusflow_domain::Timestamp;
use nexusflow_domain::ids::{OrganizationId, RoleId, UserId};
use sea_orm::Value;

use crate::encoding::storable;
use crate::transaction::Transaction;
use crate::write::sql::{column, execute, query_all};

/// Who holds a role has changed: makes the timers due of requests with an open vote in whose workflow
/// the role counts, as far as its names tell. In the order of request ids, as other writers lock them.
/// The fence of a new row is as in [`super::request`].
pub(super) async fn wake_votes(
    transaction: &Transaction,
    organization: OrganizationId,
    role: RoleId,
    at: Timestamp,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO jobs (id, organization_id, kind, request_id, run_at, woken, fence, created_at) \
        SELECT voted.request_id, $1, 'TIMER', voted.request_id, $2, TRUE, $3, $2 FROM \
            (SELECT DISTINCT s.request_id FROM request_steps s \
            JOIN workflow_steps n ON n.organization_id = s.organization_id AND n.id = s.workflow_step_id \
            JOIN workflow_versions v ON v.organization_id = n.organization_id AND v.id = n.workflow_version_id \
            WHERE s.organization_id = $1 AND s.status = 'ACTIVE' AND s.votes > 0 AND v.names LIKE $4) voted \
        WHERE TRUE ORDER BY voted.request_id ON CONFLICT (id) DO UPDATE \
        SET run_at = excluded.run_at, woken = TRUE, lease_until = NULL, attempt = 0, fence = jobs.fence + 1";
    let first_fence: Value = at.timestamp_micros().max(0).into();
    let pattern = format!("%\"{}\"%", role.uuid());
    let values = [organization.uuid().into(), storable(at).into(), first_fence, pattern.into()];
    execute(transaction, sql, values).await.map(drop)
}

/// The same for every role that somebody holds.
pub(super) async fn wake_votes_of(
    transaction: &Transaction,
    organization: OrganizationId,
    user: UserId,
    at: Timestamp,
) -> Result<(), StoreError> {
    let sql = "SELECT role_id FROM role_mappings WHERE organization_id = $1 AND user_id = $2 ORDER BY role_id";
    for row in query_all(transaction, sql, [organization.uuid().into(), user.uuid().into()]).await? {
        wake_votes(transaction, organization, RoleId::from_uuid(column(&row, 0)?), at).await?;
    }
    Ok(())
}

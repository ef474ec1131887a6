//! An organization always has an active owner.

use nexusflow_application::access::RoleMapping;
use nexusflow_application::administration::CommitError;
use nexusflow_domain::access::BuiltInRole;
use nexusflow_domain::ids::{OrganizationId, UserId};
use uuid::Uuid;

use crate::transaction::Transaction;
use crate::write::sql::{column, query_all};

/// `LastOwner` when somebody is the only active owner and is to lose this mapping, or any when none is named. It
/// stays so, because commits of one organization come one by one.
pub(super) async fn keep_one(
    transaction: &Transaction,
    organization: OrganizationId,
    user: UserId,
    lost: Option<RoleMapping>,
) -> Result<(), CommitError> {
    let sql = "SELECT h.user_id, h.role_id FROM roles r \
        JOIN role_mappings h ON h.organization_id = r.organization_id AND h.role_id = r.id AND h.workflow_id IS NULL \
        JOIN memberships m ON m.organization_id = h.organization_id AND m.user_id = h.user_id \
        JOIN users u ON u.id = m.user_id \
        WHERE r.organization_id = $1 AND r.built_in AND r.name = $2 \
        AND m.deactivated_at IS NULL AND u.deactivated_at IS NULL LIMIT 2";
    let values = [organization.uuid().into(), BuiltInRole::Owner.name().into()];
    let owners = query_all(transaction, sql, values).await?;
    let [only] = owners.as_slice() else { return Ok(()) };
    let (owner, role): (Uuid, Uuid) = (column(only, 0)?, column(only, 1)?);
    let loses_it = lost.is_none_or(|lost| lost.workflow.is_none() && lost.role.uuid() == role);
    if owner == user.uuid() && loses_it { Err(CommitError::LastOwner) } else { Ok(()) }
}

//! Memberships.

use nexusflow_application::administration::CommitError;
use nexusflow_domain::Timestamp;
use nexusflow_domain::ids::{OrganizationId, UserId};

use super::failures::{or_missing, require_one};
use super::instant;
use crate::encoding::storable;
use crate::transaction::Transaction;
use crate::write::recount::wake_votes_of;
use crate::write::sql::{execute, try_execute};

/// Somebody who was a member before, or may not act, is one again.
pub(super) async fn add(
    transaction: &Transaction,
    organization: OrganizationId,
    user: UserId,
    at: Timestamp,
) -> Result<(), CommitError> {
    let sql = "INSERT INTO memberships (organization_id, user_id, created_at) VALUES ($1, $2, $3) \
        ON CONFLICT (organization_id, user_id) DO UPDATE SET deactivated_at = NULL, removed_at = NULL \
        WHERE memberships.deactivated_at IS NOT NULL";
    let values = [organization.uuid().into(), user.uuid().into(), storable(at).into()];
    if try_execute(transaction, sql, values).await.map_err(or_missing("user", user))? == 0 {
        return Err(CommitError::Duplicate { field: "user", value: user.to_string() });
    }
    Ok(wake_votes_of(transaction, organization, user, at).await?)
}

pub(super) async fn set_deactivated(
    transaction: &Transaction,
    organization: OrganizationId,
    user: UserId,
    (deactivated, at): (bool, Timestamp),
) -> Result<(), CommitError> {
    let sql = "UPDATE memberships SET deactivated_at = $1 \
        WHERE organization_id = $2 AND user_id = $3 AND removed_at IS NULL";
    let values = [instant(deactivated.then_some(at)), organization.uuid().into(), user.uuid().into()];
    require_one(execute(transaction, sql, values).await?, "user", user)?;
    Ok(wake_votes_of(transaction, organization, user, at).await?)
}

/// The row stays, because history points at it.
pub(super) async fn remove(
    transaction: &Transaction,
    organization: OrganizationId,
    (user, by): (UserId, UserId),
    at: Timestamp,
) -> Result<(), CommitError> {
    let sql = "UPDATE memberships SET removed_at = $1, deactivated_at = COALESCE(deactivated_at, $1) \
        WHERE organization_id = $2 AND user_id = $3 AND removed_at IS NULL";
    let (tenant, person) = (organization.uuid(), user.uuid());
    let values = [storable(at).into(), tenant.into(), person.into()];
    require_one(execute(transaction, sql, values).await?, "user", user)?;
    wake_votes_of(transaction, organization, user, at).await?;
    let sql = "DELETE FROM role_mappings WHERE organization_id = $1 AND user_id = $2";
    execute(transaction, sql, [tenant.into(), person.into()]).await?;
    for column in ["delegator_id", "delegate_id"] {
        let sql = format!(
            "UPDATE delegations SET revoked_by = $1, revoked_at = $2 \
            WHERE organization_id = $3 AND {column} = $4 AND revoked_at IS NULL AND ends_at > $2"
        );
        let values = [by.uuid().into(), storable(at).into(), tenant.into(), person.into()];
        execute(transaction, sql, values).await?;
    }
    Ok(())
}

//! Organizations: their row, their end and return.

use nexusflow_application::administration::CommitError;
use nexusflow_application::identity::Organization;
use nexusflow_domain::Timestamp;
use nexusflow_domain::ids::OrganizationId;

use super::failures::{missing, or_duplicate, require_one};
use super::instant;
use crate::encoding::{json, storable, unsigned};
use crate::transaction::Transaction;
use crate::write::claims::SHELF;
use crate::write::sql::{column, execute, query_one, signed, try_execute};

pub(super) async fn create(transaction: &Transaction, new: &Organization) -> Result<(), CommitError> {
    let sql = "INSERT INTO organizations (id, name, slug, settings, plan, subscription_status, trial_ends_at, version, \
        created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    let slug = new.slug.as_str();
    let values = [
        new.id.uuid().into(),
        new.name.as_str().into(),
        slug.into(),
        json(&new.settings)?.into(),
        new.plan.as_str().into(),
        new.subscription_status.as_str().into(),
        instant(new.trial_ends_at),
        signed(new.version),
        storable(new.created_at).into(),
        storable(new.updated_at).into(),
    ];
    try_execute(transaction, sql, values).await.map(drop).map_err(or_duplicate("slug", slug))
}

/// Compares and sets the version.
pub(super) async fn update(transaction: &Transaction, new: &Organization) -> Result<(), CommitError> {
    let sql = "UPDATE organizations SET name = $1, slug = $2, settings = $3, plan = $4, subscription_status = $5, \
        trial_ends_at = $6, version = $7, updated_at = $8 WHERE id = $9 AND version = $7 - 1";
    let slug = new.slug.as_str();
    let values = [
        new.name.as_str().into(),
        slug.into(),
        json(&new.settings)?.into(),
        new.plan.as_str().into(),
        new.subscription_status.as_str().into(),
        instant(new.trial_ends_at),
        signed(new.version),
        storable(new.updated_at).into(),
        new.id.uuid().into(),
    ];
    if try_execute(transaction, sql, values).await.map_err(or_duplicate("slug", slug))? == 1 {
        return Ok(());
    }
    let sql = "SELECT version FROM organizations WHERE id = $1";
    let row = query_one(transaction, sql, [new.id.uuid().into()]).await?;
    let row = row.ok_or_else(|| missing("organization", new.id))?;
    Err(CommitError::Stale { current: unsigned("organizations", &new.id, "version", column(&row, 0)?)? })
}

/// Its jobs are put away by the claims that meet them.
pub(super) async fn delete(
    transaction: &Transaction,
    organization: OrganizationId,
    at: Timestamp,
) -> Result<(), CommitError> {
    let sql = "UPDATE organizations SET deleted_at = $1 WHERE id = $2 AND deleted_at IS NULL";
    let values = [storable(at).into(), organization.uuid().into()];
    require_one(execute(transaction, sql, values).await?, "organization", organization)
}

/// What was put away is due at once: a timer looks at its request and finds out when it really is.
pub(super) async fn restore(
    transaction: &Transaction,
    organization: OrganizationId,
    (at, deleted_after): (Timestamp, Timestamp),
) -> Result<(), CommitError> {
    let sql = "UPDATE organizations SET deleted_at = NULL WHERE id = $1 AND deleted_at > $2";
    let values = [organization.uuid().into(), storable(deleted_after).into()];
    require_one(execute(transaction, sql, values).await?, "organization", organization)?;
    let sql = format!(
        "UPDATE jobs SET run_at = $1, woken = (kind = 'TIMER'), fence = fence + 1 \
        WHERE organization_id = $2 AND run_at = {SHELF}"
    );
    execute(transaction, sql, [storable(at).into(), organization.uuid().into()]).await?;
    Ok(())
}

//! One-time links.

use nexusflow_application::administration::CommitError;
use nexusflow_application::identity::Verification;
use nexusflow_domain::Timestamp;
use nexusflow_domain::identity::VerificationEnd;
use nexusflow_domain::ids::{OrganizationId, UserId, VerificationId};

use super::failures::{or_duplicate, require_one};
use crate::encoding::{json, storable};
use crate::transaction::Transaction;
use crate::write::sql::{execute, signed_short, try_execute};

const OPEN: &str = "id = $1 AND organization_id = $2 AND ended_at IS NULL";

pub(super) async fn create(transaction: &Transaction, new: &Verification) -> Result<(), CommitError> {
    let sql = "INSERT INTO verifications (id, organization_id, purpose, user_id, email, roles, created_by, created_at, \
        serial, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    let email = new.email.as_str();
    let values = [
        new.id.uuid().into(),
        new.organization.uuid().into(),
        new.purpose.as_str().into(),
        new.user.map(UserId::uuid).into(),
        email.into(),
        json(&new.roles)?.into(),
        new.created_by.map(UserId::uuid).into(),
        storable(new.created_at).into(),
        signed_short(new.serial),
        storable(new.expires_at).into(),
    ];
    try_execute(transaction, sql, values).await.map(drop).map_err(or_duplicate("email", email))
}

pub(super) async fn renew(
    transaction: &Transaction,
    organization: OrganizationId,
    id: VerificationId,
    (serial, expires_at): (u32, Timestamp),
) -> Result<(), CommitError> {
    let sql =
        format!("UPDATE verifications SET serial = $3, expires_at = $4, attempts = 0 WHERE {OPEN} AND serial = $3 - 1");
    let values = [id.uuid().into(), organization.uuid().into(), signed_short(serial), storable(expires_at).into()];
    require_one(execute(transaction, sql, values).await?, "verification", id)
}

/// Of two that end it, the second waits for the first and then finds it ended.
pub(super) async fn end(
    transaction: &Transaction,
    organization: OrganizationId,
    (id, serial): (VerificationId, u32),
    (end, at): (VerificationEnd, Timestamp),
) -> Result<(), CommitError> {
    let in_time = match end {
        VerificationEnd::Used => "AND expires_at > $4",
        VerificationEnd::Revoked => "",
    };
    let sql = format!("UPDATE verifications SET ended_at = $4, ended_by = $5 WHERE {OPEN} AND serial = $3 {in_time}");
    let (tenant, serial) = (organization.uuid().into(), signed_short(serial));
    let values = [id.uuid().into(), tenant, serial, storable(at).into(), end.as_str().into()];
    require_one(execute(transaction, sql, values).await?, "verification", id)
}

pub(super) async fn end_all_of(transaction: &Transaction, user: UserId, at: Timestamp) -> Result<(), CommitError> {
    let sql = "UPDATE verifications SET ended_at = $1, ended_by = 'REVOKED' WHERE user_id = $2 AND ended_at IS NULL";
    execute(transaction, sql, [storable(at).into(), user.uuid().into()]).await?;
    Ok(())
}

pub(super) async fn count_attempt(
    transaction: &Transaction,
    organization: OrganizationId,
    id: VerificationId,
) -> Result<(), CommitError> {
    let sql = format!("UPDATE verifications SET attempts = attempts + 1 WHERE {OPEN}");
    require_one(execute(transaction, sql, [id.uuid().into(), organization.uuid().into()]).await?, "verification", id)
}

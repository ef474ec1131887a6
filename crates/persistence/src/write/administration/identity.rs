//! Organizations, people and memberships.

use crate::transaction::Transaction;
use nexusflow_application::administration::CommitError;
use nexusflow_application::identity::{Organization, User};
use nexusflow_domain::Timestamp;
use nexusflow_domain::ids::{OrganizationId, UserId};

use super::failures::{or_duplicate, or_missing, require_one};
use super::instant;
use crate::encoding::storable;
use crate::error::unique_violation;
use crate::write::recount::wake_votes_of;
use crate::write::sql::{execute, try_execute};

pub(super) async fn create_organization(transaction: &Transaction, new: &Organization) -> Result<(), CommitError> {
    let sql = "INSERT INTO organizations (id, name, slug, created_at, updated_at) VALUES ($1, $2, $3, $4, $4)";
    let slug = new.slug.as_str();
    let values = [new.id.uuid().into(), new.name.as_str().into(), slug.into(), storable(new.created_at).into()];
    try_execute(transaction, sql, values).await.map(drop).map_err(or_duplicate("slug", slug))
}

pub(super) async fn create_user(
    transaction: &Transaction,
    user: &User,
    password_hash: Option<&str>,
) -> Result<(), CommitError> {
    let sql = "INSERT INTO users (id, email, name, password_hash, last_login_at, created_at, updated_at) \
        VALUES ($1, $2, $3, $4, $5, $6, $6)";
    let email = user.email.as_str();
    let values = [
        user.id.uuid().into(),
        email.into(),
        user.name.as_str().into(),
        password_hash.into(),
        instant(user.last_login_at),
        storable(user.created_at).into(),
    ];
    try_execute(transaction, sql, values).await.map(drop).map_err(or_duplicate("email", email))
}

pub(super) async fn add_member(
    transaction: &Transaction,
    organization: OrganizationId,
    user: UserId,
    at: Timestamp,
) -> Result<(), CommitError> {
    let sql = "INSERT INTO memberships (organization_id, user_id, created_at) VALUES ($1, $2, $3)";
    let values = [organization.uuid().into(), user.uuid().into(), storable(at).into()];
    match try_execute(transaction, sql, values).await {
        Ok(_) => Ok(()),
        Err(error) if unique_violation(&error).is_some() => {
            Err(CommitError::Duplicate { field: "user", value: user.to_string() })
        }
        Err(error) => Err(or_missing("user", user)(error)),
    }
}

pub(super) async fn set_member_deactivated(
    transaction: &Transaction,
    organization: OrganizationId,
    user: UserId,
    (deactivated, at): (bool, Timestamp),
) -> Result<(), CommitError> {
    let sql = "UPDATE memberships SET deactivated_at = $1 WHERE organization_id = $2 AND user_id = $3";
    let values = [instant(deactivated.then_some(at)), organization.uuid().into(), user.uuid().into()];
    require_one(execute(transaction, sql, values).await?, "user", user)?;
    Ok(wake_votes_of(transaction, organization, user, at).await?)
}

pub(super) async fn record_sign_in(
    transaction: &Transaction,
    organization: OrganizationId,
    user: UserId,
    at: Timestamp,
) -> Result<(), CommitError> {
    let sql = "UPDATE users SET last_login_at = $1 WHERE id = $2 AND EXISTS \
        (SELECT 1 FROM memberships WHERE organization_id = $3 AND user_id = $2)";
    let values = [storable(at).into(), user.uuid().into(), organization.uuid().into()];
    require_one(execute(transaction, sql, values).await?, "user", user)
}

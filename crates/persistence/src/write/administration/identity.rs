//! People and their accounts.

use crate::transaction::Transaction;
use nexusflow_application::administration::CommitError;
use nexusflow_application::identity::User;
use nexusflow_domain::Timestamp;
use nexusflow_domain::identity::Email;
use nexusflow_domain::ids::{OrganizationId, UserId};
use sea_orm::Value;

use super::failures::{or_duplicate, require_one};
use super::instant;
use crate::encoding::storable;
use crate::write::sql::{execute, try_execute};

/// Whoever is or was a member; `$1` is the tenant, `$2` the person.
const OF_TENANT: &str = "id = $2 AND EXISTS (SELECT 1 FROM memberships WHERE organization_id = $1 AND user_id = $2)";

pub(super) async fn create_user(
    transaction: &Transaction,
    user: &User,
    password_hash: Option<&str>,
) -> Result<(), CommitError> {
    let sql = "INSERT INTO users (id, email, name, password_hash, email_verified_at, last_login_at, created_at, \
        updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $7)";
    let email = user.email.as_str();
    let values = [
        user.id.uuid().into(),
        email.into(),
        user.name.as_str().into(),
        password_hash.into(),
        instant(user.email_verified_at),
        instant(user.last_login_at),
        storable(user.created_at).into(),
    ];
    try_execute(transaction, sql, values).await.map(drop).map_err(or_duplicate("email", email))
}

pub(super) async fn record_sign_in(
    transaction: &Transaction,
    organization: OrganizationId,
    user: UserId,
    at: Timestamp,
) -> Result<(), CommitError> {
    let values = [organization.uuid().into(), user.uuid().into(), storable(at).into()];
    let sql = format!("UPDATE users SET last_login_at = $3 WHERE {OF_TENANT}");
    require_one(execute(transaction, sql, values).await?, "user", user)
}

pub(super) async fn set_password(
    transaction: &Transaction,
    organization: OrganizationId,
    (user, password_hash): (UserId, &str),
    at: Timestamp,
) -> Result<(), CommitError> {
    let values = [organization.uuid().into(), user.uuid().into(), password_hash.into(), storable(at).into()];
    let sql = format!("UPDATE users SET password_hash = $3, updated_at = $4 WHERE {OF_TENANT}");
    require_one(execute(transaction, sql, values).await?, "user", user)
}

pub(super) async fn set_email(
    transaction: &Transaction,
    organization: OrganizationId,
    (user, email): (UserId, &Email),
    at: Timestamp,
) -> Result<(), CommitError> {
    let sql = format!("UPDATE users SET email = $3, email_verified_at = $4, updated_at = $4 WHERE {OF_TENANT}");
    let changed = try_execute(transaction, sql, of_email(organization, user, email, at)).await;
    require_one(changed.map_err(or_duplicate("email", email))?, "user", user)
}

/// He may not be a member of the tenant yet.
pub(super) async fn set_email_verified(
    transaction: &Transaction,
    (user, email): (UserId, &Email),
    at: Timestamp,
) -> Result<(), CommitError> {
    let sql = "UPDATE users SET email_verified_at = COALESCE(email_verified_at, $1) WHERE id = $2 AND email = $3";
    let values = [storable(at).into(), user.uuid().into(), email.as_str().into()];
    require_one(execute(transaction, sql, values).await?, "user", user)
}

fn of_email(organization: OrganizationId, user: UserId, email: &Email, at: Timestamp) -> [Value; 4] {
    [organization.uuid().into(), user.uuid().into(), email.as_str().into(), storable(at).into()]
}

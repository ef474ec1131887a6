//! Sessions and the refresh tokens that keep them alive.

use crate::transaction::Transaction;
use nexusflow_application::administration::CommitError;
use nexusflow_application::identity::Session;
use nexusflow_domain::Timestamp;
use nexusflow_domain::identity::SessionEnd;
use nexusflow_domain::ids::{OrganizationId, SessionId, UserId};
use nexusflow_domain::insight::Hash;
use sea_orm::Value;

use super::failures::{or_missing, require_one};
use crate::encoding::storable;
use crate::error::store_error;
use crate::write::sql::{execute, try_execute};

pub(super) async fn begin(transaction: &Transaction, new: &Session, token: &Hash) -> Result<(), CommitError> {
    let sql = "INSERT INTO sessions (id, organization_id, user_id, created_at, last_seen_at, expires_at, ends_at, \
        address, client) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    let values: [Value; 9] = [
        new.id.uuid().into(),
        new.organization.uuid().into(),
        new.user.uuid().into(),
        storable(new.created_at).into(),
        storable(new.last_seen_at).into(),
        storable(new.expires_at).into(),
        storable(new.ends_at).into(),
        new.address.clone().into(),
        new.client.clone().into(),
    ];
    try_execute(transaction, sql, values).await.map_err(or_missing("user", new.user))?;
    insert_token(transaction, new, token).await
}

/// The token is compared and set: of several who use it at once, one does.
pub(super) async fn refresh(
    transaction: &Transaction,
    new: &Session,
    (used, next): (&Hash, &Hash),
) -> Result<(), CommitError> {
    let now = storable(new.last_seen_at);
    let [id, organization]: [Value; 2] = [new.id.uuid().into(), new.organization.uuid().into()];
    let sql = "UPDATE refresh_tokens SET used_at = $1 \
        WHERE organization_id = $2 AND hash = $3 AND session_id = $4 AND used_at IS NULL AND expires_at > $1";
    let values = [now.into(), organization.clone(), used.0.to_vec().into(), id.clone()];
    require_one(execute(transaction, sql, values).await?, "refresh token", new.id)?;
    let sql = "UPDATE sessions SET last_seen_at = $1, ends_at = $2, address = $3, client = $4 \
        WHERE organization_id = $5 AND id = $6 AND revoked_reason IS NULL AND ends_at > $1";
    let (address, client) = (new.address.clone().into(), new.client.clone().into());
    let values = [now.into(), storable(new.ends_at).into(), address, client, organization, id];
    require_one(execute(transaction, sql, values).await?, "refresh token", new.id)?;
    insert_token(transaction, new, next).await
}

/// `Missing` when there is none that is live.
pub(super) async fn revoke(
    transaction: &Transaction,
    organization: OrganizationId,
    id: SessionId,
    ended: (SessionEnd, Timestamp),
) -> Result<(), CommitError> {
    require_one(end(transaction, organization, ("id", id.uuid().into()), ended).await?, "session", id)
}

pub(super) async fn revoke_all_of(
    transaction: &Transaction,
    organization: OrganizationId,
    user: UserId,
    ended: (SessionEnd, Timestamp),
) -> Result<(), CommitError> {
    end(transaction, organization, ("user_id", user.uuid().into()), ended).await.map(drop)
}

/// Ends what is live; how many there were.
async fn end(
    transaction: &Transaction,
    organization: OrganizationId,
    (column, value): (&str, Value),
    (end, at): (SessionEnd, Timestamp),
) -> Result<u64, CommitError> {
    let sql = format!(
        "UPDATE sessions SET revoked_reason = $1, ends_at = $2 \
        WHERE organization_id = $3 AND {column} = $4 AND revoked_reason IS NULL AND ends_at > $2"
    );
    let values = [end.as_str().into(), storable(at).into(), organization.uuid().into(), value];
    Ok(execute(transaction, sql, values).await?)
}

async fn insert_token(transaction: &Transaction, session: &Session, hash: &Hash) -> Result<(), CommitError> {
    let sql = "INSERT INTO refresh_tokens (organization_id, hash, session_id, created_at, expires_at) \
        VALUES ($1, $2, $3, $4, $5)";
    let values: [Value; 5] = [
        session.organization.uuid().into(),
        hash.0.to_vec().into(),
        session.id.uuid().into(),
        storable(session.last_seen_at).into(),
        storable(session.ends_at).into(),
    ];
    Ok(try_execute(transaction, sql, values).await.map(drop).map_err(store_error)?)
}

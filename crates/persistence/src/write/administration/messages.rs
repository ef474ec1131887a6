//! Messages from outside.

use nexusflow_application::administration::CommitError;
use nexusflow_application::request::Message;

use crate::encoding::{json, storable};
use crate::transaction::Transaction;
use crate::write::sql::execute;

/// Stores a message that nothing has received.
pub(super) async fn publish(transaction: &Transaction, message: &Message) -> Result<(), CommitError> {
    let sql = "INSERT INTO messages (id, organization_id, name, key, payload, published_at, expires_at) \
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let values = [
        message.id.uuid().into(),
        message.organization.uuid().into(),
        message.name.as_str().into(),
        message.key.as_str().into(),
        json(&message.payload)?.into(),
        storable(message.published_at).into(),
        storable(message.expires_at).into(),
    ];
    execute(transaction, sql, values).await?;
    Ok(())
}

use crate::transaction::Transaction;
use nexusflow_application::{IdempotencyEntry, StoreError};

use crate::encoding::{json, storable};
use crate::write::sql::execute;

/// Stores a caller's key; `false` when it is taken. Of two concurrent calls the second waits here
/// until the first has ended.
pub(super) async fn take_key(transaction: &Transaction, entry: &IdempotencyEntry) -> Result<bool, StoreError> {
    let sql = "INSERT INTO idempotency_keys \
        (organization_id, user_id, key, operation, input_hash, result, created_at) \
        VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (organization_id, user_id, key) DO NOTHING";
    let values = [
        entry.organization.uuid().into(),
        entry.user.uuid().into(),
        entry.key.as_str().into(),
        entry.operation.into(),
        entry.input_hash.0.to_vec().into(),
        json(&entry.result)?.into(),
        storable(entry.at).into(),
    ];
    Ok(execute(transaction, sql, values).await? == 1)
}

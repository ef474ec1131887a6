use std::collections::{BTreeMap, BTreeSet};

use nexusflow_application::{IdempotencyEntry, StoreError};
use sea_orm::Value;
use uuid::Uuid;

use crate::encoding::{json, storable};
use crate::rows::{Column, Kind, Rows};
use crate::transaction::Transaction;
use crate::write::sql::{column, query_over};

const KEY: [Column; 7] = [
    ("organization_id", Kind::Uuid),
    ("user_id", Kind::Uuid),
    ("key", Kind::Text),
    ("operation", Kind::Text),
    ("input_hash", Kind::Bytes),
    ("result", Kind::Text),
    ("created_at", Kind::Time),
];

/// Stores callers' keys, in their order; the numbers of those that are taken, or that another one has taken just
/// now. Of two concurrent calls the second waits here until the first has ended.
pub(super) async fn take_keys(
    transaction: &Transaction,
    entries: &[(usize, &IdempotencyEntry)],
) -> Result<Vec<usize>, StoreError> {
    let mut first: BTreeMap<(Uuid, Uuid, &str), (usize, &IdempotencyEntry)> = BTreeMap::new();
    for &(number, entry) in entries {
        let key = (entry.organization.uuid(), entry.user.uuid(), entry.key.as_str());
        first.entry(key).or_insert((number, entry));
    }
    let mut rows = Rows::new(&KEY);
    for (_, entry) in first.values() {
        rows.push(row(entry)?);
    }
    let names = rows.names();
    let text = |v: &str| {
        format!(
            "INSERT INTO idempotency_keys ({names}) SELECT {names} FROM {v} WHERE TRUE \
            ON CONFLICT (organization_id, user_id, key) DO NOTHING RETURNING organization_id, user_id, key"
        )
    };
    let mut stored: BTreeSet<usize> = BTreeSet::new();
    for row in query_over(transaction, rows, text).await? {
        let (organization, user, key): (Uuid, Uuid, String) = (column(&row, 0)?, column(&row, 1)?, column(&row, 2)?);
        stored.extend(first.get(&(organization, user, key.as_str())).map(|(number, _)| *number));
    }
    Ok(entries.iter().map(|(number, _)| *number).filter(|number| !stored.contains(number)).collect())
}

fn row(entry: &IdempotencyEntry) -> Result<[Value; 7], StoreError> {
    Ok([
        entry.organization.uuid().into(),
        entry.user.uuid().into(),
        entry.key.as_str().into(),
        entry.operation.into(),
        entry.input_hash.0.to_vec().into(),
        json(&entry.result)?.into(),
        storable(entry.at).into(),
    ])
}

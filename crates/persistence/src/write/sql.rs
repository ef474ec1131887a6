//! Running statements, with what it takes to check them.

use crate::transaction::Transaction;
use nexusflow_application::StoreError;
use sea_orm::{DbBackend, DbErr, QueryResult, Statement, Value};

use crate::error::store_error;
use crate::rows::Rows;

/// Runs a statement; how many rows it changed.
pub(super) async fn try_execute(
    transaction: &Transaction,
    sql: impl Into<String>,
    values: impl IntoIterator<Item = Value>,
) -> Result<u64, DbErr> {
    let statement = Statement::from_sql_and_values(transaction.backend(), sql, values);
    transaction.execute(statement).await
}

/// Runs a statement; how many rows it changed.
pub(super) async fn execute(
    transaction: &Transaction,
    sql: impl Into<String>,
    values: impl IntoIterator<Item = Value>,
) -> Result<u64, StoreError> {
    try_execute(transaction, sql, values).await.map_err(store_error)
}

/// The first row of a query, if there is one.
pub(super) async fn query_one(
    transaction: &Transaction,
    sql: impl Into<String>,
    values: impl IntoIterator<Item = Value>,
) -> Result<Option<QueryResult>, StoreError> {
    let statement = Statement::from_sql_and_values(transaction.backend(), sql, values);
    transaction.query_one(statement).await.map_err(store_error)
}

/// All rows of a query.
pub(super) async fn query_all(
    transaction: &Transaction,
    sql: impl Into<String>,
    values: impl IntoIterator<Item = Value>,
) -> Result<Vec<QueryResult>, StoreError> {
    let statement = Statement::from_sql_and_values(transaction.backend(), sql, values);
    transaction.query_all(statement).await.map_err(store_error)
}

/// The rows that a statement over rows gives.
pub(super) async fn query_over(
    transaction: &Transaction,
    rows: Rows,
    text: impl Fn(&str) -> String,
) -> Result<Vec<QueryResult>, StoreError> {
    transaction.query_over(rows, text).await.map_err(store_error)
}

/// Inserts rows; `tail` is what follows them, such as what is done about those that are there. Returns how many
/// were inserted or updated.
pub(super) async fn try_insert(transaction: &Transaction, table: &str, rows: Rows, tail: &str) -> Result<u64, DbErr> {
    let names = rows.names();
    // Without a condition, SQLite would take ON CONFLICT for that of a join.
    let text = |source: &str| format!("INSERT INTO {table} ({names}) SELECT {names} FROM {source} WHERE TRUE {tail}");
    transaction.execute_over(rows, text).await
}

/// Inserts rows as [`try_insert`] does; an error when not all of them were written.
pub(super) async fn insert(transaction: &Transaction, table: &str, rows: Rows) -> Result<(), StoreError> {
    let expected = rows.len() as u64;
    let affected = try_insert(transaction, table, rows, "").await.map_err(store_error)?;
    expect_rows(table, expected, affected)
}

/// An error unless exactly as many rows were changed as were asked for.
pub(super) fn expect_rows(what: &str, expected: u64, affected: u64) -> Result<(), StoreError> {
    if affected == expected {
        return Ok(());
    }
    Err(StoreError::Failed(format!("{what}: {expected} rows should have been written, {affected} were").into()))
}

/// A locking clause, where there are row locks: a writer of `SQLite` is alone anyway.
pub(super) fn locking(transaction: &Transaction, clause: &'static str) -> &'static str {
    if transaction.backend() == DbBackend::Postgres { clause } else { "" }
}

/// A list of parameters from `$first` on, in brackets.
pub(super) fn list(first: usize, count: usize) -> String {
    let parameters: Vec<String> = (first..first + count).map(|number| format!("${number}")).collect();
    format!("({})", parameters.join(", "))
}

/// A column of a row.
pub(super) fn column<T: sea_orm::TryGetable>(row: &QueryResult, index: usize) -> Result<T, StoreError> {
    row.try_get_by_index(index).map_err(store_error)
}

/// A number as the databases hold it: signed. The engine's counters never come near the limit.
pub(super) fn signed(number: u64) -> Value {
    i64::try_from(number).unwrap_or(i64::MAX).into()
}

/// A short number as the databases hold it.
pub(super) fn signed_short(number: u32) -> Value {
    i32::try_from(number).unwrap_or(i32::MAX).into()
}

use nexusflow_application::StoreError;
use sea_orm::{DbErr, RuntimeErr};

/// What a database error means for callers: try again later, or not.
pub(crate) fn store_error(error: DbErr) -> StoreError {
    let unavailable = match &error {
        DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => true,
        DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error)) => is_unavailable(error),
        _ => false,
    };
    if unavailable { StoreError::Unavailable(Box::new(error)) } else { StoreError::Failed(Box::new(error)) }
}

/// Lost connections, and SQLSTATE classes 08 (connection), 53 (resources), 57P (operator
/// intervention), 40 (serialization, deadlock) and 55P03 (lock timeout); on `SQLite` busy and locked.
fn is_unavailable(error: &sea_orm::SqlxError) -> bool {
    match error {
        sea_orm::SqlxError::Io(_)
        | sea_orm::SqlxError::Tls(_)
        | sea_orm::SqlxError::PoolTimedOut
        | sea_orm::SqlxError::PoolClosed
        | sea_orm::SqlxError::WorkerCrashed => true,
        sea_orm::SqlxError::Database(error) => error.code().is_some_and(|code| {
            ["08", "53", "57P", "40", "55P03"].iter().any(|class| code.starts_with(class) && code.len() == 5)
                || matches!(code.as_ref(), "5" | "6")
        }),
        _ => false,
    }
}

/// A unique constraint or index that a statement violated: its name on `PostgreSQL`, its columns as
/// `table.column, …` on `SQLite`.
pub(crate) fn unique_violation(error: &DbErr) -> Option<String> {
    let (DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error))) = error else {
        return None;
    };
    let sea_orm::SqlxError::Database(error) = error.as_ref() else { return None };
    error.is_unique_violation().then(|| error.constraint().map_or_else(|| error.message().to_owned(), str::to_owned))
}

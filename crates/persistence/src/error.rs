use nexusflow_application::StoreError;
use sea_orm::{DbErr, RuntimeErr, SqlxError};

/// The result code of `SQLite` for `ON DELETE RESTRICT`, which it implements as a trigger.
const SQLITE_CONSTRAINT_TRIGGER: &str = "1811";

/// What a database error means for callers: try again later, or not.
pub(crate) fn store_error(error: DbErr) -> StoreError {
    let unavailable = match &error {
        DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => true,
        DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error)) => is_unavailable(error),
        _ => false,
    };
    if unavailable { StoreError::Unavailable(Box::new(error)) } else { StoreError::Failed(Box::new(error)) }
}

/// A unique constraint or index that a statement violated: its name on `PostgreSQL`, its columns as
/// `table.column, …` on `SQLite`.
pub(crate) fn unique_violation(error: &DbErr) -> Option<String> {
    let error = database_error(error)?;
    error.is_unique_violation().then(|| error.constraint().map_or_else(|| error.message().to_owned(), str::to_owned))
}

/// Whether a statement violated a foreign key: its row refers to a missing one, or is referred to.
pub(crate) fn is_foreign_key_violation(error: &DbErr) -> bool {
    database_error(error).is_some_and(|error| {
        error.is_foreign_key_violation() || error.code().is_some_and(|code| code == SQLITE_CONSTRAINT_TRIGGER)
    })
}

/// Whether `PostgreSQL` gave up waiting for a lock.
pub(crate) fn is_lock_timeout(error: &DbErr) -> bool {
    database_error(error).and_then(sea_orm::sqlx::error::DatabaseError::code).is_some_and(|code| code == "55P03")
}

/// Whether the database ended a transaction because of another one: a deadlock, or a serialization failure.
pub(crate) fn is_rivalry(error: &StoreError) -> bool {
    let StoreError::Unavailable(cause) = error else { return false };
    let cause = cause.downcast_ref::<DbErr>().and_then(database_error);
    cause.and_then(sea_orm::sqlx::error::DatabaseError::code).is_some_and(|code| ["40P01", "40001"].contains(&&*code))
}

/// Whether a connection turned out to be dead, or was ended by the server.
pub(crate) fn is_disconnection(error: &DbErr) -> bool {
    match error {
        DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error)) => match &**error {
            SqlxError::Io(_) => true,
            SqlxError::Database(error) => error.code().is_some_and(|code| code == "57P01"),
            _ => false,
        },
        _ => false,
    }
}

fn database_error(error: &DbErr) -> Option<&dyn sea_orm::sqlx::error::DatabaseError> {
    match error {
        DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error)) => {
            error.as_database_error()
        }
        _ => None,
    }
}

/// What begins the SQLSTATE of what passes: 08 connection, 25006 a standby that may not write, 25P03 a
/// transaction that rested too long, 40 serialization and deadlock, 53 resources, 55P03 lock timeout,
/// 57014 statement timeout, 57P operator intervention, 58 the server's own files.
const PASSING_STATES: [&str; 9] = ["08", "25006", "25P03", "40", "53", "55P03", "57014", "57P", "58"];
/// The same among the primary result codes of `SQLite`: busy, locked, read-only, input or output
/// failed, full, cannot open.
const PASSING_CODES: [u32; 6] = [5, 6, 8, 10, 13, 14];

/// Whether trying again later may help.
fn is_unavailable(error: &SqlxError) -> bool {
    match error {
        SqlxError::Io(_)
        | SqlxError::Tls(_)
        | SqlxError::PoolTimedOut
        | SqlxError::PoolClosed
        | SqlxError::WorkerCrashed => true,
        SqlxError::Database(error) => error.code().is_some_and(|code| {
            // A SQLSTATE has five characters; a result code of SQLite fewer, its low byte being the primary one.
            if code.len() == 5 {
                PASSING_STATES.iter().any(|class| code.starts_with(class))
            } else {
                code.parse().is_ok_and(|code: u32| PASSING_CODES.contains(&(code & 0xff)))
            }
        }),
        _ => false,
    }
}

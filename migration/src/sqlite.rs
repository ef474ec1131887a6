//! Properties that a `SQLite` database file keeps.

use std::time::Duration;

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{DbBackend, RuntimeErr, Statement, TryGetable};

const AUTO_VACUUM_INCREMENTAL: i64 = 2;
const ATTEMPTS: u32 = 100;
const PAUSE: Duration = Duration::from_millis(50);

/// Sets incremental auto-vacuum and write-ahead logging where they are not set yet; does nothing on
/// other databases.
///
/// `SQLite` answers "locked" to a change of journal mode while another process uses the file, without
/// waiting as it does elsewhere; so this waits, at most five seconds, and looks again.
pub(crate) async fn configure<C: ConnectionTrait>(db: &C) -> Result<(), DbErr> {
    if db.get_database_backend() != DbBackend::Sqlite {
        return Ok(());
    }
    for _ in 1..ATTEMPTS {
        match configure_now(db).await {
            Err(error) if is_busy(&error) => tokio::time::sleep(PAUSE).await,
            result => return result,
        }
    }
    configure_now(db).await
}

/// A file that already has a table, such as the migrations' own, takes a new auto-vacuum mode only
/// with `VACUUM`, and only from the connection that asked for the mode; hence one script. A database
/// in memory knows neither property. Nothing is executed when nothing is to be changed, so that a
/// configured file may be passed inside a transaction.
async fn configure_now<C: ConnectionTrait>(db: &C) -> Result<(), DbErr> {
    let journal_mode: String = pragma(db, "journal_mode").await?;
    if journal_mode == "memory" {
        return Ok(());
    }
    if pragma::<i64, _>(db, "auto_vacuum").await? != AUTO_VACUUM_INCREMENTAL {
        db.execute_unprepared("PRAGMA auto_vacuum = INCREMENTAL; VACUUM;").await?;
    }
    if journal_mode != "wal" {
        db.execute_unprepared("PRAGMA journal_mode = WAL;").await?;
    }
    Ok(())
}

async fn pragma<T: TryGetable, C: ConnectionTrait>(db: &C, name: &str) -> Result<T, DbErr> {
    let statement = Statement::from_string(DbBackend::Sqlite, format!("PRAGMA {name}"));
    db.query_one_raw(statement)
        .await?
        .ok_or_else(|| DbErr::RecordNotFound(format!("PRAGMA {name}")))?
        .try_get_by_index(0)
}

/// Whether the error is `SQLITE_BUSY`, primary result code 5, or one of its extended codes.
fn is_busy(error: &DbErr) -> bool {
    result_code(error).is_some_and(|code| code & 0xff == 5)
}

fn result_code(error: &DbErr) -> Option<u32> {
    match error {
        DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error)) => {
            error.as_database_error()?.code()?.parse().ok()
        }
        _ => None,
    }
}

use std::time::Duration;

use sea_orm_migration::DbErr;
use sea_orm_migration::sea_orm::{ConnectOptions, DatabaseConnection, SqlxPostgresConnector, SqlxSqliteConnector};

/// A server that starts at the same time, as in a compose file, may take a while.
const PATIENCE: Duration = Duration::from_secs(15);

/// Connects for migrating: one connection, statements not logged.
///
/// `database_url` is `postgres://…`, `postgresql://…` or `sqlite://path?mode=rwc` (`mode=rwc` creates
/// a missing file). A new `SQLite` file gets incremental auto-vacuum from the start. A server that cannot be
/// reached is an error after 15 seconds. Errors never contain the URL, which may hold a password.
pub async fn connect(database_url: &str) -> Result<DatabaseConnection, DbErr> {
    let mut options = ConnectOptions::new(database_url);
    options.max_connections(1).acquire_timeout(PATIENCE).sqlx_logging(false);
    // The connectors themselves, because Database::connect panics on a malformed URL.
    match database_url.split_once(':') {
        Some(("postgres" | "postgresql", _)) => SqlxPostgresConnector::connect(options).await,
        Some(("sqlite", _)) => {
            options.map_sqlx_sqlite_opts(|sqlite| sqlite.pragma("auto_vacuum", "INCREMENTAL"));
            SqlxSqliteConnector::connect(options).await
        }
        _ => Err(DbErr::Custom("the database URL must begin with postgres:, postgresql: or sqlite:".to_owned())),
    }
}

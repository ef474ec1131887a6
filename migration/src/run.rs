use std::collections::HashSet;

use sea_orm_migration::sea_orm::{
    DatabaseConnection, DatabaseTransaction, DbBackend, SqliteTransactionMode, TransactionOptions, TransactionTrait,
};
use sea_orm_migration::{DbErr, MigrationStatus, MigratorTrait, prelude::ConnectionTrait};

use crate::{Migrator, connect, sqlite};

/// A migration and whether the database has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationState {
    /// The migration's name, which begins with its date.
    pub name: String,
    /// Whether it has been applied.
    pub applied: bool,
}

/// Connects to `database_url` (see [`connect`]) and applies every pending migration.
///
/// Returns the names of those applied, oldest first; none when the database is up to date. Several
/// servers may call it at once.
pub async fn connect_and_up(database_url: &str) -> Result<Vec<String>, DbErr> {
    let db = connect(database_url).await?;
    let applied = up(&db, None).await;
    close(db, applied).await
}

/// Connects to `database_url` and lists every migration, oldest first, without changing anything.
///
/// On `PostgreSQL` a login that may only use `nexusflow_app` can call it.
pub async fn status(database_url: &str) -> Result<Vec<MigrationState>, DbErr> {
    let db = connect(database_url).await?;
    let states = states(&db).await;
    close(db, states).await
}

/// Applies the next `steps` pending migrations, or all of them, in one transaction.
///
/// Returns the names of those applied. Concurrent calls wait for each other: on `PostgreSQL` by an
/// advisory lock of the transaction, on `SQLite` by the write lock of the file.
pub async fn up(db: &DatabaseConnection, steps: Option<u32>) -> Result<Vec<String>, DbErr> {
    sqlite::configure(db).await?;
    let transaction = begin_alone(db).await?;
    let before = applied(&transaction).await?;
    Migrator::up(&transaction, steps).await?;
    let mut names = applied(&transaction).await?;
    transaction.commit().await?;
    let before: HashSet<String> = before.into_iter().collect();
    names.retain(|name| !before.contains(name));
    Ok(names)
}

/// Rolls the last `steps` applied migrations back, or all of them, in one transaction.
///
/// Returns the names of those rolled back, newest first. Their tables go with all rows.
pub async fn down(db: &DatabaseConnection, steps: Option<u32>) -> Result<Vec<String>, DbErr> {
    let transaction = begin_alone(db).await?;
    let mut names = applied(&transaction).await?;
    Migrator::down(&transaction, steps).await?;
    let after: HashSet<String> = applied(&transaction).await?.into_iter().collect();
    transaction.commit().await?;
    names.retain(|name| !after.contains(name));
    names.reverse();
    Ok(names)
}

/// Rolls everything back and applies everything anew, in one transaction. All rows are lost; tables
/// that are not `NexusFlow`'s stay.
pub async fn fresh(db: &DatabaseConnection) -> Result<(), DbErr> {
    sqlite::configure(db).await?;
    let transaction = begin_alone(db).await?;
    Migrator::refresh(&transaction).await?;
    transaction.commit().await
}

/// Lists every migration, oldest first, without changing anything.
pub async fn states(db: &DatabaseConnection) -> Result<Vec<MigrationState>, DbErr> {
    let migrations = Migrator::get_migration_with_status_read_only(db).await?;
    Ok(migrations
        .iter()
        .map(|migration| MigrationState {
            name: migration.name().to_owned(),
            applied: migration.status() == MigrationStatus::Applied,
        })
        .collect())
}

/// Begins a transaction that no other migrating process can be in at the same time.
async fn begin_alone(db: &DatabaseConnection) -> Result<DatabaseTransaction, DbErr> {
    let transaction = db
        .begin_with_options(TransactionOptions {
            sqlite_transaction_mode: (db.get_database_backend() == DbBackend::Sqlite)
                .then_some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        })
        .await?;
    if db.get_database_backend() == DbBackend::Postgres {
        transaction
            .execute_unprepared("SELECT pg_advisory_xact_lock(hashtextextended('nexusflow_migration', 0))")
            .await?;
    }
    Ok(transaction)
}

async fn applied(transaction: &DatabaseTransaction) -> Result<Vec<String>, DbErr> {
    let migrations = Migrator::get_applied_migrations_read_only(transaction).await?;
    Ok(migrations.iter().map(|migration| migration.name().to_owned()).collect())
}

/// Closes the connection also after an error, and reports the first error.
async fn close<T>(db: DatabaseConnection, result: Result<T, DbErr>) -> Result<T, DbErr> {
    let closed = db.close().await;
    let value = result?;
    closed?;
    Ok(value)
}

//! A migrated database for each test: a file, or a clone of a template that the last test removes.

mod clones;
mod rows;

use nexusflow_domain::Timestamp;
use sea_orm::{ConnectionTrait, DatabaseConnection, Statement, TryGetable, Value};
use uuid::Uuid;

use clones::Clone;
pub use rows::{RequestRow, StepRow, Tenant};

/// A migrated database of its own, and a connection that row-level security does not hold.
pub struct TestDatabase {
    pub url: String,
    pub db: DatabaseConnection,
    place: Place,
}

enum Place {
    Folder(tempfile::TempDir),
    Server(Clone),
}

impl TestDatabase {
    /// `SQLite`, and PostgreSQL where one is given.
    pub async fn all() -> Vec<Self> {
        let mut all = vec![Self::sqlite().await];
        all.extend(Self::postgres().await);
        all
    }

    /// A file in a folder that goes with the test.
    pub async fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}?mode=rwc", folder.path().join("test.db").display());
        migration::connect_and_up(&url).await.unwrap();
        let db = migration::connect(&url).await.unwrap();
        Self { url, db, place: Place::Folder(folder) }
    }

    /// Nothing, with a note on the output, when no server is given.
    pub async fn postgres() -> Option<Self> {
        let clone = Clone::create().await?;
        let url = clone.url();
        let db = migration::connect(&url).await.unwrap();
        Some(Self { url, db, place: Place::Server(clone) })
    }

    pub fn is_postgres(&self) -> bool {
        matches!(self.place, Place::Server(_))
    }

    /// Removes the database, with whoever is still connected to it.
    pub async fn remove(self) {
        self.db.close().await.unwrap();
        match self.place {
            Place::Folder(folder) => folder.close().unwrap(),
            Place::Server(clone) => clone.remove().await,
        }
    }

    /// Puts a row into a table.
    pub async fn insert(&self, table: &str, row: Vec<(&str, Value)>) {
        let columns: Vec<&str> = row.iter().map(|(column, _)| *column).collect();
        let places: Vec<String> = (1..=row.len()).map(|n| format!("${n}")).collect();
        let sql = format!("INSERT INTO {table} ({}) VALUES ({})", columns.join(", "), places.join(", "));
        self.execute(&sql, row.into_iter().map(|(_, value)| value).collect()).await;
    }

    /// Runs a statement; how many rows it changed.
    pub async fn execute(&self, sql: &str, values: Vec<Value>) -> u64 {
        let statement = Statement::from_sql_and_values(self.db.get_database_backend(), sql, values);
        let done = self.db.execute_raw(statement).await;
        done.unwrap_or_else(|error| panic!("{sql}: {error}")).rows_affected()
    }

    /// The first column of every row.
    pub async fn column<T: TryGetable>(&self, sql: &str) -> Vec<T> {
        let statement = Statement::from_string(self.db.get_database_backend(), sql);
        let rows = self.db.query_all_raw(statement).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
        rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
    }
}

/// The n-th id: greater numbers give greater ids.
pub const fn id(n: u128) -> Uuid {
    Uuid::from_u128(0x019a_0000_0000_7000_8000_0000_0000_0000 + n)
}

/// An instant.
pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

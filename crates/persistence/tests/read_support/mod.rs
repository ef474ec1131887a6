//! Databases with rows put there directly, for tests of the readers.

#![allow(dead_code, unused_imports, clippy::allow_attributes, reason = "every test binary uses a part of it")]

mod rows;

use std::sync::atomic::{AtomicU32, Ordering};

use nexusflow_domain::Timestamp;
use sea_orm::{ConnectionTrait, DatabaseConnection, Statement, Value};
use uuid::Uuid;

pub use rows::{NewRequest, NewStep, Tenant};

/// A migrated database of its own, and a connection that row-level security does not hold.
pub struct TestDatabase {
    pub url: String,
    pub db: DatabaseConnection,
    server: Option<(String, String)>,
    folder: Option<tempfile::TempDir>,
}

impl TestDatabase {
    /// `SQLite`, and PostgreSQL where one is given.
    pub async fn all() -> Vec<Self> {
        let mut all = vec![Self::sqlite().await];
        all.extend(Self::postgres().await);
        all
    }

    pub async fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}?mode=rwc", folder.path().join("test.db").display());
        let db = migrated(&url).await;
        Self { url, db, server: None, folder: Some(folder) }
    }

    /// Nothing, with a note on the output, when no server is given.
    pub async fn postgres() -> Option<Self> {
        static COUNTER: AtomicU32 = AtomicU32::new(0);
        let Ok(server_url) = std::env::var("NEXUSFLOW_TEST_DATABASE_URL") else {
            note_skipped();
            return None;
        };
        #[expect(clippy::disallowed_methods, reason = "a name that earlier runs did not use")]
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos();
        let number = COUNTER.fetch_add(1, Ordering::Relaxed);
        let name = format!("nexusflow_read_{}_{now}_{number}", std::process::id());
        let server = migration::connect(&server_url).await.unwrap();
        server.execute_unprepared(&format!("CREATE DATABASE {name} TEMPLATE template0")).await.unwrap();
        server.close().await.unwrap();
        let url = with_database(&server_url, &name);
        let db = migrated(&url).await;
        Some(Self { url, db, server: Some((server_url, name)), folder: None })
    }

    /// Drops the database, with whoever is still connected to it.
    pub async fn remove(self) {
        self.db.close().await.unwrap();
        if let Some((server_url, name)) = self.server {
            let server = migration::connect(&server_url).await.unwrap();
            server.execute_unprepared(&format!("DROP DATABASE {name} WITH (FORCE)")).await.unwrap();
            server.close().await.unwrap();
        }
    }

    /// Puts a row into a table.
    pub async fn insert(&self, table: &str, row: Vec<(&str, Value)>) {
        let columns: Vec<&str> = row.iter().map(|(column, _)| *column).collect();
        let places: Vec<String> = (1..=row.len()).map(|n| format!("${n}")).collect();
        let sql = format!("INSERT INTO {table} ({}) VALUES ({})", columns.join(", "), places.join(", "));
        let values: Vec<Value> = row.into_iter().map(|(_, value)| value).collect();
        let statement = Statement::from_sql_and_values(self.db.get_database_backend(), sql, values);
        self.db.execute_raw(statement).await.unwrap_or_else(|error| panic!("{table}: {error}"));
    }
}

async fn migrated(url: &str) -> DatabaseConnection {
    migration::connect_and_up(url).await.unwrap();
    migration::connect(url).await.unwrap()
}

/// The n-th id: greater numbers give greater ids.
pub const fn id(n: u128) -> Uuid {
    Uuid::from_u128(0x019a_0000_0000_7000_8000_0000_0000_0000 + n)
}

/// An instant.
pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// The URL of another database on the same server.
fn with_database(server_url: &str, name: &str) -> String {
    let authority = server_url.find("://").unwrap() + 3;
    let end = server_url[authority..].find(['/', '?']).map_or(server_url.len(), |at| authority + at);
    let parameters = server_url.find('?').map_or("", |at| &server_url[at..]);
    format!("{}/{name}{parameters}", &server_url[..end])
}

#[expect(clippy::print_stdout, reason = "a skipped test should be seen as such")]
fn note_skipped() {
    println!("skipped: NEXUSFLOW_TEST_DATABASE_URL is not set");
}

//! What the tests share: sample rows, queries and a `PostgreSQL` database per test.

#![allow(dead_code, clippy::allow_attributes, reason = "every test binary uses a part of it")]

use std::process;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use sea_orm_migration::sea_orm::{ConnectionTrait, DatabaseConnection, Statement, TryGetable};

pub const ORGANIZATION_A: &str = "a0000000-0000-7000-8000-000000000001";
pub const ORGANIZATION_B: &str = "b0000000-0000-7000-8000-000000000001";

/// The `INSERT`s that put a row into every table for the organization of this digit.
pub fn sample(digit: char) -> String {
    include_str!("../sql/sample.sql").replace("{o}", &digit.to_string())
}

/// The first column of every row.
pub async fn column<T: TryGetable>(db: &impl ConnectionTrait, sql: &str) -> Vec<T> {
    db.query_all_raw(Statement::from_string(db.get_database_backend(), sql))
        .await
        .unwrap_or_else(|error| panic!("{sql}: {error}"))
        .iter()
        .map(|row| row.try_get_by_index(0).unwrap())
        .collect()
}

/// The first column of the only row.
pub async fn value<T: TryGetable>(db: &impl ConnectionTrait, sql: &str) -> T {
    let mut values = column(db, sql).await;
    assert_eq!(values.len(), 1, "{sql}");
    values.pop().unwrap()
}

/// A fresh database on the server of `NEXUSFLOW_TEST_DATABASE_URL`.
pub struct TestDatabase {
    pub url: String,
    server_url: String,
    name: String,
}

impl TestDatabase {
    /// Nothing, with a note on the output, when no server is given.
    pub async fn create() -> Option<Self> {
        static COUNTER: AtomicU32 = AtomicU32::new(0);
        let Ok(server_url) = std::env::var("NEXUSFLOW_TEST_DATABASE_URL") else {
            note_skipped();
            return None;
        };
        #[expect(clippy::disallowed_methods, reason = "a name that earlier runs did not use")]
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let name = format!(
            "nexusflow_migration_{}_{}_{}",
            process::id(),
            now.as_nanos(),
            COUNTER.fetch_add(1, Ordering::Relaxed)
        );
        let server = migration::connect(&server_url).await.unwrap();
        server.execute_unprepared(&format!("CREATE DATABASE {name} TEMPLATE template0")).await.unwrap();
        server.close().await.unwrap();
        Some(Self { url: with_database(&server_url, &name), server_url, name })
    }

    /// A fresh database with every migration applied, and a connection to it.
    pub async fn migrated() -> Option<(Self, DatabaseConnection)> {
        let database = Self::create().await?;
        migration::connect_and_up(&database.url).await.unwrap();
        let db = migration::connect(&database.url).await.unwrap();
        Some((database, db))
    }

    /// Drops the database, with whoever is still connected to it.
    pub async fn remove(self) {
        let server = migration::connect(&self.server_url).await.unwrap();
        server.execute_unprepared(&format!("DROP DATABASE {} WITH (FORCE)", self.name)).await.unwrap();
        server.close().await.unwrap();
    }
}

/// The URL of another database on the same server.
fn with_database(server_url: &str, name: &str) -> String {
    let (address, parameters) = match server_url.split_once('?') {
        Some((address, parameters)) => (address, format!("?{parameters}")),
        None => (server_url, String::new()),
    };
    let authority = address.find("://").unwrap() + 3;
    let server = match address[authority..].find('/') {
        Some(slash) => &address[..authority + slash],
        None => address,
    };
    format!("{server}/{name}{parameters}")
}

#[expect(clippy::print_stdout, reason = "a skipped test should be seen as such")]
fn note_skipped() {
    println!("skipped: NEXUSFLOW_TEST_DATABASE_URL is not set");
}

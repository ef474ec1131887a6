//! Databases of a test's own.

#![allow(dead_code, clippy::allow_attributes, reason = "every test binary uses a part of it")]

use migration::ConnectionTrait;
use tempfile::TempDir;

/// A file in a folder that goes with the test.
pub struct SqliteDatabase {
    pub url: String,
    _folder: TempDir,
}

impl SqliteDatabase {
    pub fn create() -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let url = format!("sqlite://{}?mode=rwc", folder.path().join("test.db").display());
        Ok(Self { url, _folder: folder })
    }
}

/// A database of its own on the server for tests.
pub struct PostgresDatabase {
    pub url: String,
    server: String,
    name: String,
}

impl PostgresDatabase {
    /// `None`, and a remark, where there is no server.
    pub async fn create(purpose: &str) -> anyhow::Result<Option<Self>> {
        let Ok(server) = std::env::var("NEXUSFLOW_TEST_DATABASE_URL") else {
            say("skipped: NEXUSFLOW_TEST_DATABASE_URL is not set");
            return Ok(None);
        };
        let name = format!("nexusflow_{purpose}_{}", std::process::id());
        execute(&server, &format!("DROP DATABASE IF EXISTS {name}")).await?;
        execute(&server, &format!("CREATE DATABASE {name} TEMPLATE template0")).await?;
        let url = with_database(&server, &name);
        Ok(Some(Self { url, server, name }))
    }

    /// Drops it, with whoever is still connected to it.
    pub async fn remove(self) -> anyhow::Result<()> {
        execute(&self.server, &format!("DROP DATABASE {} WITH (FORCE)", self.name)).await
    }
}

/// Runs statements with the rights of the database's owner.
pub async fn execute(server: &str, sql: &str) -> anyhow::Result<()> {
    let connection = migration::connect(server).await?;
    let done = connection.execute_unprepared(sql).await;
    connection.close().await?;
    done?;
    Ok(())
}

/// The same URL with another database.
fn with_database(server: &str, name: &str) -> String {
    let (address, parameters) = match server.split_once('?') {
        Some((address, parameters)) => (address, format!("?{parameters}")),
        None => (server, String::new()),
    };
    let host = address.find("://").map_or(0, |scheme| scheme + 3);
    let end = address[host..].find('/').map_or(address.len(), |slash| host + slash);
    format!("{}/{name}{parameters}", &address[..end])
}

/// Tells whoever reads the test's output.
#[expect(clippy::print_stdout, reason = "a skipped test says so, and a long one how long it took")]
pub fn say(text: &str) {
    println!("{text}");
}

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};
use migration::ConnectionTrait;
use tempfile::TempDir;

/// Which database the servers share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum DatabaseKind {
    /// A file, with one server on it.
    Sqlite,
    /// A cluster of its own, which syncs every commit, with two servers on it.
    Postgres,
}

/// A database of the harness's own, gone when dropped.
pub struct Database {
    pub url: String,
    pub kind: DatabaseKind,
    folder: TempDir,
    script: PathBuf,
}

impl Database {
    /// `root` is the folder of the workspace, whose scripts manage clusters.
    pub fn create(kind: DatabaseKind, root: &Path) -> anyhow::Result<Self> {
        let (folder, script) = (tempfile::tempdir()?, root.join("scripts/postgres"));
        let mut database = Self { url: String::new(), kind, folder, script };
        database.url = match kind {
            DatabaseKind::Sqlite => {
                format!("sqlite://{}?mode=rwc", database.folder.path().join("faults.db").display())
            }
            DatabaseKind::Postgres => database.cluster(&["start", "--durable"])?,
        };
        Ok(database)
    }

    /// How many servers share it.
    pub const fn servers(&self) -> usize {
        match self.kind {
            DatabaseKind::Sqlite => 1,
            DatabaseKind::Postgres => 2,
        }
    }

    /// Ends it without taking leave, and starts it again.
    pub fn crash(&self) -> anyhow::Result<()> {
        self.cluster(&["crash"]).map(drop)
    }

    /// Ends every connection of the servers.
    pub async fn cut(&self) -> anyhow::Result<()> {
        let others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
            WHERE datname = current_database() AND pid <> pg_backend_pid()";
        self.execute(others).await
    }

    /// Runs a statement as the database's owner.
    pub async fn execute(&self, sql: &str) -> anyhow::Result<()> {
        let connection = migration::connect(&self.url).await?;
        let done = connection.execute_unprepared(sql).await;
        connection.close().await?;
        done.map(drop).context("the database refused a statement of the harness")
    }

    fn cluster(&self, command: &[&str]) -> anyhow::Result<String> {
        let output = Command::new(&self.script).args(command).arg(self.folder.path()).output()?;
        ensure!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if self.kind == DatabaseKind::Postgres {
            // Nobody is left to tell; what cannot be stopped shows in the process list.
            let _ = self.cluster(&["stop"]);
        }
    }
}

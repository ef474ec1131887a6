use std::fmt::Write;

use anyhow::{Context, Result, ensure};
use migration::DbErr;
use sea_orm::{
    ConnectOptions, ConnectionTrait, DatabaseConnection, DbBackend, QueryResult, SqlxSqliteConnector, Statement, Value,
};
use tempfile::TempDir;
use uuid::Uuid;

/// Where databases are made.
#[derive(Debug, Clone)]
pub enum Place {
    /// Each in a temporary folder.
    Sqlite,
    /// On the server of a superuser's URL.
    Postgres(String),
}

impl Place {
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres(_) => "PostgreSQL",
        }
    }

    pub const fn is_postgres(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }

    /// The database's name and version; an error unless it syncs what it commits.
    pub async fn version(&self) -> Result<String> {
        let (url, sql) = match self {
            Self::Sqlite => ("sqlite::memory:", "SELECT sqlite_version()"),
            Self::Postgres(url) => (url.as_str(), "SELECT current_setting('server_version')"),
        };
        let connection = migration::connect(url).await?;
        let version: String = first(&connection, sql).await?;
        if self.is_postgres() {
            for setting in ["fsync", "synchronous_commit", "full_page_writes"] {
                let value: String = first(&connection, &format!("SELECT current_setting('{setting}')")).await?;
                ensure!(value == "on", "expected a server with {setting} = on, found {value}");
            }
        }
        connection.close().await?;
        Ok(format!("{} {version}", self.name()))
    }
}

/// A fresh database, as its owner sees it.
pub struct Database {
    pub url: String,
    /// One connection past row-level security, as durable as the engine's own.
    pub connection: DatabaseConnection,
    /// A superuser's URL of the server, and the database's name on it.
    server: Option<(String, String)>,
    /// Kept as long as the database lives in it.
    _folder: Option<TempDir>,
}

impl Database {
    /// An empty database without tables.
    pub async fn create(place: &Place, name: &str) -> Result<Self> {
        match place {
            Place::Sqlite => {
                let folder = tempfile::tempdir()?;
                let url = format!("sqlite://{}?mode=rwc", folder.path().join("benchmark.db").display());
                migration::connect_and_up(&url).await?;
                Ok(Self { connection: sqlite(&url).await?, url, server: None, _folder: Some(folder) })
            }
            Place::Postgres(server) => {
                let (base, _) = server.rsplit_once('/').context("expected postgres://…/database")?;
                let name = format!("nexusflow_benchmark_{name}");
                drop_database(server, &name).await?;
                let owner = migration::connect(server).await?;
                owner.execute_unprepared(&format!("CREATE DATABASE {name}")).await?;
                owner.close().await?;
                let url = format!("{base}/{name}");
                migration::connect_and_up(&url).await?;
                let connection = migration::connect(&url).await?;
                Ok(Self { url, connection, server: Some((server.clone(), name)), _folder: None })
            }
        }
    }

    /// Closes and removes it.
    pub async fn remove(self) -> Result<()> {
        self.connection.close().await?;
        match self.server {
            Some((server, name)) => drop_database(&server, &name).await,
            None => Ok(()),
        }
    }

    pub fn backend(&self) -> DbBackend {
        self.connection.get_database_backend()
    }

    pub fn is_postgres(&self) -> bool {
        self.backend() == DbBackend::Postgres
    }

    /// Runs statements without parameters; SQL of both databases may differ.
    pub async fn execute(&self, sql: &str) -> Result<()> {
        self.connection.execute_unprepared(sql).await.map(drop).with_context(|| sql.to_owned())
    }

    pub async fn rows(&self, sql: &str, values: impl IntoIterator<Item = Value>) -> Result<Vec<QueryResult>> {
        let statement = Statement::from_sql_and_values(self.backend(), sql, values);
        self.connection.query_all_raw(statement).await.with_context(|| sql.to_owned())
    }

    /// The only column of a query's only row.
    pub async fn value<T: sea_orm::TryGetable>(&self, sql: &str) -> Result<T> {
        first(&self.connection, sql).await
    }

    /// The names of a table's columns, in the table's order.
    pub async fn columns(&self, table: &str) -> Result<Vec<String>> {
        let sql = if self.is_postgres() {
            "SELECT column_name::text FROM information_schema.columns WHERE table_schema = 'public' AND \
             table_name = $1 ORDER BY ordinal_position"
        } else {
            "SELECT name FROM pragma_table_info($1)"
        };
        let rows = self.rows(sql, [table.into()]).await?;
        rows.iter().map(|row| Ok(row.try_get_by_index(0)?)).collect()
    }

    /// Ids as a list to be written after `IN`.
    pub fn id_list<'a>(&self, ids: impl IntoIterator<Item = &'a Uuid>) -> String {
        let mut list = String::from("(");
        for id in ids {
            let separator = if list.len() == 1 { "" } else { ", " };
            let (before, id) = if self.is_postgres() { ("", id.to_string()) } else { ("x", id.simple().to_string()) };
            // Writing to a string cannot fail.
            let _ = write!(list, "{separator}{before}'{id}'");
        }
        list + ")"
    }

    /// Fresh statistics, where a server keeps them, and no work left over from what was written, so that it falls
    /// on nobody.
    pub async fn settle(&self) -> Result<()> {
        let statements: &[&str] =
            if self.is_postgres() { &["VACUUM (ANALYZE)", "CHECKPOINT"] } else { &["PRAGMA wal_checkpoint(TRUNCATE)"] };
        for sql in statements {
            self.execute(sql).await?;
        }
        Ok(())
    }

    /// The process that serves this connection; none on `SQLite`.
    pub async fn backend_process(&self) -> Result<Option<u32>> {
        if !self.is_postgres() {
            return Ok(None);
        }
        Ok(Some(u32::try_from(self.value::<i32>("SELECT pg_backend_pid()").await?)?))
    }
}

/// One connection with the pragmas of the engine's writer.
pub async fn sqlite(url: &str) -> Result<DatabaseConnection, DbErr> {
    let mut options = ConnectOptions::new(url);
    options.max_connections(1).sqlx_logging(false);
    options.map_sqlx_sqlite_opts(|sqlite| {
        let sqlite = sqlite.foreign_keys(true).pragma("synchronous", "FULL");
        sqlite.pragma("cache_size", "-16384").pragma("wal_autocheckpoint", "8192")
    });
    SqlxSqliteConnector::connect(options).await
}

async fn drop_database(server: &str, name: &str) -> Result<()> {
    let owner = migration::connect(server).await?;
    owner.execute_unprepared(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await?;
    Ok(owner.close().await?)
}

async fn first<T: sea_orm::TryGetable>(connection: &DatabaseConnection, sql: &str) -> Result<T> {
    let statement = Statement::from_string(connection.get_database_backend(), sql);
    let row = connection.query_one_raw(statement).await?.with_context(|| format!("no row: {sql}"))?;
    Ok(row.try_get_by_index(0)?)
}

use std::time::Duration;

use nexusflow_application::StoreError;
use nexusflow_domain::ids::OrganizationId;
use sea_orm::{
    AccessMode, ConnectOptions, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, IsolationLevel,
    SqliteTransactionMode, SqlxPostgresConnector, SqlxSqliteConnector, Statement, TransactionOptions, TransactionTrait,
};

use crate::error::store_error;

/// How to connect.
#[derive(Debug, Clone)]
pub struct DatabaseOptions {
    /// `sqlite://path?mode=rwc` or `postgres://…`.
    pub url: String,
    /// The most connections for reading on `SQLite`, and for everything on `PostgreSQL`.
    pub max_connections: u32,
    /// How long a caller waits for a connection before the database counts as not available.
    pub acquire_timeout: Duration,
}

impl DatabaseOptions {
    /// The usual settings for a URL.
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), max_connections: 16, acquire_timeout: Duration::from_secs(5) }
    }
}

/// The database, with every transaction bound to certain tenants.
#[derive(Debug, Clone)]
pub struct Database {
    reader: DatabaseConnection,
    /// On `SQLite` the one connection that writes; on `PostgreSQL` the same pool.
    writer: DatabaseConnection,
}

/// On whose behalf a transaction runs.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Access<'a> {
    /// Rows of these tenants alone.
    Tenants(&'a [OrganizationId]),
    /// `NexusFlow`'s own work across tenants: signing in, claiming timers, verification.
    System,
}

impl Database {
    /// Connects. The schema must be current; see the `migration` crate.
    pub async fn connect(options: &DatabaseOptions) -> Result<Self, StoreError> {
        let mut settings = ConnectOptions::new(&options.url);
        settings.acquire_timeout(options.acquire_timeout).sqlx_logging(false).max_connections(options.max_connections);
        // The connectors themselves, because sea_orm::Database::connect panics on a malformed URL.
        match options.url.split_once(':') {
            Some(("postgres" | "postgresql", _)) => {
                let pool = SqlxPostgresConnector::connect(settings).await.map_err(store_error)?;
                Ok(Self { reader: pool.clone(), writer: pool })
            }
            Some(("sqlite", _)) => {
                settings.map_sqlx_sqlite_opts(|sqlite| {
                    sqlite.foreign_keys(true).pragma("synchronous", "FULL").busy_timeout(Duration::from_secs(10))
                });
                let mut one = settings.clone();
                one.max_connections(1);
                let writer = SqlxSqliteConnector::connect(one).await.map_err(store_error)?;
                let reader = SqlxSqliteConnector::connect(settings).await.map_err(store_error)?;
                Ok(Self { reader, writer })
            }
            _ => {
                let message = "the database URL must begin with postgres:, postgresql: or sqlite:";
                Err(StoreError::Failed(message.into()))
            }
        }
    }

    /// Which database it is.
    pub(crate) fn backend(&self) -> DbBackend {
        self.reader.get_database_backend()
    }

    /// A transaction that only reads: one consistent view.
    pub(crate) async fn read(&self, access: Access<'_>) -> Result<DatabaseTransaction, StoreError> {
        let options = if self.backend() == DbBackend::Postgres {
            TransactionOptions {
                isolation_level: Some(IsolationLevel::RepeatableRead),
                access_mode: Some(AccessMode::ReadOnly),
                ..TransactionOptions::default()
            }
        } else {
            TransactionOptions::default()
        };
        open(&self.reader, options, access).await
    }

    /// A transaction that writes. On `SQLite` it holds the write lock from its first statement.
    pub(crate) async fn write(&self, access: Access<'_>) -> Result<DatabaseTransaction, StoreError> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        open(&self.writer, options, access).await
    }

    /// Closes every connection.
    pub async fn close(self) -> Result<(), StoreError> {
        self.reader.close().await.map_err(store_error)?;
        self.writer.close().await.map_err(store_error)
    }
}

/// Begins, and on `PostgreSQL` takes the role and the tenants for this transaction alone, so that a
/// transaction-mode pooler is safe.
async fn open(
    connection: &DatabaseConnection,
    options: TransactionOptions,
    access: Access<'_>,
) -> Result<DatabaseTransaction, StoreError> {
    let transaction = connection.begin_with_options(options).await.map_err(store_error)?;
    if connection.get_database_backend() == DbBackend::Postgres {
        let (role, organizations) = match access {
            Access::Tenants(ids) => {
                let ids: Vec<String> = ids.iter().map(|id| id.uuid().to_string()).collect();
                ("nexusflow_app", ids.join(","))
            }
            Access::System => ("nexusflow_system", String::new()),
        };
        let sql = "SELECT set_config('role', $1, true), set_config('nexusflow.organizations', $2, true)";
        let values = [role.into(), organizations.into()];
        let statement = Statement::from_sql_and_values(DbBackend::Postgres, sql, values);
        transaction.query_one_raw(statement).await.map_err(store_error)?;
    }
    Ok(transaction)
}

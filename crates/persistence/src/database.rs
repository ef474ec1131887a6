use std::time::Duration;

use nexusflow_application::StoreError;
use nexusflow_domain::ids::OrganizationId;
use sea_orm::{
    AccessMode, ConnectOptions, DatabaseConnection, DbBackend, IsolationLevel, SqliteTransactionMode,
    SqlxPostgresConnector, SqlxSqliteConnector, Statement, TransactionOptions, TransactionTrait,
};

use crate::error::store_error;
use crate::patience::Patience;
use crate::transaction::Transaction;

/// How long the storage's upkeep may take for a statement: `ANALYZE` reads a part of every partition.
const UPKEEP_TIMEOUT: Duration = Duration::from_mins(5);

/// How long connections are waited for that are still in use at the end.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// How to connect.
#[derive(Debug, Clone)]
pub struct DatabaseOptions {
    /// `sqlite://path?mode=rwc` or `postgres://…`.
    pub url: String,
    /// The most connections for reading on `SQLite`, and for everything on `PostgreSQL`.
    pub max_connections: u32,
    /// How long a caller waits for a connection before the database counts as not available.
    pub acquire_timeout: Duration,
    /// How long a statement may take, and on `PostgreSQL` a transaction may rest, before the database
    /// counts as not available.
    pub statement_timeout: Duration,
}

impl DatabaseOptions {
    /// The usual settings for a URL.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            max_connections: 16,
            acquire_timeout: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(20),
        }
    }
}

/// The database, with every transaction bound to certain tenants.
#[derive(Debug, Clone)]
pub struct Database {
    reader: DatabaseConnection,
    /// On `SQLite` the one connection that writes; on `PostgreSQL` the same pool.
    writer: DatabaseConnection,
    patience: Patience,
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
        let patience = Patience::new(options.statement_timeout);
        // The connectors themselves, because sea_orm::Database::connect panics on a malformed URL.
        match options.url.split_once(':') {
            Some(("postgres" | "postgresql", _)) => {
                let examining = patience.clone();
                settings.map_sqlx_postgres_pool_opts(move |pool| examining.examine(pool));
                let pool = SqlxPostgresConnector::connect(settings).await.map_err(store_error)?;
                Ok(Self { reader: pool.clone(), writer: pool, patience })
            }
            Some(("sqlite", _)) => {
                settings.map_sqlx_sqlite_opts(|sqlite| {
                    sqlite.foreign_keys(true).pragma("synchronous", "FULL").busy_timeout(Duration::from_secs(10))
                });
                let mut one = settings.clone();
                one.max_connections(1);
                let writer = SqlxSqliteConnector::connect(one).await.map_err(store_error)?;
                let reader = SqlxSqliteConnector::connect(settings).await.map_err(store_error)?;
                Ok(Self { reader, writer, patience })
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
    pub(crate) async fn read(&self, access: Access<'_>) -> Result<Transaction, StoreError> {
        let options = if self.backend() == DbBackend::Postgres {
            TransactionOptions {
                isolation_level: Some(IsolationLevel::RepeatableRead),
                access_mode: Some(AccessMode::ReadOnly),
                ..TransactionOptions::default()
            }
        } else {
            TransactionOptions::default()
        };
        open(&self.reader, options, access, &self.patience).await
    }

    /// A transaction that writes. On `SQLite` it holds the write lock from its first statement.
    pub(crate) async fn write(&self, access: Access<'_>) -> Result<Transaction, StoreError> {
        open(&self.writer, writing(), access, &self.patience).await
    }

    /// A transaction of the storage's upkeep, which may take longer than others.
    pub(crate) async fn upkeep(&self) -> Result<Transaction, StoreError> {
        open(&self.writer, writing(), Access::System, &self.patience.with_limit(UPKEEP_TIMEOUT)).await
    }

    /// Closes every connection; an error when some are not given back in time, because the database does
    /// not answer any more.
    pub async fn close(self) -> Result<(), StoreError> {
        let closed = async {
            self.reader.close().await?;
            self.writer.close().await
        };
        match tokio::time::timeout(CLOSE_TIMEOUT, closed).await {
            Ok(closed) => closed.map_err(store_error),
            Err(_) => Err(StoreError::Unavailable(format!("not closed within {CLOSE_TIMEOUT:?}").into())),
        }
    }
}

fn writing() -> TransactionOptions {
    let sqlite_transaction_mode = Some(SqliteTransactionMode::Immediate);
    TransactionOptions { sqlite_transaction_mode, ..TransactionOptions::default() }
}

/// Begins, and on `PostgreSQL` takes the role, the tenants and the limits for this transaction alone,
/// so that a transaction-mode pooler is safe.
async fn open(
    connection: &DatabaseConnection,
    options: TransactionOptions,
    access: Access<'_>,
    patience: &Patience,
) -> Result<Transaction, StoreError> {
    let begun = patience.within(connection.begin_with_options(options)).await.map_err(store_error)?;
    let transaction = Transaction::new(begun, patience.clone());
    if transaction.backend() == DbBackend::Postgres {
        let (role, organizations) = match access {
            Access::Tenants(ids) => {
                let ids: Vec<String> = ids.iter().map(|id| id.uuid().to_string()).collect();
                ("nexusflow_app", ids.join(","))
            }
            Access::System => ("nexusflow_system", String::new()),
        };
        let sql = "SELECT set_config('role', $1, true), set_config('nexusflow.organizations', $2, true), \
            set_config('statement_timeout', $3, true), set_config('idle_in_transaction_session_timeout', $3, true)";
        let limit = patience.limit().as_millis().to_string();
        let values = [role.into(), organizations.into(), limit.into()];
        let statement = Statement::from_sql_and_values(DbBackend::Postgres, sql, values);
        transaction.query_one(statement).await.map_err(store_error)?;
    }
    Ok(transaction)
}

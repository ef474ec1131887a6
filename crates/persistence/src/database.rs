use std::time::Duration;

use nexusflow_application::StoreError;
use nexusflow_domain::ids::OrganizationId;
use sea_orm::sqlx::sqlite::SqliteConnectOptions;
use sea_orm::sqlx::{AssertSqlSafe, Connection as _, PgPool, SqlitePool};
use sea_orm::{ConnectOptions, DatabaseConnection, DbBackend, SqlxPostgresConnector, SqlxSqliteConnector};

use crate::error::{is_disconnection, store_error};
use crate::patience::Patience;
use crate::transaction::{Transaction, failed};

/// How long the storage's upkeep may take for a statement: `ANALYZE` reads a part of every partition.
const UPKEEP_TIMEOUT: Duration = Duration::from_mins(5);

/// How long connections are waited for that are still in use at the end.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// How to connect.
#[derive(Debug, Clone)]
pub struct DatabaseOptions {
    /// `sqlite://path?mode=rwc` or `postgres://…`.
    pub url: String,
    /// The most connections for reading on `SQLite`, where never more than two for each processor are opened, and for
    /// everything on `PostgreSQL`.
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
    pools: Pools,
    patience: Patience,
}

#[derive(Debug, Clone)]
enum Pools {
    Postgres(PgPool),
    Sqlite {
        reader: SqlitePool,
        /// The one connection that writes.
        writer: SqlitePool,
    },
}

/// On whose behalf a transaction runs.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Access<'a> {
    /// Rows of these tenants alone.
    Tenants(&'a [OrganizationId]),
    /// `NexusFlow`'s own work across tenants: signing in, claiming timers, verification.
    System,
}

/// What the writer of `SQLite` keeps of the database in memory: 16 MiB, which `SQLite` writes in KiB and negative.
const WRITER_CACHE: &str = "-16384";
/// Statements that the writer of `SQLite` keeps ready: each kind for each power of two of rows.
const WRITER_STATEMENTS: usize = 400;
/// After so many pages of 4 KiB the log is written back: a page that many batches changed is then written once.
const CHECKPOINT: &str = "8192";
/// What is left of the log's file after it was written back, in bytes.
const LOG_LIMIT: &str = "67108864";

/// More connections would read no faster from a file that is within reach: each has a thread, a cache and prepared
/// statements of its own.
fn useful_readers() -> u32 {
    let processors = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    u32::try_from(2 * processors).unwrap_or(u32::MAX).max(4)
}

fn of_sqlite(options: SqliteConnectOptions) -> SqliteConnectOptions {
    options
        .foreign_keys(true)
        // An index that SQLite makes of a batch's rows for the occasion would have it go through the whole table
        // that they are joined with.
        .pragma("automatic_index", "OFF")
        .pragma("synchronous", "FULL")
        .pragma("wal_autocheckpoint", CHECKPOINT)
        .pragma("journal_size_limit", LOG_LIMIT)
        .busy_timeout(Duration::from_secs(10))
}

impl Database {
    /// Connects. The schema must be current; see the `migration` crate.
    pub async fn connect(options: &DatabaseOptions) -> Result<Self, StoreError> {
        let mut settings = ConnectOptions::new(&options.url);
        settings.acquire_timeout(options.acquire_timeout).sqlx_logging(false).max_connections(options.max_connections);
        // Not a message more before each transaction: its beginning tells as well; see [`postgres`].
        settings.test_before_acquire(false);
        let patience = Patience::new(options.statement_timeout);
        // The connectors themselves, because sea_orm::Database::connect panics on a malformed URL.
        match options.url.split_once(':') {
            Some(("postgres" | "postgresql", _)) => {
                let examining = patience.clone();
                settings.map_sqlx_postgres_pool_opts(move |pool| examining.examine(pool));
                let connection = SqlxPostgresConnector::connect(settings).await.map_err(store_error)?;
                Ok(Self { pools: Pools::Postgres(connection.get_postgres_connection_pool().clone()), patience })
            }
            Some(("sqlite", _)) => {
                settings.map_sqlx_sqlite_opts(of_sqlite);
                settings.max_connections(options.max_connections.min(useful_readers()));
                // SQLite itself ends a transaction when the disk is full, of which the driver does not learn.
                settings.map_sqlx_sqlite_pool_opts(|pool| {
                    pool.after_release(|connection, _| {
                        let is_free = !connection.is_in_transaction();
                        Box::pin(async move { Ok(is_free) })
                    })
                });
                let mut one = settings.clone();
                one.max_connections(1);
                one.map_sqlx_sqlite_opts(|sqlite| {
                    of_sqlite(sqlite).pragma("cache_size", WRITER_CACHE).statement_cache_capacity(WRITER_STATEMENTS)
                });
                let writer = SqlxSqliteConnector::connect(one).await.map_err(store_error)?;
                let reader = SqlxSqliteConnector::connect(settings).await.map_err(store_error)?;
                let pool = |connection: &DatabaseConnection| connection.get_sqlite_connection_pool().clone();
                Ok(Self { pools: Pools::Sqlite { reader: pool(&reader), writer: pool(&writer) }, patience })
            }
            _ => {
                let message = "the database URL must begin with postgres:, postgresql: or sqlite:";
                Err(StoreError::Failed(message.into()))
            }
        }
    }

    /// Which database it is.
    pub(crate) const fn backend(&self) -> DbBackend {
        match self.pools {
            Pools::Postgres(_) => DbBackend::Postgres,
            Pools::Sqlite { .. } => DbBackend::Sqlite,
        }
    }

    /// A transaction that only reads: one consistent view. Whatever is large has an index: a plan that goes through a
    /// whole table while that is small would be kept when it has grown. Compiling plans takes longer than running them.
    pub(crate) async fn read(&self, access: Access<'_>) -> Result<Transaction, StoreError> {
        const PLANS: &str = ", set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true)";
        match &self.pools {
            Pools::Postgres(pool) => {
                postgres(pool, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", PLANS, access, &self.patience).await
            }
            Pools::Sqlite { reader, .. } => sqlite(reader, "BEGIN", &self.patience).await,
        }
    }

    /// A transaction that writes. On `SQLite` it holds the write lock from its first statement.
    pub(crate) async fn write(&self, access: Access<'_>) -> Result<Transaction, StoreError> {
        self.writing("", access, &self.patience).await
    }

    /// A transaction that writes batches: its statements join a few rows by key with tables that may be large or
    /// have no statistics yet. They are planned once on each connection, as loops over indexes.
    pub(crate) async fn write_batch(&self, access: Access<'_>) -> Result<Transaction, StoreError> {
        const PLANS: &str = ", set_config('plan_cache_mode', 'force_generic_plan', true), \
            set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true), \
            set_config('enable_seqscan', 'off', true), set_config('enable_material', 'off', true), \
            set_config('jit', 'off', true)";
        self.writing(PLANS, access, &self.patience).await
    }

    /// A transaction of the storage's upkeep, which may take longer than others.
    pub(crate) async fn upkeep(&self) -> Result<Transaction, StoreError> {
        self.writing("", Access::System, &self.patience.with_limit(UPKEEP_TIMEOUT)).await
    }

    async fn writing(&self, more: &str, access: Access<'_>, patience: &Patience) -> Result<Transaction, StoreError> {
        match &self.pools {
            Pools::Postgres(pool) => postgres(pool, "BEGIN", more, access, patience).await,
            Pools::Sqlite { writer, .. } => sqlite(writer, "BEGIN IMMEDIATE", patience).await,
        }
    }

    /// Closes every connection; an error when some are not given back in time, because the database does
    /// not answer any more.
    pub async fn close(self) -> Result<(), StoreError> {
        let closed = async {
            match &self.pools {
                Pools::Postgres(pool) => pool.close().await,
                Pools::Sqlite { reader, writer } => {
                    reader.close().await;
                    writer.close().await;
                }
            }
        };
        let late = |_| StoreError::Unavailable(format!("not closed within {CLOSE_TIMEOUT:?}").into());
        tokio::time::timeout(CLOSE_TIMEOUT, closed).await.map_err(late)
    }
}

/// Begins, and takes the role, the tenants and the limits for this transaction alone, so that a
/// transaction-mode pooler is safe. All of it is one message, whose parts are made of ids and numbers.
async fn postgres(
    pool: &PgPool,
    begin: &str,
    more: &str,
    access: Access<'_>,
    patience: &Patience,
) -> Result<Transaction, StoreError> {
    let (role, organizations) = match access {
        Access::Tenants(ids) => {
            let ids: Vec<String> = ids.iter().map(|id| id.uuid().to_string()).collect();
            ("nexusflow_app", ids.join(","))
        }
        Access::System => ("nexusflow_system", String::new()),
    };
    let limit = patience.limit().as_millis();
    let sql = format!(
        "{begin}; SELECT set_config('role', '{role}', true), set_config('nexusflow.organizations', \
        '{organizations}', true), set_config('statement_timeout', '{limit}', true), \
        set_config('idle_in_transaction_session_timeout', '{limit}', true){more}"
    );
    // A connection that rested may have died meanwhile, which only shows when it is used; then it is gone from
    // the pool, and the next one, at last a new one, is tried.
    let mut left = pool.size();
    loop {
        let opened = async { pool.begin_with(AssertSqlSafe(sql.as_str())).await.map_err(failed) };
        match patience.within(opened).await {
            Ok(inner) => return Ok(Transaction::postgres(inner, patience.clone())),
            Err(error) if left > 0 && is_disconnection(&error) => left -= 1,
            Err(error) => return Err(store_error(error)),
        }
    }
}

async fn sqlite(pool: &SqlitePool, begin: &'static str, patience: &Patience) -> Result<Transaction, StoreError> {
    let opened = patience.within(async { pool.begin_with(begin).await.map_err(failed) }).await;
    Ok(Transaction::sqlite(opened.map_err(store_error)?, patience.clone()))
}

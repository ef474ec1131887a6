use std::sync::Arc;

use nexusflow_application::StoreError;
use sea_orm::sqlx::postgres::{PgArguments, Postgres};
use sea_orm::sqlx::sqlite::{Sqlite, SqliteArguments};
use sea_orm::sqlx::{self, AssertSqlSafe};
use sea_orm::{DbBackend, DbErr, QueryResult, RuntimeErr, Statement};
use tokio::sync::Mutex;

use crate::arguments::{postgres_arguments, sqlite_arguments};
use crate::error::store_error;
use crate::patience::Patience;
use crate::rows::Rows;

/// A transaction that waits for no answer longer than its limit. Dropped before its end, it is undone.
pub(crate) struct Transaction {
    inner: Mutex<Inner>,
    backend: DbBackend,
    patience: Patience,
}

enum Inner {
    Postgres(sqlx::Transaction<'static, Postgres>),
    Sqlite(sqlx::Transaction<'static, Sqlite>),
}

/// A statement with its parameters, as its database takes them.
enum Bound {
    Postgres(String, PgArguments),
    Sqlite(String, SqliteArguments),
}

impl Transaction {
    pub fn postgres(inner: sqlx::Transaction<'static, Postgres>, patience: Patience) -> Self {
        Self { inner: Mutex::new(Inner::Postgres(inner)), backend: DbBackend::Postgres, patience }
    }

    pub fn sqlite(inner: sqlx::Transaction<'static, Sqlite>, patience: Patience) -> Self {
        Self { inner: Mutex::new(Inner::Sqlite(inner)), backend: DbBackend::Sqlite, patience }
    }

    pub const fn backend(&self) -> DbBackend {
        self.backend
    }

    /// Runs a statement; how many rows it changed.
    pub async fn execute(&self, statement: Statement) -> Result<u64, DbErr> {
        self.run(self.bound(statement)?).await
    }

    /// Runs a statement over rows, whose text knows them as `v`; how many rows it changed.
    pub async fn execute_over(&self, rows: Rows, text: impl Fn(&str) -> String) -> Result<u64, DbErr> {
        let mut changed = 0;
        for (source, bound) in self.bound_over(rows)? {
            changed += self.run(bound.with_text(text(&source))).await?;
        }
        Ok(changed)
    }

    /// The rows that a statement over rows gives.
    pub async fn query_over(&self, rows: Rows, text: impl Fn(&str) -> String) -> Result<Vec<QueryResult>, DbErr> {
        let mut found = Vec::new();
        for (source, bound) in self.bound_over(rows)? {
            found.extend(self.fetch(bound.with_text(text(&source))).await?);
        }
        Ok(found)
    }

    pub async fn query_one(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        Ok(self.query_all(statement).await?.into_iter().next())
    }

    pub async fn query_all(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.fetch(self.bound(statement)?).await
    }

    pub async fn commit(self) -> Result<(), DbErr> {
        let ended = async {
            match self.inner.into_inner() {
                Inner::Postgres(inner) => inner.commit().await,
                Inner::Sqlite(inner) => inner.commit().await,
            }
        };
        self.patience.within(async { ended.await.map_err(failed) }).await
    }

    pub async fn rollback(self) -> Result<(), StoreError> {
        let ended = async {
            match self.inner.into_inner() {
                Inner::Postgres(inner) => inner.rollback().await,
                Inner::Sqlite(inner) => inner.rollback().await,
            }
        };
        self.patience.within(async { ended.await.map_err(failed) }).await.map_err(store_error)
    }

    fn bound(&self, statement: Statement) -> Result<Bound, DbErr> {
        let Statement { sql, values, .. } = statement;
        let values = values.map_or_else(Vec::new, |values| values.0);
        Ok(match self.backend {
            DbBackend::Postgres => Bound::Postgres(sql, postgres_arguments(values)?),
            _ => Bound::Sqlite(sql, sqlite_arguments(values)?),
        })
    }

    /// What a statement over rows selects from, with the parameters: at once on `PostgreSQL`, on `SQLite` in as
    /// few pieces as its limit of parameters allows.
    fn bound_over(&self, rows: Rows) -> Result<Vec<(String, Bound)>, DbErr> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        if self.backend == DbBackend::Postgres {
            let source = rows.arrays();
            return Ok(vec![(source, Bound::Postgres(String::new(), rows.into_arrays()?))]);
        }
        let pieces = rows.into_pieces().into_iter();
        let bound = |piece: Rows| {
            let source = piece.values();
            Ok((source, Bound::Sqlite(String::new(), sqlite_arguments(piece.into_cells())?)))
        };
        pieces.map(bound).collect()
    }

    async fn run(&self, bound: Bound) -> Result<u64, DbErr> {
        let answer = async {
            match (&mut *self.inner.lock().await, bound) {
                (Inner::Postgres(inner), Bound::Postgres(sql, arguments)) => {
                    let done = sqlx::query_with(AssertSqlSafe(sql), arguments).execute(&mut **inner).await;
                    done.map(|done| done.rows_affected()).map_err(failed)
                }
                (Inner::Sqlite(inner), Bound::Sqlite(sql, arguments)) => {
                    let done = sqlx::query_with(AssertSqlSafe(sql), arguments).execute(&mut **inner).await;
                    done.map(|done| done.rows_affected()).map_err(failed)
                }
                _ => Err(elsewhere()),
            }
        };
        self.patience.within(answer).await
    }

    async fn fetch(&self, bound: Bound) -> Result<Vec<QueryResult>, DbErr> {
        let answer = async {
            match (&mut *self.inner.lock().await, bound) {
                (Inner::Postgres(inner), Bound::Postgres(sql, arguments)) => {
                    let rows = sqlx::query_with(AssertSqlSafe(sql), arguments).fetch_all(&mut **inner).await;
                    Ok(rows.map_err(failed)?.into_iter().map(QueryResult::from).collect())
                }
                (Inner::Sqlite(inner), Bound::Sqlite(sql, arguments)) => {
                    let rows = sqlx::query_with(AssertSqlSafe(sql), arguments).fetch_all(&mut **inner).await;
                    Ok(rows.map_err(failed)?.into_iter().map(QueryResult::from).collect())
                }
                _ => Err(elsewhere()),
            }
        };
        self.patience.within(answer).await
    }
}

impl Bound {
    fn with_text(self, text: String) -> Self {
        match self {
            Self::Postgres(_, arguments) => Self::Postgres(text, arguments),
            Self::Sqlite(_, arguments) => Self::Sqlite(text, arguments),
        }
    }
}

/// What the driver says, as the rest of the crate knows it.
pub(crate) fn failed(error: sqlx::Error) -> DbErr {
    DbErr::Query(RuntimeErr::SqlxError(Arc::new(error)))
}

fn elsewhere() -> DbErr {
    DbErr::Custom("a statement bound for another database".to_owned())
}

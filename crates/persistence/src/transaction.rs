use sea_orm::{
    ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, ExecResult, QueryResult, Statement, TransactionTrait,
};

use crate::patience::Patience;

/// A transaction that waits for no answer longer than its limit.
pub(crate) struct Transaction {
    inner: DatabaseTransaction,
    patience: Patience,
}

impl Transaction {
    pub const fn new(inner: DatabaseTransaction, patience: Patience) -> Self {
        Self { inner, patience }
    }

    pub fn backend(&self) -> DbBackend {
        self.inner.get_database_backend()
    }

    pub async fn execute(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.patience.within(self.inner.execute_raw(statement)).await
    }

    pub async fn query_one(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.patience.within(self.inner.query_one_raw(statement)).await
    }

    pub async fn query_all(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.patience.within(self.inner.query_all_raw(statement)).await
    }

    /// A savepoint.
    pub async fn begin(&self) -> Result<Self, DbErr> {
        let inner = self.patience.within(self.inner.begin()).await?;
        Ok(Self { inner, patience: self.patience.clone() })
    }

    pub async fn commit(self) -> Result<(), DbErr> {
        self.patience.within(self.inner.commit()).await
    }

    pub async fn rollback(self) -> Result<(), DbErr> {
        self.patience.within(self.inner.rollback()).await
    }
}

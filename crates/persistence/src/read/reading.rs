use crate::transaction::Transaction;
use nexusflow_application::StoreError;
use nexusflow_domain::ids::OrganizationId;
use sea_orm::{DbBackend, FromQueryResult, Value};

use crate::Store;
use crate::database::Access;
use crate::error::store_error;
use crate::read::sql::Sql;

/// A transaction that only reads.
pub(super) struct Reading {
    transaction: Transaction,
    backend: DbBackend,
}

impl Store {
    /// Begins to read rows of one tenant.
    pub(super) async fn reading(&self, organization: OrganizationId) -> Result<Reading, StoreError> {
        self.reading_as(Access::Tenants(&[organization])).await
    }

    /// Begins to read across tenants, for NexusFlow's own work.
    pub(super) async fn reading_as(&self, access: Access<'_>) -> Result<Reading, StoreError> {
        let transaction = self.database.read(access).await?;
        Ok(Reading { transaction, backend: self.database.backend() })
    }

    /// A statement whose `$1` is the tenant.
    pub(super) fn sql(&self, organization: OrganizationId) -> Sql {
        Sql::new(self.database.backend(), [Value::from(organization.uuid())])
    }

    /// All rows of one statement within one tenant.
    pub(super) async fn fetch<R, T>(&self, organization: OrganizationId, sql: Sql) -> Result<Vec<T>, StoreError>
    where
        R: FromQueryResult,
        T: TryFrom<R, Error = StoreError>,
    {
        let reading = self.reading(organization).await?;
        let rows = reading.rows::<R>(sql).await?;
        reading.end().await?;
        decode(rows)
    }
}

impl Reading {
    /// A statement with the values of its first parameters.
    pub fn sql(&self, values: impl Into<Vec<Value>>) -> Sql {
        Sql::new(self.backend, values)
    }

    /// All rows of a statement.
    pub async fn rows<R: FromQueryResult>(&self, sql: Sql) -> Result<Vec<R>, StoreError> {
        let rows = self.transaction.query_all(sql.statement()).await.map_err(store_error)?;
        rows.iter().map(|row| R::from_query_result(row, "")).collect::<Result<_, _>>().map_err(store_error)
    }

    /// Gives the connection back.
    pub async fn end(self) -> Result<(), StoreError> {
        self.transaction.commit().await.map_err(store_error)
    }
}

/// What rows mean.
pub(super) fn decode<R, T: TryFrom<R, Error = StoreError>>(rows: Vec<R>) -> Result<Vec<T>, StoreError> {
    rows.into_iter().map(T::try_from).collect()
}

use std::time::Duration;

use async_trait::async_trait;
use nexusflow_application::StoreError;
use nexusflow_application::platform::{DeletedWorkflow, Maintenance};
use nexusflow_domain::Timestamp;
use nexusflow_domain::ids::{OrganizationId, WorkflowId};
use sea_orm::{DbBackend, DbErr, QueryResult};
use uuid::Uuid;

use crate::database::Access;
use crate::encoding::storable;
use crate::error::{is_lock_timeout, store_error};
use crate::write::sql::{column, execute, query_all, query_one, try_execute};
use crate::{SCHEMA, Store};

/// How many months have partitions, this one included.
const MONTHS: i32 = 4;
/// The most tables whose statistics are renewed at once: all that have partitions.
const PARTITIONED_TABLES: u32 = 5;
/// How often partitions are tried while writers hold what they need.
const ATTEMPTS: u32 = 5;
/// The rest between two attempts, for the writers that waited meanwhile.
const PAUSE: Duration = Duration::from_secs(1);

#[async_trait]
impl Maintenance for Store {
    async fn ready(&self) -> Result<(), StoreError> {
        let transaction = self.database.read(Access::System).await?;
        let sql = "SELECT version FROM seaql_migrations WHERE version = $1";
        match query_one(&transaction, sql, [SCHEMA.into()]).await? {
            Some(_) => Ok(()),
            None => Err(StoreError::Failed(format!("the schema is not current: {SCHEMA} was not applied").into())),
        }
    }

    async fn ensure_partitions(&self, now: Timestamp) -> Result<(), StoreError> {
        if self.database.backend() != DbBackend::Postgres {
            return Ok(());
        }
        for _ in 1..ATTEMPTS {
            match self.make_partitions(now).await? {
                Err(error) if is_lock_timeout(&error) => tokio::time::sleep(PAUSE).await,
                made => return made.map_err(store_error),
            }
        }
        self.make_partitions(now).await?.map_err(store_error)
    }

    async fn expire_idempotency_keys(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let transaction = self.database.write(Access::System).await?;
        let sql = "DELETE FROM idempotency_keys WHERE (organization_id, user_id, key) IN \
            (SELECT organization_id, user_id, key FROM idempotency_keys WHERE created_at < $1 \
            ORDER BY created_at LIMIT $2)";
        let removed = execute(&transaction, sql, [storable(before).into(), i64::from(limit).into()]).await?;
        transaction.commit().await.map_err(store_error)?;
        Ok(removed)
    }

    async fn refresh_statistics(&self) -> Result<(), StoreError> {
        if self.database.backend() != DbBackend::Postgres {
            return Ok(());
        }
        for _ in 0..PARTITIONED_TABLES {
            let transaction = self.database.upkeep().await?;
            let row = query_one(&transaction, "SELECT nexusflow_refresh_statistics()", []).await?;
            transaction.commit().await.map_err(store_error)?;
            match row.map(|row| column::<Option<String>>(&row, 0)).transpose()?.flatten() {
                Some(table) => tracing::debug!(table, "statistics renewed"),
                None => break,
            }
        }
        Ok(())
    }

    async fn purgeable_workflows(
        &self,
        deleted_before: Timestamp,
        after: Option<WorkflowId>,
        limit: u32,
    ) -> Result<Vec<DeletedWorkflow>, StoreError> {
        let transaction = self.database.read(Access::System).await?;
        // The limit keeps the inner query from becoming a join that reads every request.
        let sql = "SELECT id, organization_id, name, deleted_at FROM workflows w WHERE deleted_at < $1 AND id > $2 \
            AND (SELECT r.id FROM workflow_requests r \
                WHERE r.organization_id = w.organization_id AND r.workflow_id = w.id LIMIT 1) IS NULL \
            ORDER BY id LIMIT $3";
        let after = after.map_or(Uuid::nil(), WorkflowId::uuid);
        let values = [storable(deleted_before).into(), after.into(), i64::from(limit).into()];
        let rows = query_all(&transaction, sql, values).await?;
        transaction.commit().await.map_err(store_error)?;
        rows.iter().map(deleted_workflow).collect()
    }
}

fn deleted_workflow(row: &QueryResult) -> Result<DeletedWorkflow, StoreError> {
    Ok(DeletedWorkflow {
        id: WorkflowId::from_uuid(column(row, 0)?),
        organization: OrganizationId::from_uuid(column(row, 1)?),
        name: column(row, 2)?,
        deleted_at: column(row, 3)?,
    })
}

impl Store {
    async fn make_partitions(&self, now: Timestamp) -> Result<Result<(), DbErr>, StoreError> {
        let transaction = self.database.upkeep().await?;
        let sql = "SELECT nexusflow_ensure_partitions($1, $2)";
        Ok(match try_execute(&transaction, sql, [storable(now).into(), MONTHS.into()]).await {
            Ok(_) => transaction.commit().await,
            Err(error) => Err(error),
        })
    }
}

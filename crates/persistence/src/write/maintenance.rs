use std::time::Duration;

use async_trait::async_trait;
use nexusflow_application::StoreError;
use nexusflow_application::platform::Maintenance;
use nexusflow_domain::Timestamp;
use sea_orm::{DbBackend, DbErr};

use crate::database::Access;
use crate::encoding::storable;
use crate::error::{is_lock_timeout, store_error};
use crate::write::sql::{execute, query_one, try_execute};
use crate::{SCHEMA, Store};

/// How many months have partitions, this one included.
const MONTHS: i32 = 4;
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
}

impl Store {
    async fn make_partitions(&self, now: Timestamp) -> Result<Result<(), DbErr>, StoreError> {
        let transaction = self.database.write(Access::System).await?;
        let sql = "SELECT nexusflow_ensure_partitions($1, $2)";
        Ok(match try_execute(&transaction, sql, [storable(now).into(), MONTHS.into()]).await {
            Ok(_) => transaction.commit().await,
            Err(error) => Err(error),
        })
    }
}

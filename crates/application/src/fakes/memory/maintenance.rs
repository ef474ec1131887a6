use async_trait::async_trait;
use nexusflow_domain::Timestamp;

use crate::StoreError;
use crate::fakes::MemoryStore;
use crate::platform::Maintenance;

#[async_trait]
impl Maintenance for MemoryStore {
    async fn ready(&self) -> Result<(), StoreError> {
        self.world().await.map(drop)
    }

    async fn ensure_partitions(&self, _now: Timestamp) -> Result<(), StoreError> {
        self.world().await.map(drop)
    }

    async fn expire_idempotency_keys(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let mut world = self.world().await?;
        let old = world.idempotency.iter().filter(|(_, entry)| entry.at < before).map(|(key, _)| key.clone());
        let old: Vec<_> = old.take(limit as usize).collect();
        for key in &old {
            world.idempotency.remove(key);
        }
        Ok(old.len() as u64)
    }
}

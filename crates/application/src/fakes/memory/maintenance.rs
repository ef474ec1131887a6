use async_trait::async_trait;
use nexusflow_domain::Timestamp;
use nexusflow_domain::ids::WorkflowId;

use crate::StoreError;
use crate::fakes::MemoryStore;
use crate::platform::{DeletedWorkflow, Maintenance};

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

    async fn refresh_statistics(&self) -> Result<(), StoreError> {
        self.world().await.map(drop)
    }

    async fn purgeable_workflows(
        &self,
        deleted_before: Timestamp,
        after: Option<WorkflowId>,
        limit: u32,
    ) -> Result<Vec<DeletedWorkflow>, StoreError> {
        let world = self.world().await?;
        let used = |id: WorkflowId| world.requests.values().any(|row| row.state.workflow == id);
        let purgeable = world.workflows.values().filter_map(|workflow| {
            let deleted_at = workflow.deleted_at.filter(|at| *at < deleted_before)?;
            let is_next = after.is_none_or(|after| workflow.id > after);
            (is_next && !used(workflow.id)).then(|| DeletedWorkflow {
                id: workflow.id,
                organization: workflow.organization,
                name: workflow.name.clone(),
                deleted_at,
            })
        });
        Ok(purgeable.take(limit as usize).collect())
    }
}

use async_trait::async_trait;
use nexusflow_domain::Timestamp;
use nexusflow_domain::ids::JobId;

use crate::StoreError;
use crate::fakes::MemoryStore;
use crate::fakes::memory::world::JobRow;
use crate::request::{ClaimedJob, JobStore};

#[async_trait]
impl JobStore for MemoryStore {
    async fn claim(&self, now: Timestamp, lease_until: Timestamp, limit: u32) -> Result<Vec<ClaimedJob>, StoreError> {
        let mut world = self.world().await?;
        let free = |until: Option<Timestamp>| until.is_none_or(|until| until <= now);
        let due = world.jobs.iter().filter(|(_, job)| job.run_at <= now && free(job.lease_until));
        let mut due: Vec<_> = due.map(|(&request, job)| (job.run_at, request)).collect();
        due.sort_unstable();
        due.truncate(limit as usize);
        let mut claimed = Vec::with_capacity(due.len());
        for (run_at, request) in due {
            world.fence += 1;
            let fence = world.fence;
            if let Some(job) = world.jobs.get_mut(&request) {
                job.lease_until = Some(lease_until);
                job.fence = fence;
                let (id, organization) = (JobId::from_uuid(request.uuid()), job.organization);
                claimed.push(ClaimedJob { id, organization, request, run_at, fence });
            }
        }
        Ok(claimed)
    }

    async fn settle(&self, job: &ClaimedJob, run_at: Option<Timestamp>) -> Result<(), StoreError> {
        let mut world = self.world().await?;
        let holds = |row: &&mut JobRow| row.fence == job.fence && row.lease_until.is_some();
        let Some(row) = world.jobs.get_mut(&job.request).filter(holds) else { return Ok(()) };
        match run_at {
            Some(run_at) => {
                row.run_at = run_at;
                row.woken = false;
                row.lease_until = None;
            }
            None => {
                world.jobs.remove(&job.request);
            }
        }
        Ok(())
    }

    async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.world().await?.jobs.values().map(|job| job.run_at).min())
    }
}

use async_trait::async_trait;
use nexusflow_domain::Timestamp;
use nexusflow_domain::ids::{JobId, OrganizationId};

use crate::StoreError;
use crate::fakes::MemoryStore;
use crate::fakes::memory::job_pauses::holding;
use crate::fakes::memory::world::{JobRow, World};
use crate::request::{ClaimedJob, JobKind, JobStore, Lease};

#[async_trait]
impl JobStore for MemoryStore {
    async fn claim(
        &self,
        kind: JobKind,
        now: Timestamp,
        lease_until: Timestamp,
        limit: u32,
    ) -> Result<Vec<ClaimedJob>, StoreError> {
        let mut world = self.world().await?;
        Ok(claim(&mut world, |job| job.kind == kind, now, lease_until, limit))
    }

    async fn claim_work(
        &self,
        organization: OrganizationId,
        types: &[String],
        now: Timestamp,
        lease_until: Timestamp,
        limit: u32,
    ) -> Result<Vec<ClaimedJob>, StoreError> {
        let mut world = self.world().await?;
        let of_type = |job: &JobRow| job.job_type.as_ref().is_some_and(|found| types.contains(found));
        let wanted = |job: &JobRow| job.kind == JobKind::Work && job.organization == organization && of_type(job);
        Ok(claim(&mut world, wanted, now, lease_until, limit))
    }

    async fn extend(
        &self,
        organization: OrganizationId,
        kind: JobKind,
        lease: Lease,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut world = self.world().await?;
        let of_tenant = |row: &JobRow| row.kind == kind && row.organization == organization;
        let holds = |row: &&mut JobRow| of_tenant(row) && is_leased(row, lease.fence);
        let row = world.jobs.get_mut(&lease.job).filter(holds);
        Ok(row.map(|row| row.lease_until = Some(until)).is_some())
    }

    async fn settle(&self, job: &ClaimedJob, run_at: Option<Timestamp>) -> Result<(), StoreError> {
        let mut world = self.world().await?;
        let Some(row) = world.jobs.get_mut(&job.id).filter(|row| is_leased(row, job.fence)) else { return Ok(()) };
        match run_at {
            Some(run_at) => {
                row.run_at = run_at;
                row.woken = false;
                row.lease_until = None;
                row.attempt = row.attempt.saturating_sub(1);
            }
            None => {
                world.jobs.remove(&job.id);
            }
        }
        Ok(())
    }

    async fn next_due(&self, kind: JobKind) -> Result<Option<Timestamp>, StoreError> {
        let world = self.world().await?;
        Ok(world
            .jobs
            .values()
            .filter(|job| job.kind == kind && job.pause.is_none() && !job.shelved)
            .map(|job| job.run_at)
            .min())
    }
}

fn is_leased(row: &JobRow, fence: u64) -> bool {
    row.fence == fence && row.lease_until.is_some()
}

fn claim(
    world: &mut World,
    wanted: impl Fn(&JobRow) -> bool,
    now: Timestamp,
    lease_until: Timestamp,
    limit: u32,
) -> Vec<ClaimedJob> {
    let free = |until: Option<Timestamp>| until.is_none_or(|until| until <= now);
    let waits = |job: &JobRow| job.pause.is_none() && !job.shelved;
    let is_due = |job: &JobRow| wanted(job) && waits(job) && job.run_at <= now && free(job.lease_until);
    let due = world.jobs.iter().filter(|(_, job)| is_due(job));
    let mut due: Vec<(Timestamp, JobId)> = due.map(|(&id, job)| (job.run_at, id)).collect();
    due.sort_unstable();
    let mut claimed = Vec::new();
    for (run_at, id) in due {
        if claimed.len() == limit as usize {
            break;
        }
        if world.jobs.get(&id).is_some_and(|job| world.is_deleted(job.organization)) {
            if let Some(job) = world.jobs.get_mut(&id) {
                job.shelved = true;
            }
            continue;
        }
        let pause = world.jobs.get(&id).and_then(|job| holding(world, job).next());
        world.fence += u64::from(pause.is_none());
        let fence = world.fence;
        let Some(job) = world.jobs.get_mut(&id) else { continue };
        job.pause = pause;
        if pause.is_none() {
            (job.lease_until, job.fence, job.attempt) = (Some(lease_until), fence, job.attempt + 1);
            let JobRow { organization, kind, request, called, attempt, .. } = *job;
            claimed.push(ClaimedJob { id, kind, organization, request, called, attempt, run_at, fence });
        }
    }
    claimed
}

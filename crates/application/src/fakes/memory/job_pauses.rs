use std::collections::BTreeSet;

use async_trait::async_trait;
use nexusflow_domain::Timestamp;
use nexusflow_domain::ids::{JobId, JobPauseId, OrganizationId};

use crate::access::Scope;
use crate::administration::CommitError;
use crate::fakes::MemoryStore;
use crate::fakes::memory::changes::missing;
use crate::fakes::memory::paging::{by_id, page};
use crate::fakes::memory::store::violation;
use crate::fakes::memory::world::{JobRow, World};
use crate::request::{JobPause, JobPauseReader};
use crate::{Page, PageRequest, StoreError};

#[async_trait]
impl JobPauseReader for MemoryStore {
    async fn job_pauses(&self, scope: &Scope, ids: &[JobPauseId]) -> Result<Vec<JobPause>, StoreError> {
        let world = self.world().await?;
        let ids: BTreeSet<_> = ids.iter().collect();
        let found = ids.into_iter().filter_map(|id| world.job_pauses.get(id));
        Ok(found.filter(|pause| pause.organization == scope.organization()).cloned().collect())
    }

    async fn list_job_pauses(&self, scope: &Scope, request: &PageRequest) -> Result<Page<JobPause>, StoreError> {
        let world = self.world().await?;
        let own = world.job_pauses.values().filter(|pause| pause.organization == scope.organization());
        Ok(page(own.cloned(), true, request, |pause| by_id(pause.id.uuid())))
    }

    async fn parked_jobs(
        &self,
        scope: &Scope,
        pauses: &[JobPauseId],
        cap: u32,
    ) -> Result<Vec<(JobPauseId, u32)>, StoreError> {
        let world = self.world().await?;
        let pauses: BTreeSet<JobPauseId> = pauses.iter().copied().collect();
        let own =
            |id: &JobPauseId| world.job_pauses.get(id).is_some_and(|pause| pause.organization == scope.organization());
        let parked = |id: JobPauseId| world.jobs.values().filter(move |job| job.pause == Some(id)).take(cap as usize);
        let count = |id: JobPauseId| (id, u32::try_from(parked(id).count()).unwrap_or(cap));
        Ok(pauses.into_iter().filter(own).map(count).collect())
    }

    async fn pauses_of(
        &self,
        scope: &Scope,
        jobs: &[JobId],
        now: Timestamp,
    ) -> Result<Vec<(JobId, JobPauseId)>, StoreError> {
        let world = self.world().await?;
        let jobs: BTreeSet<JobId> = jobs.iter().copied().collect();
        let rows = jobs.into_iter().filter_map(|id| Some((id, world.jobs.get(&id)?)));
        let waiting = rows.filter(|(_, job)| {
            job.organization == scope.organization() && job.lease_until.is_none_or(|until| until <= now)
        });
        Ok(waiting.flat_map(|(id, job)| holding(&world, job).map(move |pause| (id, pause))).collect())
    }
}

/// The pauses that hold a job back.
pub(super) fn holding<'a>(world: &'a World, job: &'a JobRow) -> impl Iterator<Item = JobPauseId> + 'a {
    let fits = |pause: &&JobPause| {
        let work = &pause.work;
        pause.organization == job.organization
            && job.step_kind.is_some_and(|kind| work.step_kind.is_none_or(|wanted| wanted == kind))
            && work.workflow.is_none_or(|wanted| job.workflow == Some(wanted))
            && (work.target.is_none() || work.target == job.target)
    };
    world.job_pauses.values().filter(fits).map(|pause| pause.id)
}

pub(super) fn pause(world: &mut World, tenant: OrganizationId, new: JobPause) -> Result<(), CommitError> {
    if new.organization != tenant {
        return Err(missing("pause", new.id));
    }
    if let Some(workflow) = new.work.workflow {
        let found = world.workflows.get(&workflow).filter(|found| found.organization == tenant);
        found.ok_or_else(|| missing("workflow", workflow))?;
    }
    match world.job_pauses.insert(new.id, new) {
        None => Ok(()),
        Some(_) => Err(violation("job_pauses: the id is taken").into()),
    }
}

pub(super) fn resume(world: &mut World, tenant: OrganizationId, id: JobPauseId) -> Result<(), CommitError> {
    world.job_pauses.get(&id).filter(|found| found.organization == tenant).ok_or_else(|| missing("pause", id))?;
    world.job_pauses.remove(&id);
    for job in world.jobs.values_mut().filter(|job| job.pause == Some(id)) {
        job.pause = None;
    }
    Ok(())
}

//! Pauses: operators' holds on the work of steps, as stores keep them.

use async_trait::async_trait;
use nexusflow_domain::Timestamp;
use nexusflow_domain::ids::{JobId, JobPauseId, OrganizationId, UserId, WorkflowId};
use nexusflow_domain::workflow::JobKind;

use crate::access::Scope;
use crate::{Page, PageRequest, StoreError};

/// What a pause holds back: jobs that carry out steps and that every given part fits; all of the tenant's where
/// none is given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PausedWork {
    /// Of this workflow.
    pub workflow: Option<WorkflowId>,
    /// Of this kind of step.
    pub step_kind: Option<JobKind>,
    /// Which go exactly there: a job type, host and port, or `smtp`.
    pub target: Option<String>,
}

/// A hold on the work of steps, until it is resumed. What a claim finds due meanwhile it parks instead of leasing it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobPause {
    /// The pause.
    pub id: JobPauseId,
    /// Its tenant.
    pub organization: OrganizationId,
    /// What it holds back.
    pub work: PausedWork,
    /// Why; 1 to 1,000 characters.
    pub reason: String,
    /// Who paused it.
    pub created_by: UserId,
    /// When.
    pub created_at: Timestamp,
}

/// Reads pauses.
#[async_trait]
pub trait JobPauseReader: Send + Sync {
    /// Those of the given pauses that exist in the tenant, in any order.
    async fn job_pauses(&self, scope: &Scope, ids: &[JobPauseId]) -> Result<Vec<JobPause>, StoreError>;

    /// A page of pauses, the newest first.
    async fn list_job_pauses(&self, scope: &Scope, page: &PageRequest) -> Result<Page<JobPause>, StoreError>;

    /// How many jobs each of the given pauses has parked, counted up to `cap`; in any order.
    async fn parked_jobs(
        &self,
        scope: &Scope,
        pauses: &[JobPauseId],
        cap: u32,
    ) -> Result<Vec<(JobPauseId, u32)>, StoreError>;

    /// The pauses that hold the given jobs back: all that fit those that nobody holds a lease of at `now`, parked or
    /// not. By job and pause.
    async fn pauses_of(
        &self,
        scope: &Scope,
        jobs: &[JobId],
        now: Timestamp,
    ) -> Result<Vec<(JobId, JobPauseId)>, StoreError>;
}

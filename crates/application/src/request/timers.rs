use std::sync::Arc;

use chrono::TimeDelta;
use nexusflow_domain::Timestamp;
use nexusflow_domain::request::Command;

use crate::access::Scope;
use crate::application::Ports;
use crate::platform::Clock;
use crate::request::execution::Acting;
use crate::request::{ClaimedJob, JobKind, JobStore, RequestService};
use crate::{Error, Result, StoreError};

/// How long a worker may take for a claimed batch before others may claim it.
pub(super) const LEASE: TimeDelta = TimeDelta::seconds(60);
/// How long a job rests after it could not be done.
pub(super) const RETRY: TimeDelta = TimeDelta::seconds(30);

/// Fires timers: starts pending requests, escalates missed deadlines.
pub struct TimerService {
    jobs: Arc<dyn JobStore>,
    requests: Arc<RequestService>,
    clock: Arc<dyn Clock>,
}

impl TimerService {
    pub(crate) fn new(ports: &Ports, requests: Arc<RequestService>) -> Self {
        Self { jobs: ports.jobs.clone(), requests, clock: ports.clock.clone() }
    }

    /// Claims at most `limit` timers that are due and fires them; returns how many were claimed. One
    /// that fails is tried again later and does not keep the others from firing.
    #[tracing::instrument(skip_all)]
    pub async fn fire_due(&self, limit: u32) -> Result<usize, StoreError> {
        let now = self.clock.now();
        let claimed = self.jobs.claim(JobKind::Timer, now, now + LEASE, limit).await?;
        for job in &claimed {
            if let Err(error) = self.fire(job).await {
                tracing::error!(request = %job.request, error = &error as &dyn std::error::Error, "timer failed");
                self.jobs.settle(job, Some(now + RETRY)).await?;
            }
        }
        Ok(claimed.len())
    }

    /// When the next timer is due.
    pub async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        self.jobs.next_due(JobKind::Timer).await
    }

    async fn fire(&self, job: &ClaimedJob) -> Result<()> {
        let acting = Acting::Worker { scope: Scope::system(job.organization), lease: Some(job.lease()) };
        match self.requests.execute(acting, job.request, &Command::FireTimers, None).await {
            Ok(true) => Ok(()),
            // Nothing was due (any more): the timer is set to what the request waits for now.
            Ok(false) => {
                let wakes_at = self.requests.wakes_at(job.organization, job.request).await?;
                Ok(self.jobs.settle(job, wakes_at).await?)
            }
            Err(Error::Refused(_)) => Ok(self.jobs.settle(job, Some(self.clock.now() + RETRY)).await?),
            Err(error) => Err(error),
        }
    }
}

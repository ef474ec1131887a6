use std::time;

use async_graphql::{Context, ID, InputObject, SimpleObject};
use nexusflow_application::request::{Fetch, HeldJob, WorkResult};
use nexusflow_application::{Error, Refused};
use nexusflow_domain::request::JobFailure;

use super::job::Job;
use super::start_request::object;
use crate::context::{application, require_call};
use crate::error::{Answer, Declined, DomainError, parsed};
use crate::http::LongPoll;
use crate::limits::page_cost;
use crate::loader::Link;
use crate::node_id::RequestStepKey;
use crate::scalar::{DateTime, Duration, Json};

/// What a worker asks for.
#[derive(Debug, Clone, InputObject)]
pub struct FetchJobsInput {
    /// The types of jobs that the worker does; 1 to 20.
    types: Vec<String>,
    /// At most so many; 1 to 100.
    #[graphql(default = 10)]
    max: i32,
    /// How long the jobs are the worker's; `PT1S` to `PT1H`, `PT1M` unless told otherwise.
    lease: Option<Duration>,
    /// How long to wait when there are none; at most `PT30S`, not at all unless told otherwise. The answer may come
    /// sooner.
    wait: Option<Duration>,
}

/// What `fetchJobs` did.
#[derive(Debug, SimpleObject)]
pub struct FetchJobsPayload {
    /// The jobs, those due first; empty when there are none.
    pub jobs: Option<Vec<Job>>,
    /// Why nothing was done; empty when it was.
    pub errors: Vec<DomainError>,
}

const DEFAULT_LEASE_SECONDS: i64 = 60;

impl FetchJobsInput {
    pub(super) async fn run(self, ctx: &Context<'_>) -> Answer<Vec<Job>> {
        let call = require_call(ctx)?;
        let lease = self.lease.map_or_else(|| domain_seconds(DEFAULT_LEASE_SECONDS), |lease| lease.0);
        let wait = self.wait.map_or(0, |wait| wait.0.seconds()).unsigned_abs();
        let limit = u32::try_from(self.max).unwrap_or(0);
        let fetch = Fetch { types: self.types, limit, lease, wait: time::Duration::from_secs(wait) };
        let poll = ctx.data_opt::<LongPoll>().cloned().unwrap_or_default();
        let jobs = application(ctx)?.workers.fetch(call, &fetch, poll.ends()).await?;
        Ok(jobs.into_iter().map(Into::into).collect())
    }

    /// What it costs: what is selected of each job that may come.
    pub(super) fn cost(&self, child_complexity: usize) -> usize {
        page_cost(Some(self.max), None, child_complexity)
    }
}

/// A job that is done.
#[derive(Debug, Clone, InputObject)]
pub struct CompleteJobInput {
    /// Which job.
    job_id: ID,
    /// The claim that came with it.
    fence: String,
    /// One of the step's outcomes; may be left out when it has only one.
    outcome: Option<String>,
    /// What came of it, an object. Without an output mapping, each field sets the variable of its name.
    result: Option<Json>,
}

/// What `completeJob` did.
#[derive(Debug, SimpleObject)]
pub struct CompleteJobPayload {
    /// The completed step, if the worker may see its request.
    pub step: Option<Link<RequestStepKey>>,
    /// Why nothing was done; empty when it was.
    pub errors: Vec<DomainError>,
}

impl CompleteJobInput {
    pub(super) async fn run(self, ctx: &Context<'_>) -> Answer<Link<RequestStepKey>> {
        let call = require_call(ctx)?;
        let (key, job) = held(&self.job_id, &self.fence)?;
        let outcome = self.outcome.map(|text| parsed(&text, "outcome")).transpose()?;
        let done = WorkResult { outcome, result: object(self.result, "result", "expected an object")? };
        told(key, application(ctx)?.workers.complete(call, job, done).await)
    }
}

/// An attempt at a job that failed.
#[derive(Debug, Clone, InputObject)]
pub struct FailJobInput {
    /// Which job.
    job_id: ID,
    /// The claim that came with it.
    fence: String,
    /// The code of an error that the step throws, so that it goes to the boundary event that catches it; then the job
    /// is not attempted again. 1 to 64 characters.
    code: Option<String>,
    /// What went wrong, for people; 1 to 10,000 characters.
    message: String,
    /// Whether another attempt is of no use.
    #[graphql(default)]
    is_final: bool,
    /// When the next attempt may begin, if not as the workflow says.
    retry_after: Option<Duration>,
}

/// What `failJob` did.
#[derive(Debug, SimpleObject)]
pub struct FailJobPayload {
    /// The step, if the worker may see its request.
    pub step: Option<Link<RequestStepKey>>,
    /// Why nothing was done; empty when it was.
    pub errors: Vec<DomainError>,
}

impl FailJobInput {
    pub(super) async fn run(self, ctx: &Context<'_>) -> Answer<Link<RequestStepKey>> {
        let call = require_call(ctx)?;
        let (key, job) = held(&self.job_id, &self.fence)?;
        let Self { code, message, is_final, .. } = self;
        let failure = JobFailure { code, message, is_final, retry_after: self.retry_after.map(|after| after.0) };
        told(key, application(ctx)?.workers.fail(call, job, failure).await)
    }
}

/// A job that takes longer.
#[derive(Debug, Clone, InputObject)]
pub struct ExtendLeaseInput {
    /// Which job.
    job_id: ID,
    /// The claim that came with it.
    fence: String,
    /// For how long from now on the job is the worker's; `PT1S` to `PT1H`.
    lease: Duration,
}

/// What `extendLease` did.
#[derive(Debug, SimpleObject)]
pub struct ExtendLeasePayload {
    /// Until when the job is the worker's.
    pub lease_until: Option<DateTime>,
    /// Why nothing was done; empty when it was.
    pub errors: Vec<DomainError>,
}

impl ExtendLeaseInput {
    pub(super) async fn run(self, ctx: &Context<'_>) -> Answer<DateTime> {
        let call = require_call(ctx)?;
        let (key, job) = held(&self.job_id, &self.fence)?;
        let until = application(ctx)?.workers.extend(call, job, self.lease.0).await;
        until.map(Into::into).map_err(|error| declined(key, error))
    }
}

fn held(id: &ID, fence: &str) -> Answer<(RequestStepKey, HeldJob)> {
    let key: RequestStepKey = parsed(id, "jobId")?;
    let fence = fence.parse().map_err(|_| Declined::input("fence", "expected the fence of a fetched job"))?;
    Ok((key, HeldJob { request: key.request, step: key.step, fence }))
}

fn told(key: RequestStepKey, done: Result<(), Error>) -> Answer<Link<RequestStepKey>> {
    done.map(|()| Link(key)).map_err(|error| declined(key, error))
}

/// When there is no such request, it is the job that the client named.
fn declined(key: RequestStepKey, error: Error) -> Declined {
    match error.refused() {
        Some(Refused::NotFound { .. }) => Refused::NotFound { kind: "job", id: key.to_string() }.into(),
        _ => error.into(),
    }
}

fn domain_seconds(seconds: i64) -> nexusflow_domain::duration::Duration {
    nexusflow_domain::duration::Duration::from_seconds(seconds).unwrap_or(nexusflow_domain::duration::Duration::ZERO)
}

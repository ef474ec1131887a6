use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use nexusflow_domain::ids::{JobId, RequestId, RequestStepId};
use nexusflow_domain::request::{Command, JobFailure};
use nexusflow_domain::workflow::{BUILT_IN, Outcome};
use nexusflow_domain::{JsonMap, Timestamp, duration};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep_until};

use crate::access::{Permit, Scope, actions};
use crate::application::Ports;
use crate::idempotency::Replay;
use crate::input::{InputCheck, Length};
use crate::platform::Clock;
use crate::request::execution::{Acting, not_found};
use crate::request::{ClaimedJob, Fetch, FetchedJob, JobKind, JobStore, Lease, LoadedRequest, RequestService};
use crate::{Call, Refused, Result, StoreError};

/// How long a worker that waits for work rests between looks.
const LOOK: Duration = Duration::from_secs(1);
/// How long a job rests whose lost attempt could not be recorded.
const REST: chrono::TimeDelta = chrono::TimeDelta::seconds(30);

const TYPES: std::ops::RangeInclusive<usize> = 1..=20;
const LIMIT: std::ops::RangeInclusive<u32> = 1..=100;
const LEASE_SECONDS: std::ops::RangeInclusive<i64> = 1..=3_600;
const MAX_WAIT: Duration = Duration::from_secs(30);
const TYPE_LENGTH: Length = 1..=64;
const CODE_LENGTH: Length = 1..=64;
const MESSAGE_LENGTH: Length = 1..=10_000;

/// What workers do: fetch jobs, and tell what came of them. All of it needs `WORK_JOBS`.
///
/// A job is one attempt's at a time: the claim has a fence, and nothing is recorded under one that is not
/// the last. A lease that ran out without a word counts as a failed attempt as soon as the next worker
/// asks; until then its holder may still complete the job.
pub struct WorkerService {
    jobs: Arc<dyn JobStore>,
    requests: Arc<RequestService>,
    clock: Arc<dyn Clock>,
}

/// The claim of a job by whoever carries out an execution of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeldJob {
    /// The request that the job is about.
    pub request: RequestId,
    /// The execution.
    pub step: RequestStepId,
    /// The fence of the claim.
    pub fence: u64,
}

/// What a worker made.
#[derive(Debug, Clone, PartialEq)]
pub struct WorkResult {
    /// With what the step ends; may be left out when it has only one outcome.
    pub outcome: Option<Outcome>,
    /// What came of it.
    pub result: JsonMap,
}

impl WorkerService {
    pub(crate) fn new(ports: &Ports, requests: Arc<RequestService>) -> Self {
        Self { jobs: ports.jobs.clone(), requests, clock: ports.clock.clone() }
    }

    /// Claims jobs, those due first; when there are none, waits for some, until `stop`. A caller that stops
    /// waiting before it is answered may leave jobs claimed, which others get when the lease ends.
    #[tracing::instrument(skip_all)]
    pub async fn fetch(&self, call: &Call, fetch: &Fetch, stop: impl Future<Output = ()>) -> Result<Vec<FetchedJob>> {
        let permit = self.requests.authorizer.require::<actions::WorkJobs>(call).await?;
        check_fetch(fetch)?;
        let mut news = self.requests.work.listen();
        let (until, mut stop) = (Instant::now() + fetch.wait, pin!(stop));
        loop {
            let (claimed, jobs) = self.claim(&permit, fetch).await?;
            if !jobs.is_empty() || Instant::now() >= until {
                return Ok(jobs);
            }
            if claimed > 0 {
                continue;
            }
            tokio::select! {
                () = &mut stop => return Ok(Vec::new()),
                () = news.hear(permit.organization(), &fetch.types) => {}
                () = sleep_until(until.min(Instant::now() + LOOK)) => {}
            }
        }
    }

    /// Ends the step that a job carries out. The same completion by the same worker under the same claim, told
    /// again, is answered as the first one was.
    #[tracing::instrument(skip_all, fields(request = %job.request, step = %job.step))]
    pub async fn complete(&self, call: &Call, job: HeldJob, done: WorkResult) -> Result<()> {
        let WorkResult { outcome, result } = done;
        let input = json!({ "outcome": outcome, "result": result });
        let command = Command::CompleteJob { step: job.step, outcome, result };
        self.tell(call, job, "completeJob", &input, &command).await
    }

    /// Notes that an attempt failed: the job is attempted again as its workflow says, the error thrown, or the
    /// step fails. Told again, it is answered as the first time.
    #[tracing::instrument(skip_all, fields(request = %job.request, step = %job.step))]
    pub async fn fail(&self, call: &Call, job: HeldJob, failure: JobFailure) -> Result<()> {
        self.requests.authorizer.require::<actions::WorkJobs>(call).await?;
        let JobFailure { code, message, is_final, retry_after } = &failure;
        InputCheck::default()
            .optional_length("code", code.as_deref(), &CODE_LENGTH)
            .length("message", message, &MESSAGE_LENGTH)
            .finish()?;
        let pause = retry_after.map(duration::Duration::seconds);
        let input = json!({ "code": code, "message": message, "isFinal": is_final, "retryAfter": pause });
        self.tell(call, job, "failJob", &input, &Command::FailJob { step: job.step, failure }).await
    }

    /// Keeps a job for so long from now on; 1 second to 1 hour. Returns until when.
    #[tracing::instrument(skip_all, fields(request = %job.request, step = %job.step))]
    pub async fn extend(&self, call: &Call, job: HeldJob, lease: duration::Duration) -> Result<Timestamp> {
        let permit = self.requests.authorizer.require::<actions::WorkJobs>(call).await?;
        check_lease(InputCheck::default(), lease).finish()?;
        let until = self.clock.now() + lease.as_delta();
        if self.jobs.extend(permit.organization(), JobKind::Work, job.lease(), until).await? {
            return Ok(until);
        }
        match self.requests.store.load(&[(permit.scope(), job.request)]).await?.pop() {
            Some(_) => Err(Refused::LeaseLost { job: job.id() }.into()),
            None => Err(not_found(job.request).into()),
        }
    }

    async fn tell(
        &self,
        call: &Call,
        job: HeldJob,
        operation: &'static str,
        input: &Value,
        command: &Command,
    ) -> Result<()> {
        let subject = Some(("request", job.request.uuid()));
        self.requests.authorizer.require_for::<actions::WorkJobs>(call, None, subject).await?;
        let (requests, registrar) = (&self.requests, &self.requests.registrar);
        let replay = Replay::new(format!("{operation} {} {}", job.step, job.fence), input);
        let stored = registrar.idempotency(call, operation, Some(replay.clone()), job.step.uuid());
        match requests.execute(Acting::LeaseHolder(call, job.lease()), job.request, command, stored).await {
            Ok(_) => Ok(()),
            Err(error) => requests.decided_meanwhile(call, operation, Some(&replay), error).await.map(drop),
        }
    }

    /// How many jobs were claimed, and those of them that are to be done. The others have just lost an attempt.
    async fn claim(&self, permit: &Permit<actions::WorkJobs>, fetch: &Fetch) -> Result<(usize, Vec<FetchedJob>)> {
        let (organization, now) = (permit.organization(), self.clock.now());
        let until = now + fetch.lease.as_delta();
        let claimed = self.jobs.claim_work(organization, &fetch.types, now, until, fetch.limit).await?;
        let (first, again): (Vec<ClaimedJob>, Vec<ClaimedJob>) = claimed.iter().partition(|job| job.attempt == 1);
        for job in again {
            self.lose_attempt(permit, &job).await?;
        }
        Ok((claimed.len(), self.fetched(permit, &first, until).await?))
    }

    /// Whoever claimed it before let the lease run out.
    async fn lose_attempt(&self, permit: &Permit<actions::WorkJobs>, job: &ClaimedJob) -> Result<(), StoreError> {
        let message = "the worker let its lease run out without a word".to_owned();
        let failure = JobFailure { code: None, message, is_final: false, retry_after: None };
        let command = Command::FailJob { step: RequestStepId::from_uuid(job.id.uuid()), failure };
        let acting = Acting::Worker { scope: permit.scope(), lease: Some(job.lease()) };
        if let Err(error) = self.requests.execute(acting, job.request, &command, None).await {
            tracing::warn!(request = %job.request, error = &error as &dyn std::error::Error, "a lost attempt is not on record yet");
            self.jobs.settle(job, Some(self.clock.now() + REST)).await?;
        }
        Ok(())
    }

    async fn fetched(
        &self,
        permit: &Permit<actions::WorkJobs>,
        claimed: &[ClaimedJob],
        until: Timestamp,
    ) -> Result<Vec<FetchedJob>> {
        let (scope, requests) = (permit.scope(), &self.requests);
        let mut ids: Vec<RequestId> = claimed.iter().map(|job| job.request).collect();
        ids.sort_unstable();
        ids.dedup();
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let wanted: Vec<(Scope, RequestId)> = ids.into_iter().map(|id| (scope, id)).collect();
        let loaded = requests.store.load(&wanted).await?;
        let loaded: BTreeMap<RequestId, LoadedRequest> = loaded.into_iter().map(|one| (one.state.id, one)).collect();
        let mut jobs = Vec::with_capacity(claimed.len());
        for job in claimed {
            let Some(LoadedRequest { state, .. }) = loaded.get(&job.request) else { continue };
            let version = requests.catalogue.of_request(&scope, state.workflow_version).await?;
            jobs.extend(FetchedJob::of(job, until, state, &version));
        }
        Ok(jobs)
    }
}

impl HeldJob {
    fn id(self) -> JobId {
        JobId::from_uuid(self.step.uuid())
    }

    fn lease(self) -> Lease {
        Lease { job: self.id(), fence: self.fence }
    }
}

fn check_fetch(fetch: &Fetch) -> Result<()> {
    let Fetch { types, limit, lease, wait } = fetch;
    let check = InputCheck::default()
        .holds("types", TYPES.contains(&types.len()), "expected 1 to 20 types")
        .holds("max", LIMIT.contains(limit), "expected 1 to 100 jobs")
        .holds("wait", *wait <= MAX_WAIT, "expected at most PT30S");
    let check = types.iter().fold(check, |check, of| {
        let check = check.length("types", of, &TYPE_LENGTH);
        check.holds("types", !of.starts_with(BUILT_IN), "expected types of workers: NexusFlow does its own work itself")
    });
    check_lease(check, *lease).finish()
}

fn check_lease(check: InputCheck, lease: duration::Duration) -> InputCheck {
    check.holds("lease", LEASE_SECONDS.contains(&lease.seconds()), "expected PT1S to PT1H")
}

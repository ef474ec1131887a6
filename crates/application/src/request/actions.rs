//! Actions: what NexusFlow itself carries out outside for SERVICE steps. A job of the kind ACTION says that one is to be
//! attempted. An attempt is one claim of the job; its result is recorded under the claim's fence, so once. A claim that
//! nobody ended counts as an attempt that failed, as with workers.

use std::sync::Arc;
use std::time::Duration;

use nexusflow_domain::ids::RequestStepId;
use nexusflow_domain::request::{ActionCall, ActionFailure, Command, Lifecycle, Refusal, Work};
use nexusflow_domain::workflow::{Action, StepKey};
use nexusflow_domain::{JsonMap, Timestamp};
use tokio::time::{sleep, timeout};

use crate::access::Scope;
use crate::application::Ports;
use crate::platform::{CallError, Clock, HttpCaller, Mailer};
use crate::request::action_outcome::{lost, of_answer, of_error};
use crate::request::breaker::Breakers;
use crate::request::execution::Acting;
use crate::request::target::target;
use crate::request::timers::{LEASE, RETRY};
use crate::request::work_signal::Listener;
use crate::request::{ClaimedJob, JobKind, JobStore, RequestService};
use crate::{Error, Refused, Result, StoreError};

/// How often a claim is kept while its attempt goes on.
const HEARTBEAT: Duration = Duration::from_secs(20);
/// How long a mail server may take.
const MAIL_TIMEOUT: Duration = Duration::from_mins(1);
/// How long to wait before a result is recorded again that could not be; all of it well within a lease.
const RECORD_AGAIN: [Duration; 7] = [
    Duration::from_millis(100),
    Duration::from_millis(250),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(8),
];

/// Carries out actions, each attempt under a claim of its job.
pub struct ActionService {
    jobs: Arc<dyn JobStore>,
    requests: Arc<RequestService>,
    clock: Arc<dyn Clock>,
    http: Arc<dyn HttpCaller>,
    mailer: Arc<dyn Mailer>,
    breakers: Breakers,
}

/// Hears that there is something to be done at once.
pub struct ActionNews(Listener);

impl ActionNews {
    /// Waits until there is. Loses nothing when it is dropped meanwhile.
    pub async fn hear(&mut self) {
        self.0.hear_action().await;
    }
}

/// What is to be done.
struct Task {
    step: StepKey,
    action: Action,
    call: ActionCall,
    target: Option<String>,
}

type Outcome = Result<JsonMap, ActionFailure>;

impl ActionService {
    pub(crate) fn new(ports: &Ports, requests: Arc<RequestService>) -> Self {
        let (jobs, clock) = (ports.jobs.clone(), ports.clock.clone());
        let (http, mailer) = (ports.http.clone(), ports.mailer.clone());
        Self { jobs, requests, clock, http, mailer, breakers: Breakers::default() }
    }

    /// Claims at most `limit` actions that are due; each is to be carried out at once.
    pub async fn claim(&self, limit: u32) -> Result<Vec<ClaimedJob>, StoreError> {
        let now = self.clock.now();
        self.jobs.claim(JobKind::Action, now, now + LEASE, limit).await
    }

    /// When the next action is due.
    pub async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        self.jobs.next_due(JobKind::Action).await
    }

    /// Hears of actions that this process puts from now on.
    pub fn news(&self) -> ActionNews {
        ActionNews(self.requests.work.listen())
    }

    /// Makes one attempt and records what came of it. What is not over at `cut_off` counts as failed.
    #[tracing::instrument(skip_all, fields(request = %job.request, step = %job.id))]
    pub async fn carry_out(&self, job: ClaimedJob, cut_off: impl Future<Output = ()>) {
        if let Err(error) = self.attempt(&job, cut_off).await {
            // Its lease runs out, and then it counts as failed.
            let error = &error as &dyn std::error::Error;
            tracing::error!(error, "what came of an attempt is not on record");
        }
    }

    async fn attempt(&self, job: &ClaimedJob, cut_off: impl Future<Output = ()>) -> Result<()> {
        if job.attempt > 1 {
            return self.record(job, Err(lost("the server that made the attempt let its lease run out"))).await;
        }
        let task = match self.task(job).await {
            Ok(Some(task)) => task,
            Ok(None) => return Ok(self.jobs.settle(job, None).await?),
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "what is to be done could not be read");
                return Ok(self.jobs.settle(job, Some(self.clock.now() + RETRY)).await?);
            }
        };
        let now = self.clock.now();
        if let Some(target) = &task.target
            && let Err(until) = self.breakers.ask(target, now)
        {
            tracing::info!(target, %until, step = %task.step, "put off: the target failed several times in a row");
            return Ok(self.jobs.settle(job, Some(until)).await?);
        }
        let outcome = tokio::select! {
            outcome = self.call(&task, job) => outcome,
            () = self.keep(job) => {
                tracing::warn!(step = %task.step, "the lease was lost; the attempt is dropped");
                return Ok(());
            }
            () = cut_off => Err(lost("the server stopped before the attempt was over")),
        };
        self.record(job, outcome).await
    }

    /// What the job is to do, as its request has it; `None` when it does not wait for it any more.
    async fn task(&self, job: &ClaimedJob) -> Result<Option<Task>, StoreError> {
        let scope = Scope::system(job.organization);
        let Some(loaded) = self.requests.committer.load(scope, job.request).await? else { return Ok(None) };
        let state = loaded.state;
        let open = state.open.get(&step_of(job));
        let open = open.filter(|open| open.failure.is_none() && matches!(open.work, Work::Job(_)));
        let Some(open) = open.filter(|_| state.lifecycle == Lifecycle::InProgress) else { return Ok(None) };
        let version = self.requests.catalogue.of_request(&scope, state.workflow_version).await?;
        let step = version.graph.find(&open.step).map(|ix| version.graph.step(ix));
        let Some(action) = step.and_then(|step| step.job()?.action.clone()) else { return Ok(None) };
        let call = open.input.as_ref().and_then(|input| ActionCall::read(&action, input));
        let call = call.ok_or_else(|| StoreError::Failed(format!("{} has no call", open.step).into()))?;
        Ok(Some(Task { step: open.step.clone(), action, call, target: target(open) }))
    }

    async fn call(&self, task: &Task, job: &ClaimedJob) -> Outcome {
        let key = job.id.uuid().to_string();
        let outcome = match (&task.action, &task.call) {
            (Action::Http(action), ActionCall::Http(call)) => {
                let limit = Duration::from_secs(action.timeout.seconds().unsigned_abs());
                let answer = within(limit, self.http.send(call, &key)).await;
                answer.map_err(|error| of_error(&error)).and_then(|answer| of_answer(action, &answer, self.clock.now()))
            }
            (_, ActionCall::Email(mail)) => within(MAIL_TIMEOUT, self.mailer.send(mail, &key))
                .await
                .map(|id| JsonMap::from_iter([("messageId".to_owned(), id.into())]))
                .map_err(|error| of_error(&error)),
            (Action::Email(_), ActionCall::Http(_)) => Err(lost("the step was given something else to do")),
        };
        if let Some(target) = &task.target {
            match &outcome {
                Err(failure) if failure.is_transient => {
                    if self.breakers.failed(target, self.clock.now()) {
                        tracing::warn!(target, "failed several times in a row; nothing is sent to it for a while");
                    }
                }
                Ok(_) | Err(_) => self.breakers.succeeded(target),
            }
        }
        outcome
    }

    /// Keeps the claim, and ends when it was lost.
    async fn keep(&self, job: &ClaimedJob) {
        loop {
            sleep(HEARTBEAT).await;
            let until = self.clock.now() + LEASE;
            match self.jobs.extend(job.organization, JobKind::Action, job.lease(), until).await {
                Ok(true) => {}
                Ok(false) => return,
                // The fence decides in the end.
                Err(error) => {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "the lease of an attempt was not extended"
                    );
                }
            }
        }
    }

    /// Records under the claim what came of the attempt; when the claim was lost, nothing. The effect is there
    /// already, so this is tried for a while.
    async fn record(&self, job: &ClaimedJob, outcome: Outcome) -> Result<()> {
        let step = step_of(job);
        let command = match outcome {
            Ok(result) => Command::CompleteAction { step, result },
            Err(failure) => Command::FailAction { step, failure },
        };
        let acting = Acting::Worker { scope: Scope::system(job.organization), lease: Some(job.lease()) };
        let mut pauses = RECORD_AGAIN.iter();
        loop {
            match self.requests.execute(acting, job.request, &command, None).await {
                Ok(_) => return Ok(()),
                Err(error) if may_pass(&error) => match pauses.next() {
                    Some(pause) => sleep(*pause).await,
                    None => return Err(error),
                },
                // The request does not wait for it any more.
                Err(Error::Refused(_)) => return Ok(self.jobs.settle(job, None).await?),
                Err(error) => return Err(error),
            }
        }
    }
}

async fn within<T>(limit: Duration, call: impl Future<Output = Result<T, CallError>>) -> Result<T, CallError> {
    timeout(limit, call).await.unwrap_or(Err(CallError::TimedOut(limit)))
}

fn step_of(job: &ClaimedJob) -> RequestStepId {
    RequestStepId::from_uuid(job.id.uuid())
}

/// Whether the same may be recorded a little later.
fn may_pass(error: &Error) -> bool {
    match error {
        Error::Refused(refused) => matches!(**refused, Refused::Contended | Refused::Request(Refusal::StillOverdue)),
        Error::Store(_) => true,
    }
}

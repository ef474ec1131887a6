//! Calls: the requests that CALL steps start, wait for and end with. A job of the kind CALL says that
//! something may have to be done about one execution of such a step; what, is read from the two requests.
//! Each thing is done under the job's claim and has no effect when done again, and whatever changes what is
//! to be done puts the job anew (see `expectations`): so it does not matter where a server dies or how
//! many of them race.

use std::sync::Arc;

use nexusflow_domain::Timestamp;
use nexusflow_domain::ids::{RequestId, RequestStepId};
use nexusflow_domain::request::{
    CALL_CANCELLED, CALL_REFUSED, CallEnd, Command, Lifecycle, Parent, RequestState, StartRequest,
};
use nexusflow_domain::workflow::{CallStep, CalledVersion, StepKind};

use crate::access::Scope;
use crate::application::Ports;
use crate::platform::Clock;
use crate::request::execution::Acting;
use crate::request::timers::{LEASE, RETRY};
use crate::request::{ClaimedJob, JobKind, JobStore, RequestService};
use crate::{Error, Refused, Result, StoreError};

/// Starts called requests, tells their callers how they ended, and cancels them with their callers.
pub struct CallService {
    jobs: Arc<dyn JobStore>,
    requests: Arc<RequestService>,
    clock: Arc<dyn Clock>,
}

/// One execution of a CALL step, and the claim under which something is done about it.
struct Errand<'a> {
    acting: Acting<'a>,
    scope: Scope,
    caller: RequestId,
    step: RequestStepId,
    child: RequestId,
}

impl CallService {
    pub(crate) fn new(ports: &Ports, requests: Arc<RequestService>) -> Self {
        Self { jobs: ports.jobs.clone(), requests, clock: ports.clock.clone() }
    }

    /// Claims at most `limit` calls and does what is to be done about them; returns how many were claimed.
    /// One that fails is tried again later and does not keep the others.
    #[tracing::instrument(skip_all)]
    pub async fn carry_out(&self, limit: u32) -> Result<usize, StoreError> {
        let now = self.clock.now();
        let claimed = self.jobs.claim(JobKind::Call, now, now + LEASE, limit).await?;
        for job in &claimed {
            let again = match self.look_after(job).await {
                Ok(()) => None,
                // Something changed meanwhile: look again.
                Err(Error::Refused(_)) => Some(self.clock.now() + RETRY),
                Err(error) => {
                    let error = &error as &dyn std::error::Error;
                    tracing::error!(request = %job.request, step = %job.id, error, "call failed");
                    Some(self.clock.now() + RETRY)
                }
            };
            // No effect when the job was put anew, by the errand itself or by somebody else.
            self.jobs.settle(job, again).await?;
        }
        Ok(claimed.len())
    }

    /// When the next call is to be looked after.
    pub async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        self.jobs.next_due(JobKind::Call).await
    }

    async fn look_after(&self, job: &ClaimedJob) -> Result<()> {
        let scope = Scope::system(job.organization);
        let step = RequestStepId::from_uuid(job.id.uuid());
        let caller = self.load(&scope, job.request).await?;
        let waits_for = caller.as_ref().and_then(|caller| caller.calls().get(&step).copied());
        // A step that waits may have been retried: what it waits for now counts.
        let Some(child) = waits_for.or(job.called) else { return Ok(()) };
        let acting = Acting::Worker { scope, lease: Some(job.lease()) };
        let errand = Errand { acting, scope, caller: job.request, step, child };
        match (caller.filter(|_| waits_for.is_some()), self.load(&scope, child).await?) {
            (Some(caller), None) if is_under_way(&caller) => self.start(&errand, &caller).await,
            (Some(caller), Some(state)) if is_under_way(&caller) => self.tell(&errand, &state).await,
            (None, Some(state)) if state.ended_at().is_none() && !is_detached(&state) => self.cancel(&errand).await,
            // A suspended caller is looked after when it is resumed.
            (Some(_) | None, _) => Ok(()),
        }
    }

    /// Starts the called request, and ends a step that does not wait for its end. What cannot be started
    /// is an error that the step throws.
    async fn start(&self, errand: &Errand<'_>, caller: &RequestState) -> Result<()> {
        let started = async {
            let (new, detached) = self.requests.to_call(errand, caller).await?;
            self.requests.execute(errand.acting, errand.child, &Command::Start(new), None).await?;
            Ok(detached)
        };
        match started.await {
            Ok(true) => self.tell_start(errand).await,
            Ok(false) => Ok(()),
            Err(Error::Refused(refused)) if *refused != Refused::Contended => {
                let message = format!("the request could not be started: {refused}");
                self.tell_end(errand, CallEnd::Failed { code: CALL_REFUSED.to_owned(), message }).await
            }
            Err(error) => Err(error),
        }
    }

    async fn tell(&self, errand: &Errand<'_>, called: &RequestState) -> Result<()> {
        if is_detached(called) {
            return self.tell_start(errand).await;
        }
        let end = match &called.lifecycle {
            Lifecycle::New | Lifecycle::Pending { .. } | Lifecycle::InProgress | Lifecycle::Suspended { .. } => {
                return Ok(());
            }
            Lifecycle::Completed { .. } => CallEnd::Completed { variables: called.variables.clone() },
            Lifecycle::Cancelled { .. } => {
                let message = format!("the called request {} was cancelled", called.id);
                CallEnd::Failed { code: CALL_CANCELLED.to_owned(), message }
            }
            Lifecycle::Failed { reason, .. } => {
                let version = self.requests.catalogue.of_request(&errand.scope, called.workflow_version).await?;
                let code = reason.code(&version.graph).to_owned();
                let message = format!("the called request {} failed with the error {code}", called.id);
                CallEnd::Failed { code, message }
            }
        };
        self.tell_end(errand, end).await
    }

    async fn tell_start(&self, errand: &Errand<'_>) -> Result<()> {
        let command = Command::CallStarted { step: errand.step, child: errand.child };
        self.requests.execute(errand.acting, errand.caller, &command, None).await.map(drop)
    }

    async fn tell_end(&self, errand: &Errand<'_>, end: CallEnd) -> Result<()> {
        let command = Command::CallEnded { step: errand.step, child: errand.child, end };
        self.requests.execute(errand.acting, errand.caller, &command, None).await.map(drop)
    }

    async fn cancel(&self, errand: &Errand<'_>) -> Result<()> {
        let command = Command::Cancel { reason: Some(format!("the request {} waits for it no more", errand.caller)) };
        self.requests.execute(errand.acting, errand.child, &command, None).await.map(drop)
    }

    async fn load(&self, scope: &Scope, request: RequestId) -> Result<Option<RequestState>, StoreError> {
        Ok(self.requests.store.load(&[(*scope, request)]).await?.pop().map(|loaded| loaded.state))
    }
}

impl RequestService {
    /// The request that a step calls, and whether the step does not wait for its end.
    async fn to_call(&self, errand: &Errand<'_>, caller: &RequestState) -> Result<(StartRequest, bool)> {
        let &Errand { ref scope, step, child, .. } = errand;
        let version = self.catalogue.of_request(scope, caller.workflow_version).await?;
        let not_found = || Refused::NotFound { kind: "open call", id: step.to_string() };
        let open = caller.open.get(&step).ok_or_else(not_found)?;
        let found = version.graph.find(&open.step).map(|ix| &version.graph.step(ix).kind);
        let Some(StepKind::Call(CallStep { workflow, version, detached })) = found else {
            return Err(not_found().into());
        };
        let (workflow, active) = self.open_workflow(scope, *workflow).await?;
        let workflow_version = match *version {
            CalledVersion::Latest => active,
            CalledVersion::Pinned(number) => {
                let pinned = self.workflows.published_version(scope, workflow.id, number).await?;
                pinned.ok_or_else(|| Refused::NotFound { kind: "published version", id: number.to_string() })?
            }
        };
        let depth = caller.parent.map_or(0, |parent| parent.depth) + 1;
        let start = StartRequest {
            id: child,
            organization: caller.organization,
            workflow: workflow.id,
            workflow_version,
            requester: caller.requester,
            parent: Some(Parent { request: caller.id, step, depth, detached: *detached }),
            title: workflow.name,
            reference: None,
            priority: caller.priority,
            variables: open.input.clone().unwrap_or_else(|| caller.variables.clone()),
            starts_at: None,
            due_at: None,
        };
        Ok((start, *detached))
    }
}

fn is_under_way(caller: &RequestState) -> bool {
    caller.lifecycle == Lifecycle::InProgress
}

fn is_detached(called: &RequestState) -> bool {
    called.parent.is_some_and(|parent| parent.detached)
}

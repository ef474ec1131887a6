use crate::ids::RequestStepId;
use crate::request::policy::{Asking, may_act};
use crate::request::readiness::{Blocked, blocked};
use crate::request::run::{Completion, Decider, Run, check_size};
use crate::request::{
    Command, Context, DeadlineClock, Lifecycle, Refusal, RequestEvent, RequestState, RequestStatus, StartRequest,
};
use crate::workflow::{Graph, MAX_CALL_DEPTH};

/// What a command leads to.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// What happens; nothing when nothing changes.
    pub events: Vec<RequestEvent>,
    /// What the events make of the state.
    pub state: RequestState,
}

/// What a command leads to, or why it is refused. Pure: the same arguments give the same answer.
/// What is due by now happens first, whatever the command. No event means that nothing changes.
pub fn decide(
    graph: &Graph,
    state: RequestState,
    command: &Command,
    context: &mut Context<'_>,
) -> Result<Decision, Refusal> {
    let now = context.now;
    let mut run = Run { graph, state, events: Vec::new(), now, starts: 0, context };
    run.fire_due()?;
    if run.is_overdue() && !matches!(command, Command::FireTimers | Command::Cancel { .. }) {
        return Err(Refusal::StillOverdue);
    }
    match command {
        Command::Start(start) => run.start(start)?,
        Command::FireTimers => run.recount(),
        Command::Claim { step } => run.claim(*step)?,
        Command::Release { step, forced } => run.release(*step, *forced)?,
        Command::Complete { step, outcome, comment, variables } => {
            run.expect_in_progress()?;
            let by = Some(run.check_actor(*step)?);
            run.check_ready(*step)?;
            let (outcome, comment, variables) = (Some(outcome.clone()), comment.clone(), variables.clone());
            run.decide_step(*step, Completion { outcome, by, comment, variables })?;
        }
        Command::Deliver { to, message, payload } => run.deliver(to, *message, payload.clone())?,
        Command::CallWebhook { step, payload } => run.call_webhook(*step, payload.clone())?,
        Command::CompleteJob { step, outcome, result } => run.complete_job(*step, outcome.clone(), result.clone())?,
        Command::FailJob { step, failure } => run.fail_job(*step, failure.clone())?,
        Command::CompleteAction { step, result } => run.complete_action(*step, result.clone())?,
        Command::FailAction { step, failure } => run.fail_action(*step, failure.clone())?,
        Command::CallStarted { step, child } => run.call_started(*step, *child)?,
        Command::CallEnded { step, child, end } => run.call_ended(*step, *child, end.clone())?,
        Command::AddInstance { step, item } => run.add_instance(*step, item.clone())?,
        Command::CloseInstances { step, reason } => run.close_instances(*step, reason.clone())?,
        Command::Skip { step, outcome, reason } => run.skip(*step, outcome.clone(), reason.clone())?,
        Command::Retry { step } => run.retry(*step)?,
        Command::CancelStep { step, reason } => run.cancel_step(*step, reason.clone())?,
        Command::CancelScope { scope, reason } => run.cancel_scope(scope, reason.clone())?,
        Command::Jump { cancel, to, reason } => run.jump(cancel, to, reason.clone())?,
        Command::Suspend { reason, clock } => run.suspend(reason.clone(), *clock)?,
        Command::Resume => run.resume()?,
        Command::Cancel { reason } => run.cancel(reason.clone())?,
    }
    Ok(Decision { events: run.events, state: run.state })
}

impl Run<'_, '_> {
    fn start(&mut self, start: &StartRequest) -> Result<(), Refusal> {
        if self.state.lifecycle != Lifecycle::New {
            return Err(self.wrong_status("a request that does not exist yet"));
        }
        if let Some(parent) = start.parent.filter(|parent| parent.depth > MAX_CALL_DEPTH) {
            return Err(Refusal::CallTooDeep { depth: parent.depth, limit: MAX_CALL_DEPTH });
        }
        let mut variables = start.variables.clone();
        variables.retain(|_, value| !value.is_null());
        check_size(&variables)?;
        let problems = self.graph.input_schema().map(|schema| schema.check(&variables)).unwrap_or_default();
        if !problems.is_empty() {
            return Err(Refusal::InvalidVariables { problems });
        }
        let now = self.now;
        let starts_at = start.starts_at.map_or(now, |at| at.max(now));
        self.emit(RequestEvent::RequestCreated {
            id: start.id,
            organization: start.organization,
            workflow: start.workflow,
            workflow_version: start.workflow_version,
            requester: start.requester,
            parent: start.parent,
            title: start.title.clone(),
            reference: start.reference.clone(),
            priority: start.priority,
            variables,
            starts_at,
            due_at: start.due_at,
        });
        if starts_at <= now { self.begin() } else { self.rehearse() }
    }

    /// Refuses now what would be refused at the start: the variables cannot change before it, and
    /// whatever is due comes before every other command, even before a cancellation.
    fn rehearse(&mut self) -> Result<(), Refusal> {
        let (state, events) = (self.state.clone(), self.events.len());
        let begun = self.begin();
        self.state = state;
        self.events.truncate(events);
        begun
    }

    fn claim(&mut self, step: RequestStepId) -> Result<(), Refusal> {
        self.expect_in_progress()?;
        let Decider { user: by, on_behalf_of } = self.check_actor(step)?;
        self.check_ready(step)?;
        if self.quorum_of(step).is_some() {
            let (ix, _) = self.opened(step)?;
            return Err(Refusal::NotClaimable { step: self.graph.step(ix).key.clone() });
        }
        let open = self.state.open.get(&step).ok_or(Refusal::StepNotOpen { step })?;
        if (open.claimed_by(), open.claimed_on_behalf_of()) != (Some(by), on_behalf_of) {
            self.emit(RequestEvent::StepClaimed { id: step, by, on_behalf_of });
        }
        Ok(())
    }

    fn release(&mut self, step: RequestStepId, forced: bool) -> Result<(), Refusal> {
        self.expect_in_progress()?;
        let open = self.state.open.get(&step).ok_or(Refusal::StepNotOpen { step })?;
        let claimed_by = open.claimed_by();
        if !forced && !self.context.actor().user().is_some_and(|user| open.is_claim_of(user)) {
            self.check_actor(step)?;
        }
        let by = claimed_by.ok_or(Refusal::NotClaimed { step })?;
        self.emit(RequestEvent::StepReleased { id: step, by });
        Ok(())
    }

    fn suspend(&mut self, reason: Option<String>, clock: DeadlineClock) -> Result<(), Refusal> {
        self.expect_in_progress()?;
        let at = self.now;
        self.emit(RequestEvent::RequestSuspended { at, reason, clock });
        Ok(())
    }

    fn resume(&mut self) -> Result<(), Refusal> {
        let Lifecycle::Suspended { since, clock } = self.state.lifecycle else {
            return Err(self.wrong_status("SUSPENDED"));
        };
        let moved_by = match clock {
            DeadlineClock::Stopped => (self.now - since).num_microseconds().unwrap_or(i64::MAX).max(0),
            DeadlineClock::Running => 0,
        };
        self.emit(RequestEvent::RequestResumed { moved_by });
        self.fire_due()?;
        self.recount();
        Ok(())
    }

    fn cancel(&mut self, reason: Option<String>) -> Result<(), Refusal> {
        let status = self.state.status();
        if status.is_final() || self.state.lifecycle == Lifecycle::New {
            return Err(self.wrong_status("PENDING, IN_PROGRESS or SUSPENDED"));
        }
        let at = self.now;
        self.end(RequestEvent::RequestCancelled { at, reason });
        Ok(())
    }

    /// Who acts on the step, and for whom, if he may; NexusFlow itself never claims or decides.
    fn check_actor(&self, step: RequestStepId) -> Result<Decider, Refusal> {
        let open = self.state.open.get(&step).ok_or(Refusal::StepNotOpen { step })?;
        if open.candidate().is_none() {
            return Err(Refusal::NotAwaited { step: open.step.clone(), offered: "a person's decision" });
        }
        let principal = self.context.principal.ok_or(Refusal::StepNotOpen { step })?;
        let asking = Asking { principal, now: self.context.now, on_behalf_of: self.context.on_behalf_of };
        let on_behalf_of = may_act(self.graph, &self.state, open, &asking)?;
        Ok(Decider { user: principal.user, on_behalf_of })
    }

    /// Whether the step may be worked as the request stands: its milestone holds, and nobody works
    /// another step with its mutex.
    fn check_ready(&self, id: RequestStepId) -> Result<(), Refusal> {
        let open = self.state.open.get(&id).ok_or(Refusal::StepNotOpen { step: id })?;
        let step = open.step.clone();
        match blocked(self.graph, &self.state, id, open) {
            None => Ok(()),
            Some(Blocked::Milestone(after)) => Err(Refusal::NotEnabled { step, after: after.clone() }),
            Some(Blocked::Mutex(by)) => Err(Refusal::MutexTaken { step, by: by.clone() }),
        }
    }

    pub(super) fn expect_in_progress(&self) -> Result<(), Refusal> {
        match self.state.status() {
            RequestStatus::InProgress => Ok(()),
            RequestStatus::Pending
            | RequestStatus::Suspended
            | RequestStatus::Completed
            | RequestStatus::Failed
            | RequestStatus::Cancelled => Err(self.wrong_status("IN_PROGRESS")),
        }
    }

    fn wrong_status(&self, expected: &'static str) -> Refusal {
        Refusal::WrongStatus { status: self.state.status(), expected }
    }
}

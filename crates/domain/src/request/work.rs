//! What workers and called requests bring back, and the errors that they end with.

use crate::JsonMap;
use crate::duration::{Duration, moved};
use crate::ids::{RequestId, RequestStepId};
use crate::request::boundary::Thrown;
use crate::request::run::{Completion, Decider, Run};
use crate::request::{CallEnd, FailureReason, JobFailure, Refusal, RequestEvent, Work};
use crate::workflow::{Entry, Outcome, StepKind};

impl Run<'_, '_> {
    pub fn complete_job(
        &mut self,
        id: RequestStepId,
        outcome: Option<Outcome>,
        result: JsonMap,
    ) -> Result<(), Refusal> {
        self.expect_in_progress()?;
        self.expect_job(id)?;
        let (ix, _) = self.opened(id)?;
        let step = self.graph.step(ix);
        let job = step.job().ok_or(Refusal::StepNotOpen { step: id })?;
        let problems = job.result_schema.as_ref().map(|schema| schema.check(&result)).unwrap_or_default();
        if !problems.is_empty() {
            return Err(Refusal::InvalidResult { step: step.key.clone(), problems });
        }
        let outcome = self.chosen(ix, outcome)?;
        let by = self.context.actor().user().map(|user| Decider { user, on_behalf_of: None });
        self.complete(id, Completion { outcome, by, comment: None, variables: result })
    }

    pub fn fail_job(&mut self, id: RequestStepId, failure: JobFailure) -> Result<(), Refusal> {
        self.expect_in_progress()?;
        let failed = self.expect_job(id)? + 1;
        let (ix, _) = self.opened(id)?;
        let step = self.graph.step(ix);
        let job = step.job().ok_or(Refusal::StepNotOpen { step: id })?;
        let JobFailure { code, message, is_final, retry_after } = failure;
        let again = !is_final && code.as_deref().is_none_or(|code| job.retry.names(code) == Some(true));
        let usual = job.retry.after(failed, id.uuid().as_u128()).filter(|_| again);
        let pause = usual.map(|usual| retry_after.map_or(usual, Duration::as_delta));
        let key = step.key.clone();
        let error = code.as_ref().map_or_else(|| message.clone(), |code| format!("{code}: {message}"));
        match (pause, code) {
            (Some(pause), _) => {
                let run_at = moved(self.now, pause);
                self.emit(RequestEvent::AttemptFailed { id, step: key, error, run_at });
            }
            (None, Some(code)) => self.throw_or_fail(id, code, &message, error),
            (None, None) => self.emit(RequestEvent::StepFailed { id, step: key, error }),
        }
        Ok(())
    }

    /// A request that is called has started. No effect on a step that waits for its end, or not for this
    /// request: this may be told more than once.
    pub fn call_started(&mut self, id: RequestStepId, child: RequestId) -> Result<(), Refusal> {
        if self.state.calls().get(&id) != Some(&child) {
            return Ok(());
        }
        let (ix, _) = self.opened(id)?;
        match &self.graph.step(ix).kind {
            StepKind::Call(call) if call.detached => {
                self.call_ended(id, child, CallEnd::Completed { variables: JsonMap::new() })
            }
            _ => Ok(()),
        }
    }

    /// A request that is called has ended. No effect on a step that does not wait for this request (any
    /// more): this may be told more than once.
    pub fn call_ended(&mut self, id: RequestStepId, child: RequestId, end: CallEnd) -> Result<(), Refusal> {
        if self.state.calls().get(&id) != Some(&child) {
            return Ok(());
        }
        self.expect_in_progress()?;
        match end {
            CallEnd::Completed { variables } => {
                self.or_fail(id, |run| run.complete(id, Completion { variables, ..Completion::default() }));
            }
            CallEnd::Failed { code, message } => self.throw_or_fail(id, code, &message.clone(), message),
        }
        Ok(())
    }

    /// Does something to an open step that nobody waits for an answer of; where it is refused, the step
    /// fails instead and an operator may retry it.
    pub fn or_fail(&mut self, id: RequestStepId, act: impl FnOnce(&mut Self) -> Result<(), Refusal>) {
        let (state, events) = (self.state.clone(), self.events.len());
        if let Err(refusal) = act(self) {
            self.state = state;
            self.events.truncate(events);
            let step = self.state.open.get(&id).map(|open| open.step.clone());
            if let Some(step) = step {
                self.emit(RequestEvent::StepFailed { id, step, error: refusal.to_string() });
            }
        }
    }

    /// Hands an error of an open step to what catches it. Where nothing does, or what follows is refused, the
    /// step fails: with `uncaught`, or with the refusal.
    pub fn throw_or_fail(&mut self, id: RequestStepId, code: String, message: &str, uncaught: String) {
        self.or_fail(id, |run| {
            let (ix, _) = run.opened(id)?;
            if !run.throw_from(id, code, message)? {
                let step = run.graph.step(ix).key.clone();
                run.emit(RequestEvent::StepFailed { id, step, error: uncaught });
            }
            Ok(())
        });
    }

    /// Hands an error of an open step to what catches it: a boundary event of the step's own, else of the
    /// innermost scope that has one. Whether something does.
    fn throw_from(&mut self, id: RequestStepId, code: String, message: &str) -> Result<bool, Refusal> {
        let (ix, frame) = self.opened(id)?;
        let graph = self.graph;
        let host = self.instance(id).map_or(id, |instance| instance.of);
        if let Some(catcher) = graph.catcher_at(&graph.step(ix).key, &code) {
            let boundary = graph.step(catcher).key.clone();
            self.emit(RequestEvent::BoundaryFired { boundary, host: Some(host) });
            self.withdraw_rivals(host);
            self.cancel_because(id, Some(message.to_owned()));
            self.cancel_open(host);
            self.go_on(Entry::Step(catcher, frame))?;
            return Ok(true);
        }
        if graph.catcher_of(ix, &code).is_none() {
            return Ok(false);
        }
        self.withdraw_rivals(host);
        self.cancel_because(id, Some(message.to_owned()));
        let reason = FailureReason::Deadlock(graph.step(ix).key.clone());
        let Some((catcher, frame)) = self.caught(&Thrown { step: ix, frame, code, reason }) else { return Ok(false) };
        self.go_on(Entry::Step(catcher, frame))?;
        Ok(true)
    }

    /// How many attempts of an open job for workers have failed.
    fn expect_job(&self, id: RequestStepId) -> Result<u32, Refusal> {
        let open = self.state.open.get(&id).ok_or(Refusal::StepNotOpen { step: id })?;
        match &open.work {
            Work::Job(job) if open.failure.is_none() && job.action.is_none() => Ok(job.failed),
            _ => Err(Refusal::NotAwaited { step: open.step.clone(), offered: "a worker's result" }),
        }
    }
}

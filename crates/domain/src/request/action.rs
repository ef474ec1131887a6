//! What NexusFlow's own actions bring back, and the errors that they end with.

use crate::JsonMap;
use crate::duration::moved;
use crate::ids::RequestStepId;
use crate::request::run::{Completion, Run};
use crate::request::{ActionFailure, Refusal, RequestEvent, Work};
use crate::workflow::JobStep;

impl Run<'_, '_> {
    /// Ends a step whose action succeeded; where the workflow cannot go on with what came back, the step fails.
    pub fn complete_action(&mut self, id: RequestStepId, result: JsonMap) -> Result<(), Refusal> {
        self.expect_in_progress()?;
        self.expect_action(id)?;
        self.or_fail(id, |run| {
            let (ix, _) = run.opened(id)?;
            let outcome = run.chosen(ix, None)?;
            run.complete(id, Completion { outcome, variables: result, ..Completion::default() })
        });
        Ok(())
    }

    /// An attempt failed: there is another one, or the error is thrown.
    pub fn fail_action(&mut self, id: RequestStepId, failure: ActionFailure) -> Result<(), Refusal> {
        self.expect_in_progress()?;
        let (job, failed) = self.expect_action(id)?;
        let ActionFailure { code, message, is_transient, retry_after } = failure;
        let again = job.retry.names(&code).unwrap_or(is_transient);
        let usual = job.retry.after(failed + 1, id.uuid().as_u128()).filter(|_| again);
        let most = job.retry.max_delay.as_delta();
        let pause = usual.map(|usual| retry_after.map_or(usual, |told| told.as_delta().min(most)));
        let error = format!("{code}: {message}");
        match (pause, self.state.open.get(&id).map(|open| open.step.clone())) {
            (Some(pause), Some(step)) => {
                let run_at = moved(self.now, pause);
                self.emit(RequestEvent::AttemptFailed { id, step, error, run_at });
            }
            _ => self.throw_or_fail(id, code, &message, error),
        }
        Ok(())
    }
}

impl<'a> Run<'a, '_> {
    /// An open step whose action is to be done, and how many attempts have failed.
    fn expect_action(&self, id: RequestStepId) -> Result<(&'a JobStep, u32), Refusal> {
        let open = self.state.open.get(&id).ok_or(Refusal::StepNotOpen { step: id })?;
        let (ix, _) = self.opened(id)?;
        match (&open.work, self.graph.step(ix).job()) {
            (Work::Job(work), Some(job)) if work.action.is_some() && open.failure.is_none() => Ok((job, work.failed)),
            _ => Err(Refusal::NotAwaited { step: open.step.clone(), offered: "the result of an action" }),
        }
    }
}

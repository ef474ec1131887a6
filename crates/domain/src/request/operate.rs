//! What operators do to a request that does not go on as drawn. Each is refused unless the request is
//! in progress; who may do it is decided before.

use crate::ids::RequestStepId;
use crate::request::route::route;
use crate::request::run::Run;
use crate::request::{Refusal, RequestEvent, Work};
use crate::workflow::{Entry, FrameId, Outcome, StepIx, StepKey, StepKind};

impl Run<'_, '_> {
    pub fn skip(&mut self, id: RequestStepId, outcome: Option<Outcome>, reason: String) -> Result<(), Refusal> {
        self.expect_in_progress()?;
        let (ix, frame) = self.opened(id)?;
        let step = self.graph.step(ix);
        if step.required {
            return Err(Refusal::StepRequired { step: step.key.clone() });
        }
        let outcome = self.chosen(ix, outcome)?;
        if let Some(instance) = self.instance(id) {
            let (step, produced, opened) = (step.key.clone(), Vec::new(), None);
            self.emit(RequestEvent::StepSkipped { id, step, outcome, reason, produced, opened });
            return self.after_instance(instance.of);
        }
        let transitions = route(self.graph, ix, outcome.as_ref(), &self.state.variables)?;
        self.withdraw_rivals(id);
        self.withdraw_instances(id);
        let made = self.made(ix, frame, &transitions);
        let (produced, opened) = (made.tokens.clone(), made.opened);
        self.emit(RequestEvent::StepSkipped { id, step: step.key.clone(), outcome, reason, produced, opened });
        self.go_on(Entry::Tokens(&made.tokens))
    }

    pub fn retry(&mut self, id: RequestStepId) -> Result<(), Refusal> {
        self.expect_in_progress()?;
        let (ix, _) = self.opened(id)?;
        let open = self.state.open.get(&id).ok_or(Refusal::StepNotOpen { step: id })?;
        if open.failure.is_none() {
            return Err(Refusal::NotFailed { step: id });
        }
        let step = open.step.clone();
        // A job and a call begin anew; what else waits, waits on.
        let work = match open.work {
            Work::Job(_) | Work::Call { .. } => self.work(ix)?,
            Work::Human { .. } | Work::Timer { .. } | Work::Message(_) | Work::Webhook | Work::Multi(_) => None,
        };
        self.emit(RequestEvent::StepRetried { id, step, work });
        if self.state.open.get(&id).and_then(|open| open.fires_at()).is_some_and(|at| at <= self.now) {
            self.wait_is_over(id);
        }
        Ok(())
    }

    pub fn cancel_step(&mut self, id: RequestStepId, reason: String) -> Result<(), Refusal> {
        self.expect_in_progress()?;
        self.opened(id)?;
        let instance = self.instance(id);
        self.withdraw_rivals(id);
        self.cancel_because(id, Some(reason));
        match instance {
            Some(instance) => self.after_instance(instance.of),
            None => self.look_again(),
        }
    }

    pub fn cancel_scope(&mut self, scope: &StepKey, reason: String) -> Result<(), Refusal> {
        self.expect_in_progress()?;
        if !self.graph.scopes().any(|found| found.key == *scope) {
            return Err(Refusal::UnknownKey { key: scope.clone(), expected: "scope" });
        }
        self.emit(RequestEvent::ScopeCancelled { scope: scope.clone(), reason });
        self.withdraw_scope(scope);
        self.look_again()
    }

    pub fn jump(&mut self, cancel: &[RequestStepId], to: &StepKey, reason: String) -> Result<(), Refusal> {
        self.expect_in_progress()?;
        let unknown = || Refusal::UnknownKey { key: to.clone(), expected: "step that can be started," };
        let ix = self.graph.find(to).ok_or_else(unknown)?;
        if matches!(self.graph.step(ix).kind, StepKind::Start | StepKind::Boundary(_)) {
            return Err(unknown());
        }
        let frames: Vec<FrameId> =
            cancel.iter().map(|&id| self.opened(id).map(|(_, frame)| frame)).collect::<Result<_, _>>()?;
        let frame = self.state.frames.common(frames);
        self.emit(RequestEvent::Jumped { to: to.clone(), reason });
        for &id in cancel {
            self.withdraw_rivals(id);
            self.cancel_open(id);
        }
        let position = self.state.position(self.graph);
        let rival = self.graph.scopes_around(ix).find_map(|scope| position.rival_of(self.graph, scope));
        if let Some(rival) = rival {
            return Err(Refusal::MutexTaken { step: to.clone(), by: rival.key.clone() });
        }
        self.go_on(Entry::Step(ix, frame))
    }

    /// Lets tokens that rested go on where what they waited for is gone.
    fn look_again(&mut self) -> Result<(), Refusal> {
        let tokens: Vec<_> = self.state.position(self.graph).tokens().collect();
        self.go_on(Entry::Tokens(&tokens))
    }

    /// The outcome that is meant: the one named, or the only one there is.
    pub fn chosen(&self, ix: StepIx, outcome: Option<Outcome>) -> Result<Option<Outcome>, Refusal> {
        let (step, expected) = (&self.graph.step(ix).key, self.graph.step(ix).outcomes());
        match (outcome, expected) {
            (Some(outcome), _) if expected.contains(&outcome) => Ok(Some(outcome)),
            (Some(outcome), _) => {
                Err(Refusal::UnknownOutcome { step: step.clone(), outcome, expected: expected.to_vec() })
            }
            (None, []) => Ok(None),
            (None, [only]) => Ok(Some(only.clone())),
            (None, _) => Err(Refusal::OutcomeNeeded { step: step.clone(), expected: expected.to_vec() }),
        }
    }
}

//! A decision in the making: the events so far and the state they lead to.

use crate::duration::moved;
use crate::ids::{RequestStepId, UserId};
use crate::request::evolve::{evolve, set_variables};
use crate::request::{Context, FailureReason, Pursuit, Refusal, RequestEvent, RequestState};
use crate::workflow::{
    AdvanceError, EndKind, EscalationRung, Graph, MAX_MOVES, Move, Outcome, Split, StepIx, StepKey, TransitionIx,
    advance,
};
use crate::{JsonMap, Timestamp};

/// The most bytes of JSON that a request's variables may take; larger data belongs elsewhere.
pub(super) const MAX_VARIABLES: usize = 256 * 1024;

pub(super) struct Run<'a, 'c> {
    pub graph: &'a Graph,
    pub state: RequestState,
    pub events: Vec<RequestEvent>,
    pub context: &'a mut Context<'c>,
}

/// What ends a step.
pub(super) struct Completion {
    pub outcome: Outcome,
    pub by: Option<UserId>,
    pub comment: Option<String>,
    pub variables: JsonMap,
}

impl Run<'_, '_> {
    pub fn emit(&mut self, event: RequestEvent) {
        let state = std::mem::replace(&mut self.state, RequestState::blank());
        self.state = evolve(state, &event);
        self.events.push(event);
    }

    /// Begins to run: the start step and whatever it sets in motion.
    pub fn begin(&mut self) -> Result<(), Refusal> {
        let now = self.context.now;
        let due_at = self.state.due_at.or_else(|| self.graph.sla().map(|sla| moved(now, sla.due_in.as_delta())));
        let pursuit = first_rung(&self.graph.request_ladder(), due_at);
        self.emit(RequestEvent::RequestStarted { at: now, due_at, pursuit });
        let start = self.graph.start();
        let produced = route(self.graph, start, None, &self.state.variables)?;
        self.emit_routed(start, Vec::new(), produced.clone());
        self.advance(&produced)
    }

    /// Ends an open human step and plays on.
    pub fn complete(&mut self, id: RequestStepId, completion: Completion) -> Result<(), Refusal> {
        let open = self.state.open.get(&id).ok_or(Refusal::StepNotOpen { step: id })?;
        let key = open.step.clone();
        let ix = self.graph.find(&key).ok_or(Refusal::StepNotOpen { step: id })?;
        let expected = self.graph.step(ix).human().map(|human| human.outcomes.clone()).unwrap_or_default();
        let Completion { outcome, by, comment, variables } = completion;
        if !expected.contains(&outcome) {
            return Err(Refusal::UnknownOutcome { step: key, outcome, expected });
        }
        let mut merged = self.state.variables.clone();
        set_variables(&mut merged, &variables);
        check_size(&merged)?;
        let produced = route(self.graph, ix, Some(&outcome), &merged)?;
        let completed =
            RequestEvent::StepCompleted { id, step: key, outcome, by, comment, variables, produced: produced.clone() };
        self.emit(completed);
        self.advance(&produced)
    }

    /// Cancels what is open and ends with `event`.
    pub fn end(&mut self, event: RequestEvent) {
        let open = self.state.open.iter().map(|(&id, open)| (id, open.step.clone()));
        let awaited = self.state.awaited.iter().map(|(step, &id)| (id, step.clone()));
        let left: Vec<_> = open.chain(awaited).collect();
        for (id, step) in left {
            self.emit(RequestEvent::StepCancelled { id, step });
        }
        self.emit(event);
    }

    fn advance(&mut self, produced: &[TransitionIx]) -> Result<(), Refusal> {
        let mut marking = self.state.marking.clone();
        let (graph, variables) = (self.graph, &self.state.variables);
        let moves = advance(graph, &mut marking, produced, MAX_MOVES, &mut |ix| route(graph, ix, None, variables))
            .map_err(|error| match error {
                AdvanceError::Endless { step } => Refusal::EndlessCycle { step: graph.step(step).key.clone() },
                AdvanceError::Choice(refusal) => refusal,
            })?;
        let at = self.context.now;
        for next in moves {
            match next {
                Move::Activate { step, consumed } => self.emit_activated(step, consumed),
                Move::Route { step, consumed, produced } => self.emit_routed(step, consumed, produced),
                Move::Await { step } => {
                    let (id, step) = (self.next_id(), graph.step(step).key.clone());
                    self.emit(RequestEvent::StepAwaited { id, step });
                }
                Move::End { step, consumed, kind } => {
                    self.emit_routed(step, consumed, Vec::new());
                    match kind {
                        EndKind::Normal => {}
                        EndKind::Terminate => self.end(RequestEvent::RequestCompleted { at }),
                        EndKind::Error => {
                            let reason = FailureReason::ErrorEnd(graph.step(step).key.clone());
                            self.end(RequestEvent::RequestFailed { at, reason });
                        }
                    }
                }
            }
        }
        if self.state.ended_at().is_none() && self.state.open.is_empty() {
            self.settle(at);
        }
        Ok(())
    }

    /// Nothing is open any more: either every branch ended, or a join waits in vain.
    fn settle(&mut self, at: Timestamp) {
        let stranded = self.state.marking.marked().next().map(|(t, _)| self.graph.transition(t).to);
        match stranded {
            None => self.end(RequestEvent::RequestCompleted { at }),
            Some(step) => {
                let reason = FailureReason::Deadlock(self.graph.step(step).key.clone());
                self.end(RequestEvent::RequestFailed { at, reason });
            }
        }
    }

    fn emit_routed(&mut self, ix: StepIx, consumed: Vec<TransitionIx>, produced: Vec<TransitionIx>) {
        let step = self.graph.step(ix).key.clone();
        let (id, attempt) = self.execution(&step);
        self.emit(RequestEvent::StepRouted { id, step, attempt, consumed, produced });
    }

    fn emit_activated(&mut self, ix: StepIx, consumed: Vec<TransitionIx>) {
        let Some(human) = self.graph.step(ix).human() else { return };
        let step = self.graph.step(ix).key.clone();
        let at = self.context.now;
        let due_at = human.sla.as_ref().map(|sla| moved(at, sla.due_in.as_delta()));
        let pursuit = first_rung(&self.graph.step_ladder(&step), due_at);
        let candidate = human.candidate;
        let (id, attempt) = self.execution(&step);
        self.emit(RequestEvent::StepActivated { id, step, attempt, consumed, candidate, at, due_at, pursuit });
    }

    /// The id and number of the execution that begins: the one that waited at the join, or a new one.
    fn execution(&mut self, step: &StepKey) -> (RequestStepId, u32) {
        let attempt = self.state.attempts.get(step).copied().unwrap_or(0) + 1;
        let id = self.state.awaited.get(step).copied().unwrap_or_else(|| self.next_id());
        (id, attempt)
    }

    fn next_id(&mut self) -> RequestStepId {
        RequestStepId::from_uuid(self.context.ids.next_id())
    }
}

/// Which transitions a finished step takes on these variables.
fn route(
    graph: &Graph,
    ix: StepIx,
    outcome: Option<&Outcome>,
    variables: &JsonMap,
) -> Result<Vec<TransitionIx>, Refusal> {
    let step = graph.step(ix);
    let mut candidates = graph.of_outcome(ix, outcome);
    if step.split == Split::All {
        return Ok(candidates.map(|(t, _)| t).collect());
    }
    let mut default = None;
    let chosen = candidates.try_fold((), |(), (t, transition)| {
        if transition.is_default {
            default = Some(t);
            return Ok(());
        }
        match transition.condition.as_ref().map_or(Ok(true), |condition| condition.holds(variables)) {
            Ok(false) => Ok(()),
            Ok(true) => Err(Ok(t)),
            Err(mismatch) => Err(Err(Refusal::VariableType { step: step.key.clone(), mismatch })),
        }
    });
    match chosen {
        Err(Ok(t)) => Ok(vec![t]),
        Err(Err(refusal)) => Err(refusal),
        Ok(()) => default.map(|t| vec![t]).ok_or_else(|| Refusal::NoTransition { step: step.key.clone() }),
    }
}

/// The beginning of a ladder for a deadline.
fn first_rung(ladder: &[EscalationRung], due_at: Option<Timestamp>) -> Option<Pursuit> {
    rung(ladder, 0, due_at?)
}

/// A rung of a ladder, if it has that many.
pub(super) fn rung(ladder: &[EscalationRung], rung: u32, due_at: Timestamp) -> Option<Pursuit> {
    let found = ladder.get(rung as usize)?;
    Some(Pursuit { rung, at: moved(due_at, found.after.as_delta()) })
}

/// Refuses variables that are too large.
pub(super) fn check_size(variables: &JsonMap) -> Result<(), Refusal> {
    let bytes = serde_json::to_string(variables).map_or(usize::MAX, |text| text.len());
    if bytes > MAX_VARIABLES {
        return Err(Refusal::VariablesTooLarge { bytes, limit: MAX_VARIABLES });
    }
    Ok(())
}

//! A decision in the making: the events so far and the state they lead to.

use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};

use serde::Serialize;

use crate::duration::moved;
use crate::ids::{RequestStepId, UserId};
use crate::request::action_call::effect_of;
use crate::request::boundary::Thrown;
use crate::request::evolve::{happen, set_variables};
use crate::request::route::route;
use crate::request::{Context, FailureReason, Instance, Notice, Pursuit, Refusal, RequestEvent, RequestState};
use crate::workflow::{
    AdvanceError, EndKind, Entry, EscalationRung, FrameId, Graph, MAX_BRANCHES, MAX_MOVES, Made, Move, Outcome, Player,
    StepIx, StepKey, StepKind, Taken, Token, TransitionIx, UNNAMED_ERROR, VISIT_LIMIT, advance, make, waiting,
};
use crate::{JsonMap, Timestamp};

/// The most bytes of JSON that a request's variables may take; larger data belongs elsewhere.
const MAX_VARIABLES: usize = 256 * 1024;

pub(super) struct Run<'a, 'c> {
    pub graph: &'a Graph,
    pub state: RequestState,
    pub events: Vec<RequestEvent>,
    /// The instant at which things happen: while what was due is made up for, when it was due.
    pub now: Timestamp,
    /// The steps started so far, those taken back included.
    pub starts: usize,
    pub context: &'a mut Context<'c>,
}

/// Who decides, and for whom if not for himself.
#[derive(Clone, Copy)]
pub(super) struct Decider {
    pub user: UserId,
    pub on_behalf_of: Option<UserId>,
}

/// What ends an open step.
#[derive(Default)]
pub(super) struct Completion {
    /// With what, where the step has outcomes.
    pub outcome: Option<Outcome>,
    pub by: Option<Decider>,
    pub comment: Option<String>,
    pub variables: JsonMap,
}

/// What a step that is passed does besides.
type Effect = (JsonMap, Option<Notice>);

/// Plays the token game on a request's variables.
struct OnVariables<'a> {
    graph: &'a Graph,
    /// As the steps passed so far have set them.
    variables: Cow<'a, JsonMap>,
    /// What each of the steps passed so far does.
    effects: VecDeque<Effect>,
    /// How often each step has started since the last event.
    visits: BTreeMap<StepIx, u32>,
    starts: usize,
    attempts: &'a BTreeMap<StepKey, u32>,
}

impl Player for OnVariables<'_> {
    type Error = Refusal;

    fn choose(&mut self, step: StepIx) -> Result<Vec<TransitionIx>, Refusal> {
        let found = self.graph.step(step);
        let effect = match &found.kind {
            StepKind::Inline(action) => effect_of(found, action, &self.variables)?,
            _ => Effect::default(),
        };
        if !effect.0.is_empty() {
            set_variables(self.variables.to_mut(), &effect.0);
            check_size(&self.variables)?;
        }
        self.effects.push_back(effect);
        route(self.graph, step, None, &self.variables)
    }

    fn may_start(&mut self, step: StepIx) -> bool {
        self.starts += 1;
        let Some(most) = self.graph.step(step).max_visits else { return true };
        let visits = self.visits.entry(step).or_insert(0);
        *visits += 1;
        self.attempts.get(&self.graph.step(step).key).copied().unwrap_or(0) + *visits <= most
    }
}

impl Run<'_, '_> {
    pub fn emit(&mut self, event: RequestEvent) {
        happen(&mut self.state, &event);
        self.events.push(event);
    }

    /// Begins to run: the start step and whatever it sets in motion.
    pub fn begin(&mut self) -> Result<(), Refusal> {
        let now = self.now;
        let due_at = self.state.due_at.or_else(|| self.graph.sla().map(|sla| moved(now, sla.due_in.as_delta())));
        let pursuit = first_rung(&self.graph.request_ladder(), due_at);
        self.emit(RequestEvent::RequestStarted { at: now, due_at, pursuit });
        self.go_on(Entry::Step(self.graph.start(), FrameId::REQUEST))
    }

    /// Ends an open step with what came back, and plays on.
    pub fn complete(&mut self, id: RequestStepId, completion: Completion) -> Result<(), Refusal> {
        let (ix, _) = self.opened(id)?;
        let instance = self.instance(id);
        let variables = self.changes(self.graph.step(ix), instance, completion.variables)?;
        let completion = Completion { variables, ..completion };
        if let Some(instance) = instance {
            self.finish_instance(id, instance, completion)?;
            return self.after_instance(instance.of);
        }
        let tokens = self.finish(id, completion)?;
        self.go_on(Entry::Tokens(&tokens))
    }

    fn finish_instance(&mut self, id: RequestStepId, instance: Instance, done: Completion) -> Result<(), Refusal> {
        let (ix, _) = self.opened(id)?;
        self.check_outcome(ix, done.outcome.as_ref())?;
        self.check_results(instance, &done.variables)?;
        let step = self.graph.step(ix).key.clone();
        let Completion { outcome, by, comment, variables: result } = done;
        let (by, on_behalf_of) = (by.map(|by| by.user), by.and_then(|by| by.on_behalf_of));
        self.emit(RequestEvent::InstanceCompleted { id, step, outcome, by, on_behalf_of, comment, result });
        Ok(())
    }

    /// Ends an open step, and sets these variables; the tokens that it made.
    pub fn finish(&mut self, id: RequestStepId, completion: Completion) -> Result<Vec<Token>, Refusal> {
        let (ix, frame) = self.opened(id)?;
        let step = self.graph.step(ix).key.clone();
        let Completion { outcome, by, comment, variables } = completion;
        self.check_outcome(ix, outcome.as_ref())?;
        let merged = self.check_changes(&variables)?;
        let transitions = route(self.graph, ix, outcome.as_ref(), &merged)?;
        self.withdraw_rivals(id);
        let Made { tokens, opened } = self.made(ix, frame, &transitions);
        let produced = tokens.clone();
        let (by, on_behalf_of) = (by.map(|by| by.user), by.and_then(|by| by.on_behalf_of));
        self.emit(match outcome {
            Some(outcome) => RequestEvent::StepCompleted {
                id,
                step,
                outcome,
                by,
                on_behalf_of,
                comment,
                variables,
                produced,
                opened,
            },
            None => RequestEvent::WaitEnded { id, step, variables, produced, opened },
        });
        Ok(tokens)
    }

    fn check_outcome(&self, ix: StepIx, outcome: Option<&Outcome>) -> Result<(), Refusal> {
        let (step, expected) = (self.graph.step(ix), self.graph.step(ix).outcomes());
        match outcome {
            None if expected.is_empty() => Ok(()),
            None => Err(Refusal::OutcomeNeeded { step: step.key.clone(), expected: expected.to_vec() }),
            Some(outcome) if expected.contains(outcome) => Ok(()),
            Some(outcome) => {
                let (step, outcome, expected) = (step.key.clone(), outcome.clone(), expected.to_vec());
                Err(Refusal::UnknownOutcome { step, outcome, expected })
            }
        }
    }

    /// The variables as they would be, unless they would be too large.
    pub fn check_changes(&self, changes: &JsonMap) -> Result<Cow<'_, JsonMap>, Refusal> {
        if changes.is_empty() {
            return Ok(Cow::Borrowed(&self.state.variables));
        }
        let mut merged = self.state.variables.clone();
        set_variables(&mut merged, changes);
        check_size(&merged)?;
        Ok(Cow::Owned(merged))
    }

    /// Where an open step is, and the frame in which it runs.
    pub fn opened(&self, id: RequestStepId) -> Result<(StepIx, FrameId), Refusal> {
        let open = self.state.open.get(&id).ok_or(Refusal::StepNotOpen { step: id })?;
        let ix = self.graph.find(&open.step).ok_or(Refusal::StepNotOpen { step: id })?;
        Ok((ix, open.frame))
    }

    /// The tokens that a finished step makes, as the coming event will record them.
    pub fn made(&self, ix: StepIx, frame: FrameId, transitions: &[TransitionIx]) -> Made {
        make(self.graph, &mut self.state.position(self.graph), ix, frame, transitions)
    }

    /// Cancels what is open and ends with `event`.
    pub fn end(&mut self, event: RequestEvent) {
        let open = self.state.open.iter().map(|(&id, open)| (id, open.step.clone()));
        let awaited = self.state.awaited.iter().map(|(&id, awaited)| (id, awaited.step.clone()));
        let left: Vec<_> = open.chain(awaited).collect();
        for (id, step) in left {
            self.emit(RequestEvent::StepCancelled { id, step, misses_milestone: false, reason: None });
        }
        self.emit(event);
    }

    /// Plays on until everything waits.
    pub fn go_on(&mut self, entry: Entry<'_>) -> Result<(), Refusal> {
        let mut moves_left = MAX_MOVES;
        self.play_and_catch(entry, &mut moves_left)?;
        while self.state.ended_at().is_none() {
            self.sync_waits();
            self.enter_scopes()?;
            let tokens = if let Some(id) = self.expired() {
                self.withdraw_instances(id);
                self.finish(id, Completion { outcome: Some(Outcome::expired()), ..Completion::default() })?
            } else if let Some(id) = self.complete_host() {
                self.finish_host(id)?
            } else {
                break;
            };
            self.play_and_catch(Entry::Tokens(&tokens), &mut moves_left)?;
        }
        let timed = self.state.scopes.values().any(|scope| !scope.timers.is_empty() || !scope.messages.is_empty());
        if self.state.ended_at().is_none() && self.state.open.is_empty() && !timed {
            self.settle();
        }
        Ok(())
    }

    /// Plays until everything waits or the request ends; errors go to what catches them.
    fn play_and_catch(&mut self, entry: Entry<'_>, moves_left: &mut usize) -> Result<(), Refusal> {
        let mut thrown = self.play(entry, moves_left)?;
        while let Some(error) = thrown {
            let Some((catcher, frame)) = self.caught(&error) else {
                self.end(RequestEvent::RequestFailed { at: self.now, reason: error.reason });
                return Ok(());
            };
            thrown = self.play(Entry::Step(catcher, frame), moves_left)?;
            if thrown.is_none() {
                let tokens: Vec<Token> = self.state.position(self.graph).tokens().collect();
                thrown = self.play(Entry::Tokens(&tokens), moves_left)?;
            }
        }
        Ok(())
    }

    /// Plays until everything waits or an error is thrown.
    fn play(&mut self, entry: Entry<'_>, moves_left: &mut usize) -> Result<Option<Thrown>, Refusal> {
        self.leave_scopes();
        let mut position = self.state.position(self.graph);
        let (graph, variables, attempts) = (self.graph, &self.state.variables, &self.state.attempts);
        let variables = Cow::Borrowed(variables);
        let (effects, visits) = (VecDeque::new(), BTreeMap::new());
        let mut player = OnVariables { graph, variables, effects, attempts, starts: 0, visits };
        let moves = advance(graph, &mut position, entry, *moves_left, &mut player);
        self.starts += player.starts;
        let moves = moves.map_err(|error| match error {
            AdvanceError::Endless { step } => Refusal::EndlessCycle { step: graph.step(step).key.clone() },
            AdvanceError::TooManyBranches { step } => {
                Refusal::TooManyBranches { step: graph.step(step).key.clone(), limit: MAX_BRANCHES }
            }
            AdvanceError::Choice(refusal) => refusal,
        })?;
        *moves_left = moves_left.saturating_sub(moves.len());
        let (mut thrown, mut effects) = (None, player.effects);
        for next in moves {
            thrown = thrown.or(self.apply(next, &mut effects)?);
            if thrown.is_none() {
                self.leave_scopes();
            }
        }
        Ok(thrown)
    }

    fn apply(&mut self, next: Move, effects: &mut VecDeque<Effect>) -> Result<Option<Thrown>, Refusal> {
        match next {
            Move::Activate { step, consumed } => self.open_step(step, &consumed, None)?,
            Move::Route { step, consumed, produced } => {
                self.emit_routed(step, &consumed, produced, effects.pop_front().unwrap_or_default());
            }
            Move::Race { step, consumed, rivals } => self.emit_race(step, &consumed, &rivals)?,
            Move::Discard { step: _, consumed } => self.withdraw_tokens(consumed),
            Move::Withdraw { frame } => self.withdraw_run(frame),
            Move::End { step, consumed, kind } => {
                self.emit_routed(step, &consumed, Made { tokens: Vec::new(), opened: None }, Effect::default());
                let (at, found) = (self.now, self.graph.step(step));
                match kind {
                    EndKind::Normal => {}
                    EndKind::Terminate => self.end(RequestEvent::RequestCompleted { at }),
                    EndKind::Error => {
                        let code = found.error_code.clone().unwrap_or_else(|| UNNAMED_ERROR.to_owned());
                        let reason = FailureReason::ErrorEnd(found.key.clone());
                        return Ok(Some(Thrown { step, frame: consumed.frame, code, reason }));
                    }
                }
            }
            Move::LimitReached { step, consumed } => {
                self.withdraw_tokens(consumed.tokens);
                let reason = FailureReason::VisitLimit(self.graph.step(step).key.clone());
                return Ok(Some(Thrown { step, frame: consumed.frame, code: VISIT_LIMIT.to_owned(), reason }));
            }
        }
        Ok(None)
    }

    /// Nothing is open any more, and no time leaves a scope: either every branch ended, or a join waits in
    /// vain.
    fn settle(&mut self) {
        let at = self.now;
        let stranded = self.state.marking.marked().next().map(|(token, _)| self.graph.transition(token.at).to);
        match stranded {
            None => self.end(RequestEvent::RequestCompleted { at }),
            Some(step) => {
                let reason = FailureReason::Deadlock(self.graph.step(step).key.clone());
                self.end(RequestEvent::RequestFailed { at, reason });
            }
        }
    }

    /// Notes at which steps tokens wait now, and where they wait no more.
    fn sync_waits(&mut self) {
        if self.state.marking.is_empty() && self.state.awaited.is_empty() {
            return;
        }
        let position = self.state.position(self.graph);
        let mut waits = waiting(self.graph, &position);
        let mut gone = Vec::new();
        for (&id, awaited) in &self.state.awaited {
            let known = self.graph.find(&awaited.step).is_some_and(|ix| waits.remove(&(ix, awaited.frame)));
            if !known {
                gone.push((id, awaited.step.clone()));
            }
        }
        for (id, step) in gone {
            self.emit(RequestEvent::StepCancelled { id, step, misses_milestone: false, reason: None });
        }
        for (ix, frame) in waits {
            let (id, step) = (self.next_id(), self.graph.step(ix).key.clone());
            self.emit(RequestEvent::StepAwaited { id, step, frame });
        }
    }

    /// An open step whose milestone has passed.
    fn expired(&self) -> Option<RequestStepId> {
        let passed = |step: &StepKey| {
            let human = self.graph.find(step).and_then(|ix| self.graph.step(ix).human())?;
            let before = human.enabled_while.as_ref()?.before.as_ref()?;
            self.state.attempts.contains_key(before).then_some(())
        };
        let alone = self.state.open.iter().filter(|(_, open)| open.instance.is_none());
        alone.into_iter().find(|(_, open)| passed(&open.step).is_some()).map(|(&id, _)| id)
    }

    fn emit_race(&mut self, ix: StepIx, consumed: &Taken, rivals: &[TransitionIx]) -> Result<(), Refusal> {
        let tokens: Vec<Token> = rivals.iter().map(|&at| Token { at, frame: consumed.frame }).collect();
        let race = self.emit_routed(ix, consumed, Made { tokens: tokens.clone(), opened: None }, Effect::default());
        for token in tokens {
            let step = self.graph.transition(token.at).to;
            let taken = Taken { tokens: vec![token], ..consumed.clone() };
            self.open_step(step, &Taken { run: None, leaves_branches: false, ..taken }, Some(race))?;
        }
        Ok(())
    }

    fn emit_routed(&mut self, ix: StepIx, taken: &Taken, made: Made, effect: Effect) -> RequestStepId {
        let (step, joined) = (self.graph.step(ix).key.clone(), taken.joined());
        let (id, attempt) = self.execution(&step, taken);
        let (consumed, frame, Made { tokens: produced, opened }) = (taken.tokens.clone(), taken.frame, made);
        let (variables, notice) = effect;
        self.emit(RequestEvent::StepRouted {
            id,
            step,
            attempt,
            consumed,
            produced,
            frame,
            joined,
            opened,
            variables,
            notice,
        });
        id
    }

    /// The id and number of the execution that begins: the one for which tokens waited, or a new one.
    pub fn execution(&mut self, step: &StepKey, taken: &Taken) -> (RequestStepId, u32) {
        let attempt = self.state.attempts.get(step).copied().unwrap_or(0) + 1;
        let frame = taken.run.unwrap_or(FrameId::REQUEST);
        let awaited = self.state.awaited.iter().find(|(_, awaited)| awaited.step == *step && awaited.frame == frame);
        let id = awaited.filter(|_| !taken.tokens.is_empty()).map(|(&id, _)| id);
        (id.unwrap_or_else(|| self.next_id()), attempt)
    }

    pub fn next_id(&mut self) -> RequestStepId {
        RequestStepId::from_uuid(self.context.ids.next_id())
    }
}

/// The beginning of a ladder for a deadline.
pub(super) fn first_rung(ladder: &[EscalationRung], due_at: Option<Timestamp>) -> Option<Pursuit> {
    rung(ladder, 0, due_at?)
}

/// A rung of a ladder, if it has that many.
pub(super) fn rung(ladder: &[EscalationRung], rung: u32, due_at: Timestamp) -> Option<Pursuit> {
    let found = ladder.get(rung as usize)?;
    Some(Pursuit { rung, at: moved(due_at, found.after.as_delta()) })
}

/// Refuses variables, or what a step holds of them, that are too large.
pub(super) fn check_size(held: &impl Serialize) -> Result<(), Refusal> {
    let bytes = serde_json::to_string(held).map_or(usize::MAX, |text| text.len());
    if bytes > MAX_VARIABLES {
        return Err(Refusal::VariablesTooLarge { bytes, limit: MAX_VARIABLES });
    }
    Ok(())
}

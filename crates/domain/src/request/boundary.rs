//! Boundary events and scopes: what is armed while something is open, what fires, what is cancelled.

use crate::Timestamp;
use crate::ids::RequestStepId;
use crate::request::run::Run;
use crate::request::{FailureReason, Refusal, RequestEvent};
use crate::workflow::{Entry, FrameId, Position, StepIx, StepKey, Token};

/// An error on its way to whatever catches it.
pub(super) struct Thrown {
    /// Where it came from.
    pub step: StepIx,
    /// The frame in which it was thrown.
    pub frame: FrameId,
    /// Its code.
    pub code: String,
    /// Why the request fails if nothing catches it.
    pub reason: FailureReason,
}

impl Run<'_, '_> {
    /// The boundary timer that fires first, of those due by an instant.
    pub fn next_boundary(&self) -> Option<(Timestamp, StepKey, Option<RequestStepId>)> {
        let steps = self.state.open.iter().flat_map(|(&id, open)| open.timers.iter().map(move |t| (t, Some(id))));
        let scopes = self.state.scopes.values().flat_map(|scope| scope.timers.iter().map(|t| (t, None)));
        steps.chain(scopes).map(|(timer, host)| (timer.at, timer.boundary.clone(), host)).min()
    }

    /// Fires a boundary event: cancels its host if it interrupts, and starts its own branch. When that
    /// cannot be done on the present variables, the host stays as it is.
    pub fn fire_boundary(&mut self, boundary: &StepKey, host: Option<RequestStepId>) {
        self.fire_boundary_with(boundary, host, |_| Ok(()));
    }

    /// As [`Self::fire_boundary`], after something else that may be refused.
    pub fn fire_boundary_with(
        &mut self,
        boundary: &StepKey,
        host: Option<RequestStepId>,
        before: impl FnOnce(&mut Self) -> Result<(), Refusal>,
    ) {
        let (state, events) = (self.state.clone(), self.events.len());
        let fired = before(self).and_then(|()| {
            self.emit(RequestEvent::BoundaryFired { boundary: boundary.clone(), host });
            self.start_boundary(boundary, host)
        });
        if let Err(refusal) = fired {
            self.state = state;
            self.events.truncate(events);
            let error = refusal.to_string();
            self.emit(RequestEvent::BoundaryFailed { boundary: boundary.clone(), host, error });
        }
    }

    fn start_boundary(&mut self, key: &StepKey, host: Option<RequestStepId>) -> Result<(), Refusal> {
        let not_found = || Refusal::UnknownKey { key: key.clone(), expected: "boundary event" };
        let ix = self.graph.find(key).ok_or_else(not_found)?;
        let graph = self.graph;
        let boundary = graph.boundaries_of(graph.host_of(ix).ok_or_else(not_found)?).find(|(found, _)| *found == ix);
        let (_, boundary) = boundary.ok_or_else(not_found)?;
        let frame = if let Some(id) = host {
            let (_, frame) = self.opened(id)?;
            if boundary.interrupting {
                self.withdraw_rivals(id);
                self.cancel_open(id);
            }
            frame
        } else {
            let frame = self.frame_around(&boundary.host, None);
            if boundary.interrupting {
                self.withdraw_scope(&boundary.host);
            }
            frame
        };
        self.go_on(Entry::Step(ix, frame))
    }

    /// Hands an error to the innermost scope that catches it, by its code rather than by all errors;
    /// what it interrupted goes on from its boundary event. `None` when nothing catches it.
    pub fn caught(&mut self, thrown: &Thrown) -> Option<(StepIx, FrameId)> {
        let graph = self.graph;
        let (scope, catcher) = graph.catcher_of(thrown.step, &thrown.code)?;
        let frame = self.frame_around(&scope.key, Some(thrown.frame));
        self.emit(RequestEvent::BoundaryFired { boundary: graph.step(catcher).key.clone(), host: None });
        self.withdraw_scope(&scope.key);
        Some((catcher, frame))
    }

    /// Notes which scopes have been entered.
    pub fn enter_scopes(&mut self) -> Result<(), Refusal> {
        if self.graph.scopes().next().is_none() {
            return Ok(());
        }
        let position = self.state.position(self.graph);
        for scope in self.graph.scopes() {
            if !self.state.scopes.contains_key(&scope.key) && position.occupies(self.graph, &scope.key) {
                let (timers, messages) = (self.armed(&scope.key)?, self.listening(&scope.key)?);
                self.emit(RequestEvent::ScopeEntered { scope: scope.key.clone(), at: self.now, timers, messages });
            }
        }
        Ok(())
    }

    /// Notes which scopes have been left; after every move, so that one that is entered again at once
    /// has fresh timers.
    pub fn leave_scopes(&mut self) {
        if self.state.scopes.is_empty() {
            return;
        }
        let position = self.state.position(self.graph);
        for scope in self.graph.scopes() {
            if self.state.scopes.contains_key(&scope.key) && !position.occupies(self.graph, &scope.key) {
                self.emit(RequestEvent::ScopeLeft { scope: scope.key.clone() });
            }
        }
    }

    /// Ends everything in a scope.
    pub fn withdraw_scope(&mut self, scope: &StepKey) {
        let inside = |key: &StepKey| self.graph.find(key).is_some_and(|ix| self.graph.is_inside(ix, scope));
        let open = self.state.open.iter().filter(|(_, open)| inside(&open.step)).map(|(&id, _)| id);
        for id in open.collect::<Vec<_>>() {
            self.cancel_open(id);
        }
        let tokens = self.state.position(self.graph).tokens_inside(self.graph, scope);
        self.withdraw_tokens(tokens);
    }

    /// Ends everything that came out of one run of a split.
    pub fn withdraw_run(&mut self, frame: FrameId) {
        let of_run = |open: FrameId| self.state.frames.within(open, frame);
        let open = self.state.open.iter().filter(|(_, open)| of_run(open.frame)).map(|(&id, _)| id);
        let open: Vec<_> = open.collect();
        let tokens = self.state.position(self.graph).tokens_within(frame);
        for id in open {
            self.cancel_open(id);
        }
        self.withdraw_tokens(tokens);
    }

    pub fn withdraw_tokens(&mut self, tokens: Vec<Token>) {
        if !tokens.is_empty() {
            self.emit(RequestEvent::TokensWithdrawn { tokens });
        }
    }

    /// Ends an open step, and its instances, without an outcome.
    pub fn cancel_open(&mut self, id: RequestStepId) {
        self.cancel_because(id, None);
    }

    /// As [`Self::cancel_open`], with a reason for people.
    pub fn cancel_because(&mut self, id: RequestStepId, reason: Option<String>) {
        let Some(open) = self.state.open.get(&id) else { return };
        let (step, is_instance) = (open.step.clone(), open.instance.is_some());
        let misses_milestone = !is_instance && self.graph.is_milestone(&step);
        self.emit(RequestEvent::StepCancelled { id, step, misses_milestone, reason });
        self.withdraw_instances(id);
    }

    /// Ends the other steps of the race that an open step belongs to.
    pub fn withdraw_rivals(&mut self, winner: RequestStepId) {
        let race = self.state.open.get(&winner).and_then(|open| open.race);
        let Some(race) = race else { return };
        let rivals = self.state.open.iter().filter(|(id, open)| **id != winner && open.race == Some(race));
        for id in rivals.map(|(&id, _)| id).collect::<Vec<_>>() {
            self.cancel_open(id);
        }
    }

    /// The frame in which a scope runs: that of what is inside, without the runs of splits inside.
    fn frame_around(&self, scope: &StepKey, thrown: Option<FrameId>) -> FrameId {
        let position: Position = self.state.position(self.graph);
        let open = position.open.iter().filter(|occupant| self.graph.is_inside(occupant.step, scope));
        let tokens = position.tokens_inside(self.graph, scope);
        let inside = open.map(|occupant| occupant.frame).chain(tokens.iter().map(|token| token.frame)).chain(thrown);
        let frames = &self.state.frames;
        let outer = |frame: FrameId| {
            let mut chain = frames.chain(frame);
            let inner = |split: &StepKey| self.graph.find(split).is_some_and(|ix| self.graph.is_inside(ix, scope));
            chain.find(|(_, found)| !inner(&found.split)).map_or(FrameId::REQUEST, |(id, _)| id)
        };
        frames.common(inside.map(outer).collect::<Vec<_>>())
    }
}

//! What time alone sets off: the start of a pending request and missed deadlines.

use crate::Timestamp;
use crate::ids::RequestStepId;
use crate::request::run::{Completion, Run, rung};
use crate::request::{
    EscalationRecord, EscalationResult, FailureReason, Lifecycle, OpenStep, Pursuit, Refusal, RequestEvent,
};
use crate::workflow::{Candidate, EscalationAction, EscalationRung, MAX_MOVES, NotifyTarget, Outcome, StepKey};

/// So many events are enough for one command: what else is due is due at once again.
const ENOUGH_EVENTS: usize = 1_000;
/// The most steps and scopes that may open at one instant with a timer that is due already. More means
/// timers that follow each other without end.
const MAX_OPENED_LATE: u32 = 1_000;

/// What is due, and since when.
enum Due {
    Escalation(Option<RequestStepId>, Pursuit),
    Wait(RequestStepId),
    Boundary(StepKey, Option<RequestStepId>),
}

impl Run<'_, '_> {
    /// Does what is due, earliest first, each as of the instant at which it was due. Every command begins
    /// with this, so that what a deadline means does not depend on how fast a worker comes round. After
    /// so much that it is enough for one command, something may be left.
    pub fn fire_due(&mut self) -> Result<(), Refusal> {
        let now = self.context.now;
        if let Lifecycle::Pending { starts_at } = self.state.lifecycle
            && starts_at <= now
        {
            self.now = starts_at;
            self.begin()?;
        }
        let enough = self.events.len() + ENOUGH_EVENTS;
        while self.events.len() < enough && self.starts < MAX_MOVES {
            let Some((at, due)) = self.next_due() else { break };
            self.now = at.max(self.state.started_at.unwrap_or(at));
            if let Some(step) = self.place_of(&due).filter(|_| self.is_endless()) {
                let (at, reason) = (now, FailureReason::EndlessTimers(step));
                self.end(RequestEvent::RequestFailed { at, reason });
                break;
            }
            match due {
                Due::Escalation(None, pursuit) => self.escalate_request(pursuit),
                Due::Escalation(Some(id), pursuit) => self.escalate_step(id, pursuit),
                Due::Wait(id) => self.wait_is_over(id),
                Due::Boundary(boundary, host) => self.fire_boundary(&boundary, host),
            }
        }
        self.now = now;
        Ok(())
    }

    /// Whether something is due that a command did not come to.
    pub fn is_overdue(&self) -> bool {
        self.next_due().is_some()
    }

    fn is_endless(&self) -> bool {
        self.state.opened_late.is_some_and(|late| late.at == self.now && late.count >= MAX_OPENED_LATE)
    }

    /// What has been due longest, if anything is. Of what is due at the same instant, timers come
    /// before escalations, and the request's own before its steps'.
    fn next_due(&self) -> Option<(Timestamp, Due)> {
        if self.state.lifecycle != Lifecycle::InProgress {
            return None;
        }
        let waits = self.state.open.iter().filter_map(|(&id, open)| Some((open.fires_at()?, id))).min();
        let waits = waits.map(|(at, id)| (at, 0, Due::Wait(id)));
        let boundary = self.next_boundary().map(|(at, boundary, host)| (at, 1, Due::Boundary(boundary, host)));
        let steps = self.state.open.iter().filter_map(|(&id, open)| open.pursuit.map(|p| (Some(id), p)));
        let escalation =
            self.state.pursuit.map(|p| (None, p)).into_iter().chain(steps).min_by_key(|(id, p)| (p.at, *id));
        let escalation = escalation.map(|(id, p)| (p.fires_at(), 2, Due::Escalation(id, p)));
        let first = [waits, boundary, escalation].into_iter().flatten().min_by_key(|(at, rank, _)| (*at, *rank))?;
        (first.0 <= self.context.now).then_some((first.0, first.2))
    }

    fn place_of(&self, due: &Due) -> Option<StepKey> {
        match due {
            Due::Wait(id) | Due::Escalation(Some(id), _) => self.state.open.get(id).map(|open| open.step.clone()),
            Due::Boundary(boundary, _) => Some(boundary.clone()),
            Due::Escalation(None, _) => None,
        }
    }

    /// A wait ends; when its branch cannot go on with the present variables, the step fails and an
    /// operator may retry it.
    pub fn wait_is_over(&mut self, id: RequestStepId) {
        self.or_fail(id, |run| run.complete(id, Completion::default()));
    }

    fn escalate_request(&mut self, pursuit: Pursuit) {
        let ladder = self.graph.request_ladder();
        let missed = self.state.due_at.unwrap_or(pursuit.at);
        let result = match action(&ladder, pursuit) {
            Some(EscalationAction::Raise {}) => EscalationResult::Raised(self.state.priority.raised()),
            Some(EscalationAction::Notify(NotifyTarget::Role(name))) => self.notify_role(name, Candidate::Requester),
            // A request's ladder holds nothing else (validated); whatever it says, somebody is told.
            Some(
                EscalationAction::Notify(NotifyTarget::Candidates {} | NotifyTarget::Requester {})
                | EscalationAction::Reassign { .. }
                | EscalationAction::TakeOutcome { .. },
            )
            | None => EscalationResult::NotifiedUser(self.state.requester),
        };
        self.record(None, pursuit, &ladder, missed, result);
    }

    fn escalate_step(&mut self, id: RequestStepId, pursuit: Pursuit) {
        let Some(open) = self.state.open.get(&id).cloned() else { return };
        let ladder = self.graph.step_ladder(&open.step);
        let missed = open.due_at.unwrap_or(pursuit.at);
        let asked = Self::asked(&open);
        let result = match action(&ladder, pursuit) {
            Some(EscalationAction::Notify(NotifyTarget::Requester {})) => {
                EscalationResult::NotifiedUser(self.state.requester)
            }
            Some(EscalationAction::Notify(NotifyTarget::Role(name))) => self.notify_role(name, asked),
            Some(EscalationAction::Raise {}) => EscalationResult::Raised(self.state.priority.raised()),
            Some(EscalationAction::Reassign { role }) => match self.graph.role_id(role) {
                Some(role) => EscalationResult::Reassigned(role),
                None => self.notify(asked),
            },
            Some(EscalationAction::TakeOutcome { outcome }) => {
                return self.take_outcome(id, pursuit, &ladder, missed, outcome.clone());
            }
            Some(EscalationAction::Notify(NotifyTarget::Candidates {})) | None => self.notify(asked),
        };
        self.record(Some(id), pursuit, &ladder, missed, result);
    }

    /// Ends the step with the outcome, or records that it could not be.
    fn take_outcome(
        &mut self,
        id: RequestStepId,
        pursuit: Pursuit,
        ladder: &[EscalationRung],
        missed: Timestamp,
        outcome: Outcome,
    ) {
        let (state, events) = (self.state.clone(), self.events.len());
        self.record(Some(id), pursuit, ladder, missed, EscalationResult::TookOutcome(outcome.clone()));
        let completion = Completion { outcome: Some(outcome.clone()), ..Completion::default() };
        if self.complete(id, completion).is_err() {
            self.state = state;
            self.events.truncate(events);
            self.record(Some(id), pursuit, ladder, missed, EscalationResult::OutcomeFailed(outcome));
        }
    }

    fn record(
        &mut self,
        request_step: Option<RequestStepId>,
        pursuit: Pursuit,
        ladder: &[EscalationRung],
        missed: Timestamp,
        result: EscalationResult,
    ) {
        let next = rung(ladder, pursuit.rung + 1, missed);
        let record = EscalationRecord { request_step, rung: pursuit.rung, missed, result, next };
        self.emit(RequestEvent::Escalated(record));
    }

    fn notify_role(&self, name: &str, otherwise: Candidate) -> EscalationResult {
        self.graph.role_id(name).map_or_else(|| self.notify(otherwise), EscalationResult::NotifiedRole)
    }

    fn notify(&self, whom: Candidate) -> EscalationResult {
        match whom {
            Candidate::Role(role) => EscalationResult::NotifiedRole(role),
            Candidate::User(user) => EscalationResult::NotifiedUser(user),
            Candidate::Requester => EscalationResult::NotifiedUser(self.state.requester),
        }
    }

    /// Whom an open step waits for: whoever claimed it, else the candidates.
    fn asked(open: &OpenStep) -> Candidate {
        open.claimed_by().map_or_else(|| open.candidate().unwrap_or(Candidate::Requester), Candidate::User)
    }
}

fn action(ladder: &[EscalationRung], pursuit: Pursuit) -> Option<&EscalationAction> {
    ladder.get(pursuit.rung as usize).map(|rung| &rung.action)
}

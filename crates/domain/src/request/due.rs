//! What time alone sets off: the start of a pending request and missed deadlines.

use crate::ids::RequestStepId;
use crate::request::run::{Completion, Run, rung};
use crate::request::{EscalationRecord, EscalationResult, Lifecycle, OpenStep, Pursuit, Refusal, RequestEvent};
use crate::workflow::{Candidate, EscalationAction, EscalationRung, NotifyTarget, Outcome};
use crate::{JsonMap, Timestamp};

impl Run<'_, '_> {
    /// Does everything that is due, earliest first. Every command begins with this, so that what a
    /// deadline means does not depend on how fast a worker comes round.
    pub fn fire_due(&mut self) -> Result<(), Refusal> {
        if let Lifecycle::Pending { starts_at } = self.state.lifecycle
            && starts_at <= self.context.now
        {
            self.begin()?;
        }
        while let Some((request_step, pursuit)) = self.next_due() {
            match request_step {
                None => self.escalate_request(pursuit),
                Some(id) => self.escalate_step(id, pursuit),
            }
        }
        Ok(())
    }

    /// The earliest rung whose instant has passed; the request's own before its steps'.
    fn next_due(&self) -> Option<(Option<RequestStepId>, Pursuit)> {
        if self.state.lifecycle != Lifecycle::InProgress {
            return None;
        }
        let steps = self.state.open.iter().filter_map(|(&id, open)| open.pursuit.map(|p| (Some(id), p)));
        let request = self.state.pursuit.map(|p| (None, p));
        let due = request.into_iter().chain(steps).filter(|(_, p)| p.at < self.context.now);
        due.min_by_key(|(id, p)| (p.at, *id))
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
        let completion = Completion { outcome: outcome.clone(), by: None, comment: None, variables: JsonMap::new() };
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
        open.claimed_by.map_or(open.candidate, Candidate::User)
    }
}

fn action(ladder: &[EscalationRung], pursuit: Pursuit) -> Option<&EscalationAction> {
    ladder.get(pursuit.rung as usize).map(|rung| &rung.action)
}

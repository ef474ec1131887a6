//! What events mean for the rows that lists and inboxes read. Pure.

use nexusflow_domain::Timestamp;
use nexusflow_domain::ids::{RequestId, RequestStepId, RoleId, UserId};
use nexusflow_domain::request::{
    EscalationRecord, EscalationResult, Instance, Notice, OpenStep, RequestEvent, RequestState, RequestStepStatus,
    Work, excluded_users,
};
use nexusflow_domain::workflow::{Candidate, Outcome, StepKey};
use serde_json::{Value, json};

use crate::platform::IdGenerator;
use crate::request::target::target;
use crate::request::{NewEscalation, NewNotification, RequestStep, StepChange, StepInstance, StepJob};
use crate::workflow::PublishedVersion;

/// Everything that a decision changes in rows.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Projection {
    pub steps: Vec<StepChange>,
    pub escalations: Vec<NewEscalation>,
    pub notifications: Vec<NewNotification>,
}

/// Projects events one by one. `after` is the state that the event leads to.
pub(super) struct Projector<'a> {
    /// The state before all of them.
    pub before: &'a RequestState,
    pub version: &'a PublishedVersion,
    pub ids: &'a dyn IdGenerator,
    pub at: Timestamp,
    pub projection: Projection,
}

impl Projector<'_> {
    pub fn apply(&mut self, event: &RequestEvent, after: &RequestState) {
        match event {
            RequestEvent::StepAwaited { id, step, .. } => {
                let attempt = after.attempts.get(step).copied().unwrap_or(0) + 1;
                self.put(after.id, *id, step, attempt, RequestStepStatus::Pending, |row| row.started_at = None);
            }
            RequestEvent::StepRouted { id, step, attempt, notice, .. } => {
                let at = self.at;
                self.put(after.id, *id, step, *attempt, RequestStepStatus::Completed, |row| {
                    row.completed_at = Some(at);
                });
                if let Some(Notice { to, title, text }) = notice {
                    let detail = json!({ "title": title, "text": text });
                    self.notify(addressee(*to, after), "NOTICE", (after.id, Some(*id)), detail);
                }
            }
            RequestEvent::StepActivated { id, .. }
            | RequestEvent::InstanceActivated { id, .. }
            | RequestEvent::StepRetried { id, .. } => {
                self.open(*id, after);
                self.exclude(after, Some(*id));
            }
            RequestEvent::StepClaimed { id, by, on_behalf_of } => {
                let (by, on_behalf_of) = (Some(*by), *on_behalf_of);
                self.projection.steps.push(StepChange::Claim { id: *id, by, on_behalf_of });
            }
            RequestEvent::StepReleased { id, .. } => {
                self.projection.steps.push(StepChange::Claim { id: *id, by: None, on_behalf_of: None });
            }
            RequestEvent::VoteCast { id, .. } => {
                let votes = after.open.get(id).map_or(0, |open| number_of_votes(open));
                self.projection.steps.push(StepChange::CountVotes { id: *id, votes });
                self.exclude(after, Some(*id));
            }
            RequestEvent::StepCompleted { id, outcome, by, on_behalf_of, comment, .. } => {
                self.complete(*id, Some(outcome), (*by, *on_behalf_of), comment.as_ref(), after);
            }
            RequestEvent::InstanceCompleted { id, outcome, by, on_behalf_of, comment, .. } => {
                self.complete(*id, outcome.as_ref(), (*by, *on_behalf_of), comment.as_ref(), after);
            }
            RequestEvent::WaitEnded { id, .. } => self.finish(*id, RequestStepStatus::Completed, None, None),
            RequestEvent::StepSkipped { id, outcome, reason, .. } => {
                self.finish(*id, RequestStepStatus::Skipped, outcome.clone(), Some(reason.clone()));
            }
            RequestEvent::AttemptFailed { id, .. } => self.work(*id, after),
            RequestEvent::StepFailed { id, error, .. } => {
                self.work(*id, after);
                self.finish(*id, RequestStepStatus::Failed, None, Some(error.clone()));
            }
            RequestEvent::StepCancelled { id, reason, .. } => {
                self.finish(*id, RequestStepStatus::Cancelled, None, reason.clone());
            }
            RequestEvent::Escalated(record) => self.escalate(record, after),
            RequestEvent::RequestResumed { moved_by } if *moved_by != 0 => {
                let moved = after.open.iter().map(|(&id, open)| StepChange::MoveDeadline { id, deadline: open.due_at });
                self.projection.steps.extend(moved);
                after.open.keys().for_each(|&id| self.work(id, after));
            }
            RequestEvent::RequestCreated { .. }
            | RequestEvent::RequestStarted { .. }
            | RequestEvent::InstanceAdded { .. }
            | RequestEvent::InstancesClosed { .. }
            | RequestEvent::MessageReceived { .. }
            | RequestEvent::VotesRecounted { .. }
            | RequestEvent::BoundaryFired { .. }
            | RequestEvent::BoundaryFailed { .. }
            | RequestEvent::ScopeEntered { .. }
            | RequestEvent::ScopeLeft { .. }
            | RequestEvent::ScopeCancelled { .. }
            | RequestEvent::Jumped { .. }
            | RequestEvent::TokensWithdrawn { .. }
            | RequestEvent::RequestSuspended { .. }
            | RequestEvent::RequestResumed { .. }
            | RequestEvent::RequestCompleted { .. }
            | RequestEvent::RequestFailed { .. }
            | RequestEvent::RequestCancelled { .. } => {}
        }
    }

    /// Somebody, for himself or for another, or nobody ended a step.
    fn complete(
        &mut self,
        id: RequestStepId,
        outcome: Option<&Outcome>,
        (by, on_behalf_of): (Option<UserId>, Option<UserId>),
        comment: Option<&String>,
        after: &RequestState,
    ) {
        let (status, outcome, comment, at) =
            (RequestStepStatus::Completed, outcome.cloned(), comment.cloned(), self.at);
        self.projection.steps.push(StepChange::Finish { id, status, outcome, by, on_behalf_of, comment, at });
        self.exclude(after, None);
    }

    /// The row of an open step as the state has it.
    fn open(&mut self, id: RequestStepId, after: &RequestState) {
        let Some(open) = after.open.get(&id) else { return };
        let (required_role, assignee) = match open.candidate() {
            Some(Candidate::Role(role)) => (Some(role), None),
            Some(Candidate::User(user)) => (None, Some(user)),
            Some(Candidate::Requester) => (None, Some(after.requester)),
            None => (None, None),
        };
        self.put(after.id, id, &open.step, open.attempt, RequestStepStatus::Active, |row| {
            row.is_human = open.candidate().is_some();
            row.required_role = required_role;
            row.assignee = assignee;
            row.claimed_by = open.claimed_by();
            row.claimed_on_behalf_of = open.claimed_on_behalf_of();
            row.votes = number_of_votes(open);
            row.called = after.calls().get(&id).copied();
            row.started_at = Some(open.started_at);
            row.deadline = open.due_at;
            row.job = job_of(open);
            row.instance = instance(open, after);
            row.input.clone_from(&open.input);
        });
    }

    /// How the job of an open step does, if it has one.
    fn work(&mut self, id: RequestStepId, after: &RequestState) {
        let job = after.open.get(&id).and_then(|open| job_of(open));
        self.projection.steps.extend(job.map(|job| StepChange::Work { id, job }));
    }

    fn put(
        &mut self,
        request: RequestId,
        id: RequestStepId,
        step: &StepKey,
        attempt: u32,
        status: RequestStepStatus,
        fill: impl FnOnce(&mut RequestStep),
    ) {
        let Some(&workflow_step) = self.version.step_ids.get(step) else { return };
        let mut row = RequestStep {
            id,
            request,
            workflow_step,
            step: step.clone(),
            status,
            is_human: false,
            attempt,
            required_role: None,
            assignee: None,
            claimed_by: None,
            claimed_on_behalf_of: None,
            votes: 0,
            called: None,
            outcome: None,
            completed_by: None,
            completed_on_behalf_of: None,
            comment: None,
            started_at: Some(self.at),
            completed_at: None,
            deadline: None,
            job: None,
            instance: None,
            input: None,
        };
        fill(&mut row);
        let row = Box::new(row);
        let was_there = self.before.awaited.contains_key(&id) || self.before.open.contains_key(&id);
        let is_there = was_there
            || self.projection.steps.iter().any(|change| matches!(change, StepChange::Add(added) if added.id == id));
        self.projection.steps.push(if is_there { StepChange::Put(row) } else { StepChange::Add(row) });
    }

    /// The end of a step that nobody decided.
    fn finish(
        &mut self,
        id: RequestStepId,
        status: RequestStepStatus,
        outcome: Option<Outcome>,
        comment: Option<String>,
    ) {
        let (by, on_behalf_of, at) = (None, None, self.at);
        self.projection.steps.push(StepChange::Finish { id, status, outcome, by, on_behalf_of, comment, at });
    }

    /// Who may not act: on one open step, or, after a decision, on any.
    fn exclude(&mut self, after: &RequestState, only: Option<RequestStepId>) {
        for (&id, open) in &after.open {
            if only.is_none_or(|only| only == id) {
                let users = excluded_users(&self.version.graph, after, open);
                if !users.is_empty() {
                    self.projection.steps.push(StepChange::Exclude { id, users });
                }
            }
        }
    }

    fn escalate(&mut self, record: &EscalationRecord, after: &RequestState) {
        let (action, detail) = match &record.result {
            EscalationResult::NotifiedUser(user) => ("NOTIFY", json!({ "user": user })),
            EscalationResult::NotifiedRole(role) => ("NOTIFY", json!({ "role": role })),
            EscalationResult::Reassigned(role) => ("REASSIGN", json!({ "role": role })),
            EscalationResult::Raised(priority) => ("RAISE", json!({ "priority": priority })),
            EscalationResult::TookOutcome(outcome) => ("TAKE_OUTCOME", json!({ "outcome": outcome })),
            EscalationResult::OutcomeFailed(outcome) => ("TAKE_OUTCOME", json!({ "outcome": outcome, "failed": true })),
        };
        self.projection.escalations.push(NewEscalation {
            id: self.ids.next(),
            request: after.id,
            request_step: record.request_step,
            rung: record.rung,
            action,
            detail,
            missed_deadline: record.missed,
            escalated_at: self.at,
        });
        let open = record.request_step.and_then(|id| after.open.get(&id));
        let candidates = || {
            let asked = open
                .and_then(|open| open.claimed_by().map_or_else(|| open.candidate(), |by| Some(Candidate::User(by))));
            addressee(asked.unwrap_or(Candidate::Requester), after)
        };
        let to = match &record.result {
            EscalationResult::NotifiedUser(user) => Some((Some(*user), None)),
            EscalationResult::NotifiedRole(role) => Some((None, Some(*role))),
            EscalationResult::Reassigned(role) => {
                if let Some(id) = record.request_step {
                    self.projection.steps.push(StepChange::Reassign { id, role: *role });
                }
                Some((None, Some(*role)))
            }
            EscalationResult::OutcomeFailed(_) => Some(candidates()),
            EscalationResult::Raised(_) | EscalationResult::TookOutcome(_) => None,
        };
        if let Some(to) = to {
            let detail = json!({ "title": after.title, "missedDeadline": record.missed });
            self.notify(to, "DEADLINE_MISSED", (after.id, record.request_step), detail);
        }
    }

    fn notify(
        &mut self,
        (user, role): (Option<UserId>, Option<RoleId>),
        kind: &'static str,
        (request, request_step): (RequestId, Option<RequestStepId>),
        detail: Value,
    ) {
        let (id, created_at) = (self.ids.next(), self.at);
        let new = NewNotification { id, user, role, kind, request, request_step, detail, created_at };
        self.projection.notifications.push(new);
    }
}

/// The person or the role whose holders are meant.
fn addressee(candidate: Candidate, state: &RequestState) -> (Option<UserId>, Option<RoleId>) {
    match candidate {
        Candidate::Role(role) => (None, Some(role)),
        Candidate::User(user) => (Some(user), None),
        Candidate::Requester => (Some(state.requester), None),
    }
}

fn job_of(open: &OpenStep) -> Option<StepJob> {
    let Work::Job(job) = &open.work else { return None };
    let (failed, last_error, next_attempt) = match &open.failure {
        None => (job.failed, job.last_error.clone(), Some(job.run_at)),
        Some(failure) => (job.failed + 1, Some(failure.clone()), None),
    };
    Some(StepJob { job_type: job.job_type.clone(), target: target(open), failed, last_error, next_attempt })
}

fn instance(open: &OpenStep, state: &RequestState) -> Option<StepInstance> {
    let Instance { of, index } = open.instance?;
    let Work::Multi(instances) = &state.open.get(&of)?.work else { return None };
    Some(StepInstance { of, index, item: instances.items.get(index as usize)?.clone() })
}

fn number_of_votes(open: &OpenStep) -> u32 {
    u32::try_from(open.votes().len()).unwrap_or(u32::MAX)
}

use chrono::TimeDelta;

use crate::duration::moved;
use crate::request::{EscalationRecord, EscalationResult, Lifecycle, OpenStep, Pursuit, RequestEvent, RequestState};
use crate::workflow::Candidate;
use crate::{JsonMap, Timestamp};

/// What an event makes of the state. Total: an event about an open execution that the state does
/// not know leaves everything but the version as it is.
#[must_use]
pub fn evolve(mut state: RequestState, event: &RequestEvent) -> RequestState {
    state.version += 1;
    match event {
        RequestEvent::RequestCreated {
            id,
            organization,
            workflow,
            workflow_version,
            requester,
            title,
            reference,
            priority,
            variables,
            starts_at,
            due_at,
        } => {
            state.id = *id;
            state.organization = *organization;
            state.workflow = *workflow;
            state.workflow_version = *workflow_version;
            state.requester = *requester;
            state.title.clone_from(title);
            state.reference.clone_from(reference);
            state.priority = *priority;
            state.lifecycle = Lifecycle::Pending { starts_at: *starts_at };
            state.due_at = *due_at;
            set_variables(&mut state.variables, variables);
        }
        RequestEvent::RequestStarted { at, due_at, pursuit } => {
            state.lifecycle = Lifecycle::InProgress;
            state.started_at = Some(*at);
            state.due_at = *due_at;
            state.pursuit = *pursuit;
        }
        RequestEvent::StepAwaited { id, step } => {
            state.awaited.insert(step.clone(), *id);
        }
        RequestEvent::StepActivated { id, step, attempt, consumed, candidate, at, due_at, pursuit } => {
            state.marking.consume(consumed);
            state.awaited.remove(step);
            state.attempts.insert(step.clone(), *attempt);
            let open = OpenStep {
                step: step.clone(),
                attempt: *attempt,
                candidate: *candidate,
                claimed_by: None,
                started_at: *at,
                due_at: *due_at,
                pursuit: *pursuit,
            };
            state.open.insert(*id, open);
        }
        RequestEvent::StepRouted { id: _, step, attempt, consumed, produced } => {
            state.marking.consume(consumed);
            state.marking.produce(produced);
            state.awaited.remove(step);
            state.attempts.insert(step.clone(), *attempt);
        }
        RequestEvent::StepClaimed { id, by } => {
            if let Some(open) = state.open.get_mut(id) {
                open.claimed_by = Some(*by);
            }
        }
        RequestEvent::StepReleased { id, by: _ } => {
            if let Some(open) = state.open.get_mut(id) {
                open.claimed_by = None;
            }
        }
        RequestEvent::StepCompleted { id, step, outcome: _, by, comment: _, variables, produced } => {
            if state.open.remove(id).is_some() {
                state.marking.produce(produced);
                set_variables(&mut state.variables, variables);
                if let Some(by) = by {
                    state.deciders.entry(step.clone()).or_default().insert(*by);
                }
            }
        }
        RequestEvent::StepCancelled { id, step } => {
            state.open.remove(id);
            if state.awaited.get(step) == Some(id) {
                state.awaited.remove(step);
            }
        }
        RequestEvent::Escalated(record) => escalate(&mut state, record),
        RequestEvent::RequestSuspended { at, reason: _, clock } => {
            state.lifecycle = Lifecycle::Suspended { since: *at, clock: *clock };
        }
        RequestEvent::RequestResumed { moved_by } => {
            state.lifecycle = Lifecycle::InProgress;
            move_deadlines(&mut state, TimeDelta::microseconds(*moved_by));
        }
        RequestEvent::RequestCompleted { at } => end(&mut state, Lifecycle::Completed { at: *at }),
        RequestEvent::RequestFailed { at, reason: _ } => end(&mut state, Lifecycle::Failed { at: *at }),
        RequestEvent::RequestCancelled { at, reason: _ } => end(&mut state, Lifecycle::Cancelled { at: *at }),
    }
    state
}

/// The state that a journal leads to.
pub fn fold<'a>(events: impl IntoIterator<Item = &'a RequestEvent>) -> RequestState {
    events.into_iter().fold(RequestState::blank(), evolve)
}

/// Sets what is given; `null` removes.
pub(super) fn set_variables(variables: &mut JsonMap, changes: &JsonMap) {
    for (name, value) in changes {
        if value.is_null() {
            variables.remove(name);
        } else {
            variables.insert(name.clone(), value.clone());
        }
    }
}

fn escalate(state: &mut RequestState, record: &EscalationRecord) {
    if let Some(id) = record.request_step {
        let Some(open) = state.open.get_mut(&id) else { return };
        open.pursuit = record.next;
        if let EscalationResult::Reassigned(role) = record.result {
            open.candidate = Candidate::Role(role);
            open.claimed_by = None;
        }
    } else {
        state.pursuit = record.next;
    }
    if let EscalationResult::Raised(priority) = record.result {
        state.priority = priority;
    }
}

fn move_deadlines(state: &mut RequestState, by: TimeDelta) {
    let later = |at: &mut Option<Timestamp>| *at = at.map(|at| moved(at, by));
    let pursue =
        |pursuit: &mut Option<Pursuit>| *pursuit = pursuit.map(|p| Pursuit { rung: p.rung, at: moved(p.at, by) });
    later(&mut state.due_at);
    pursue(&mut state.pursuit);
    for open in state.open.values_mut() {
        later(&mut open.due_at);
        pursue(&mut open.pursuit);
    }
}

fn end(state: &mut RequestState, lifecycle: Lifecycle) {
    state.lifecycle = lifecycle;
    state.pursuit = None;
    state.open.clear();
    state.awaited.clear();
    state.marking.clear();
}

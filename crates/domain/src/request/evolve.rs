use chrono::TimeDelta;

use crate::duration::moved;
use crate::ids::{RequestStepId, UserId};
use crate::request::{
    ArmedMessage, ArmedTimer, AwaitedStep, EscalationRecord, EscalationResult, InstanceEnd, JobWork, Lifecycle,
    OpenScope, OpenStep, OpenedLate, Pursuit, RequestEvent, RequestState, Work,
};
use crate::workflow::{Candidate, FrameId, StepKey, Token};
use crate::{JsonMap, Timestamp};

/// What an event makes of the state. Total: an event about an open execution that the state does
/// not know leaves everything but the version as it is.
#[must_use]
pub fn evolve(mut state: RequestState, event: &RequestEvent) -> RequestState {
    happen(&mut state, event);
    state
}

/// As [`evolve`], in place.
#[expect(clippy::too_many_lines, reason = "one match over all events, a few lines each")]
pub(super) fn happen(state: &mut RequestState, event: &RequestEvent) {
    state.version += 1;
    match event {
        RequestEvent::RequestCreated {
            id,
            organization,
            workflow,
            workflow_version,
            requester,
            parent,
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
            state.parent = *parent;
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
        RequestEvent::StepAwaited { id, step, frame } => {
            state.awaited.insert(*id, AwaitedStep { step: step.clone(), frame: *frame });
        }
        RequestEvent::StepActivated {
            id,
            step,
            attempt,
            consumed,
            frame,
            joined,
            race,
            work,
            input,
            at,
            due_at,
            pursuit,
            timers,
            messages,
        } => {
            enter(state, *id, step, *attempt, consumed, *joined);
            let open = Box::new(OpenStep {
                step: step.clone(),
                attempt: *attempt,
                frame: *frame,
                race: *race,
                instance: None,
                work: work.clone(),
                input: input.clone(),
                started_at: *at,
                due_at: *due_at,
                pursuit: *pursuit,
                timers: timers.clone(),
                messages: messages.clone(),
                failure: None,
            });
            note_if_late(state, *at, open.fires_at(), timers);
            state.open.insert(*id, open);
            close_frames(state);
        }
        RequestEvent::InstanceActivated { id, step, instance, work, input, at, due_at, pursuit } => {
            let Some(host) = state.open.get_mut(&instance.of) else { return };
            let (attempt, frame) = (host.attempt, host.frame);
            if let Work::Multi(instances) = &mut host.work {
                instances.opened = instance.index + 1;
            }
            let open = Box::new(OpenStep {
                step: step.clone(),
                attempt,
                frame,
                race: None,
                instance: Some(*instance),
                work: work.clone(),
                input: input.clone(),
                started_at: *at,
                due_at: *due_at,
                pursuit: *pursuit,
                timers: Vec::new(),
                messages: Vec::new(),
                failure: None,
            });
            state.open.insert(*id, open);
        }
        RequestEvent::InstanceCompleted { id, step, outcome, by, on_behalf_of, comment: _, result } => {
            let end = InstanceEnd { outcome: outcome.clone(), by: *by, result: Some(result.clone()) };
            if leave_instance(state, *id, end) && by.is_some() {
                note_decision(state, step, by.iter().chain(on_behalf_of).copied());
            }
        }
        RequestEvent::InstanceAdded { id, step: _, item } => {
            if let Some(OpenStep { work: Work::Multi(instances), .. }) = open_mut(state, *id) {
                instances.items.push(item.clone());
            }
        }
        RequestEvent::StepRouted {
            id,
            step,
            attempt,
            consumed,
            produced,
            frame,
            joined,
            opened,
            variables,
            notice: _,
        } => {
            enter(state, *id, step, *attempt, consumed, *joined);
            set_variables(&mut state.variables, variables);
            produce(state, step, *frame, produced, *opened);
        }
        RequestEvent::StepClaimed { id, by, on_behalf_of } => claim(state, *id, Some(*by), *on_behalf_of),
        RequestEvent::StepReleased { id, by: _ } => claim(state, *id, None, None),
        RequestEvent::VoteCast { id, step, vote, comment: _, variables } => {
            if let Some(OpenStep { work: Work::Human { votes, .. }, .. }) = open_mut(state, *id) {
                votes.push(vote.clone());
                set_variables(&mut state.variables, variables);
                note_decision(state, step, vote.people());
            }
        }
        RequestEvent::StepCompleted { id, step, by, on_behalf_of, variables, produced, opened, .. } => {
            if leave(state, *id, step, produced, *opened) {
                set_variables(&mut state.variables, variables);
                if by.is_some() {
                    note_decision(state, step, by.iter().chain(on_behalf_of).copied());
                }
            }
        }
        RequestEvent::MessageReceived { message: _, name: _, step: _, boundary: _, variables } => {
            set_variables(&mut state.variables, variables);
        }
        RequestEvent::WaitEnded { id, step, variables, produced, opened } => {
            if leave(state, *id, step, produced, *opened) {
                set_variables(&mut state.variables, variables);
            }
        }
        RequestEvent::StepSkipped { id, step, outcome, reason: _, produced, opened } => {
            let end = InstanceEnd { outcome: outcome.clone(), by: None, result: Some(JsonMap::new()) };
            if !leave_instance(state, *id, end) {
                leave(state, *id, step, produced, *opened);
            }
        }
        RequestEvent::AttemptFailed { id, step: _, error, run_at } => {
            if let Some(OpenStep { work: Work::Job(job), .. }) = open_mut(state, *id) {
                (job.failed, job.run_at, job.last_error) = (job.failed + 1, *run_at, Some(error.clone()));
            }
        }
        RequestEvent::StepFailed { id, step: _, error } => fail(state, *id, Some(error.clone())),
        RequestEvent::StepRetried { id, step: _, work } => {
            fail(state, *id, None);
            if let (Some(open), Some(work)) = (state.open.get_mut(id), work) {
                open.work = work.clone();
            }
        }
        RequestEvent::BoundaryFired { boundary, host } | RequestEvent::BoundaryFailed { boundary, host, .. } => {
            disarm(state, boundary, *host);
        }
        RequestEvent::ScopeEntered { scope, at, timers, messages } => {
            note_if_late(state, *at, None, timers);
            let open = OpenScope { since: *at, timers: timers.clone(), messages: messages.clone() };
            state.scopes.insert(scope.clone(), open);
        }
        RequestEvent::ScopeLeft { scope } => {
            state.scopes.remove(scope);
        }
        RequestEvent::ScopeCancelled { .. }
        | RequestEvent::Jumped { .. }
        | RequestEvent::VotesRecounted { .. }
        | RequestEvent::InstancesClosed { .. } => {}
        RequestEvent::TokensWithdrawn { tokens } => state.marking.consume(tokens),
        RequestEvent::StepCancelled { id, step, misses_milestone, .. } => {
            if leave_instance(state, *id, InstanceEnd::default()) {
                return;
            }
            if state.open.remove(id).is_some() && *misses_milestone {
                *state.missed_milestones.entry(step.clone()).or_insert(0) += 1;
            }
            state.awaited.remove(id);
        }
        RequestEvent::Escalated(record) => escalate(state, record),
        RequestEvent::RequestSuspended { at, reason: _, clock } => {
            state.lifecycle = Lifecycle::Suspended { since: *at, clock: *clock };
        }
        RequestEvent::RequestResumed { moved_by } => {
            state.lifecycle = Lifecycle::InProgress;
            move_deadlines(state, TimeDelta::microseconds(*moved_by));
        }
        RequestEvent::RequestCompleted { at } => end(state, Lifecycle::Completed { at: *at }),
        RequestEvent::RequestFailed { at, reason } => {
            end(state, Lifecycle::Failed { at: *at, reason: reason.clone() });
        }
        RequestEvent::RequestCancelled { at, reason: _ } => end(state, Lifecycle::Cancelled { at: *at }),
    }
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

fn note_decision(state: &mut RequestState, step: &StepKey, deciders: impl Iterator<Item = UserId>) {
    for user in deciders {
        state.decided.entry(user).or_default().insert(step.clone());
    }
}

/// A step starts.
fn enter(
    state: &mut RequestState,
    id: RequestStepId,
    step: &StepKey,
    attempt: u32,
    consumed: &[Token],
    joined: Option<FrameId>,
) {
    state.marking.consume(consumed);
    state.awaited.remove(&id);
    state.attempts.insert(step.clone(), attempt);
    if let Some(run) = joined {
        state.frames.join(run, step);
    }
}

/// Counts what opens at an instant at which one of its timers is due already.
fn note_if_late(state: &mut RequestState, at: Timestamp, fires_at: Option<Timestamp>, timers: &[ArmedTimer]) {
    if timers.iter().map(|timer| timer.at).chain(fires_at).any(|due| due <= at) {
        let before = state.opened_late.filter(|late| late.at == at).map_or(0, |late| late.count);
        state.opened_late = Some(OpenedLate { at, count: before.saturating_add(1) });
    }
}

/// An open step ends; whether it was open.
fn leave(
    state: &mut RequestState,
    id: RequestStepId,
    step: &StepKey,
    produced: &[Token],
    opened: Option<FrameId>,
) -> bool {
    let Some(open) = state.open.remove(&id) else { return false };
    produce(state, step, open.frame, produced, opened);
    true
}

/// One of several instances ends; whether the execution is one that was open.
fn leave_instance(state: &mut RequestState, id: RequestStepId, end: InstanceEnd) -> bool {
    let Some(instance) = state.open.get(&id).and_then(|open| open.instance) else { return false };
    state.open.remove(&id);
    if let Some(OpenStep { work: Work::Multi(instances), .. }) = open_mut(state, instance.of) {
        instances.ended.insert(instance.index, end);
    }
    true
}

fn produce(state: &mut RequestState, step: &StepKey, frame: FrameId, tokens: &[Token], opened: Option<FrameId>) {
    if let Some(id) = opened {
        state.frames.open(id, frame, step.clone());
    }
    state.marking.produce(tokens);
    // An end may throw an error, whose branch goes on in the run that the end was in.
    if !tokens.is_empty() {
        close_frames(state);
    }
}

/// Closes the runs of splits that nothing belongs to any more.
fn close_frames(state: &mut RequestState) {
    let RequestState { frames, marking, open, .. } = state;
    let tokens = marking.marked().map(|(token, _)| token.frame);
    frames.retain(tokens.chain(open.values().map(|open| open.frame)));
}

fn open_mut(state: &mut RequestState, id: RequestStepId) -> Option<&mut OpenStep> {
    state.open.get_mut(&id).map(Box::as_mut)
}

fn claim(state: &mut RequestState, id: RequestStepId, by: Option<UserId>, on_behalf_of: Option<UserId>) {
    if let Some(OpenStep { work: Work::Human { claimed_by, claimed_on_behalf_of, .. }, .. }) = open_mut(state, id) {
        (*claimed_by, *claimed_on_behalf_of) = (by, on_behalf_of);
    }
}

fn fail(state: &mut RequestState, id: RequestStepId, failure: Option<String>) {
    if let Some(open) = open_mut(state, id) {
        open.failure = failure;
    }
}

fn disarm(state: &mut RequestState, boundary: &StepKey, host: Option<RequestStepId>) {
    let keep = |timer: &ArmedTimer| timer.boundary != *boundary;
    let keep_message = |message: &ArmedMessage| message.boundary != *boundary;
    if let Some(id) = host {
        if let Some(open) = open_mut(state, id) {
            open.timers.retain(keep);
            open.messages.retain(keep_message);
        }
    } else {
        for scope in state.scopes.values_mut() {
            scope.timers.retain(keep);
            scope.messages.retain(keep_message);
        }
    }
}

fn escalate(state: &mut RequestState, record: &EscalationRecord) {
    if let Some(id) = record.request_step {
        let Some(open) = state.open.get_mut(&id) else { return };
        open.pursuit = record.next;
        if let EscalationResult::Reassigned(role) = record.result
            && let Work::Human { candidate, claimed_by, claimed_on_behalf_of, votes: _ } = &mut open.work
        {
            (*candidate, *claimed_by, *claimed_on_behalf_of) = (Candidate::Role(role), None, None);
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
        match &mut open.work {
            Work::Timer { at } | Work::Job(JobWork { run_at: at, .. }) => *at = moved(*at, by),
            Work::Human { .. } | Work::Message(_) | Work::Webhook | Work::Call { .. } | Work::Multi(_) => {}
        }
        open.timers.iter_mut().for_each(|timer| timer.at = moved(timer.at, by));
    }
    let scopes = state.scopes.values_mut().flat_map(|scope| &mut scope.timers);
    scopes.for_each(|timer| timer.at = moved(timer.at, by));
}

fn end(state: &mut RequestState, lifecycle: Lifecycle) {
    state.lifecycle = lifecycle;
    state.pursuit = None;
    state.open.clear();
    state.awaited.clear();
    state.scopes.clear();
    state.opened_late = None;
    state.marking.clear();
    state.frames.retain([]);
}

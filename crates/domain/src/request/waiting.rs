//! Why a request does not go on by itself: everything it waits for, from its state alone.

use std::collections::BTreeSet;

use crate::Timestamp;
use crate::ids::{RequestId, RequestStepId, UserId};
use crate::request::readiness::{Blocked, blocked};
use crate::request::{
    AwaitedMessage, AwaitedStep, Instances, JobWork, Lifecycle, OpenStep, Pursuit, RequestState, Work, excluded_users,
};
use crate::workflow::{Candidate, Graph, StepIx, StepKey, TransitionIx};

/// One thing that a request waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingFor {
    /// Where; `None` when the whole request waits.
    pub step: Option<StepKey>,
    /// Which execution.
    pub request_step: Option<RequestStepId>,
    /// Since when; `None` when the state does not tell.
    pub since: Option<Timestamp>,
    /// Until when at the latest something happens by itself: a timer, a boundary event or an escalation.
    pub until: Option<Timestamp>,
    /// For what.
    pub reason: WaitReason,
}

/// What a request waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WaitReason {
    /// Its start.
    Start,
    /// Somebody to resume it.
    Resumption,
    /// A person to act, or further votes.
    Person {
        /// Who is asked.
        candidate: Candidate,
        /// Who has taken it.
        claimed_by: Option<UserId>,
        /// Who may not act, though asked: by separation of duties, or because they have voted.
        excluded: BTreeSet<UserId>,
        /// How many have voted, if several decide.
        votes: Option<usize>,
    },
    /// A step whose end makes this one's milestone hold.
    Milestone(StepKey),
    /// Somebody who works another step with the same mutex.
    Mutex(StepKey),
    /// An instant.
    Time,
    /// A message.
    Message {
        /// What kind of message.
        name: String,
        /// Its correlation key.
        key: String,
    },
    /// A call of the execution's address.
    Webhook,
    /// A worker.
    Job {
        /// Which workers do it.
        job_type: String,
        /// How many attempts have failed.
        failed: u32,
        /// Why the last attempt failed.
        last_error: Option<String>,
    },
    /// Another request.
    Call(RequestId),
    /// Its instances, which wait for something themselves.
    Instances {
        /// How many have ended.
        ended: usize,
        /// How many there are.
        total: usize,
    },
    /// Other branches to arrive at a join: the steps before it that have not led here yet or, for a
    /// structured join, those at which the branches of its split are now.
    Branches(Vec<StepKey>),
    /// A scope with the same mutex to be left.
    Scope(StepKey),
    /// An operator to retry or skip a step that failed.
    Operator {
        /// What went wrong.
        failure: String,
    },
}

/// Everything that a request waits for; nothing once it has ended.
pub fn waiting_for(graph: &Graph, state: &RequestState) -> Vec<WaitingFor> {
    match state.lifecycle {
        Lifecycle::New | Lifecycle::Completed { .. } | Lifecycle::Failed { .. } | Lifecycle::Cancelled { .. } => {
            Vec::new()
        }
        Lifecycle::Pending { starts_at } => vec![whole(None, Some(starts_at), WaitReason::Start)],
        Lifecycle::Suspended { since, .. } => vec![whole(Some(since), None, WaitReason::Resumption)],
        Lifecycle::InProgress => {
            let open = state.open.iter().map(|(&id, open)| open_step(graph, state, id, open));
            let awaited = state.awaited.iter().filter_map(|(&id, awaited)| awaited_step(graph, state, id, awaited));
            open.chain(awaited).collect()
        }
    }
}

fn whole(since: Option<Timestamp>, until: Option<Timestamp>, reason: WaitReason) -> WaitingFor {
    WaitingFor { step: None, request_step: None, since, until, reason }
}

fn open_step(graph: &Graph, state: &RequestState, id: RequestStepId, open: &OpenStep) -> WaitingFor {
    let pursuit = open.pursuit.map(Pursuit::fires_at);
    let timers = open.timers.iter().map(|timer| timer.at);
    let until = timers.chain(pursuit).chain(open.fires_at()).min();
    let reason = match (&open.failure, &open.work) {
        (Some(failure), _) => WaitReason::Operator { failure: failure.clone() },
        (None, Work::Timer { .. }) => WaitReason::Time,
        (None, Work::Message(AwaitedMessage { name, key, .. })) => {
            WaitReason::Message { name: name.clone(), key: key.clone() }
        }
        (None, Work::Webhook) => WaitReason::Webhook,
        (None, Work::Job(JobWork { job_type, failed, last_error, .. })) => {
            WaitReason::Job { job_type: job_type.clone(), failed: *failed, last_error: last_error.clone() }
        }
        (None, Work::Call { child }) => WaitReason::Call(*child),
        (None, Work::Multi(Instances { items, ended, .. })) => {
            WaitReason::Instances { ended: ended.len(), total: items.len() }
        }
        (None, Work::Human { candidate, claimed_by, claimed_on_behalf_of: _, votes }) => {
            let human = graph.find(&open.step).and_then(|ix| graph.step(ix).human());
            let several = human.is_some_and(|human| human.quorum.is_some());
            match blocked(graph, state, id, open) {
                Some(Blocked::Milestone(after)) => WaitReason::Milestone(after.clone()),
                Some(Blocked::Mutex(by)) => WaitReason::Mutex(by.clone()),
                None => WaitReason::Person {
                    candidate: *candidate,
                    claimed_by: *claimed_by,
                    excluded: excluded_users(graph, state, open),
                    votes: several.then_some(votes.len()),
                },
            }
        }
    };
    let (step, since) = (Some(open.step.clone()), Some(open.started_at));
    WaitingFor { step, request_step: Some(id), since, until, reason }
}

/// What an execution to come waits for: a scope to be left, or the branches that its join lacks.
fn awaited_step(graph: &Graph, state: &RequestState, id: RequestStepId, awaited: &AwaitedStep) -> Option<WaitingFor> {
    let ix = graph.find(&awaited.step)?;
    let position = state.position(graph);
    let marked = |at: TransitionIx| position.marking.on(at).next().is_some();
    let incoming = graph.incoming(ix);
    let entered = incoming.iter().copied().filter(|&at| marked(at)).flat_map(|at| graph.entered_by(at));
    let rival = entered.into_iter().find_map(|scope| position.rival_of(graph, scope));
    let reason = if let Some(rival) = rival {
        WaitReason::Scope(rival.key.clone())
    } else if graph.step(ix).join.split().is_some() {
        let open = position.open_within(awaited.frame).into_iter().map(|occupant| occupant.step);
        let resting = position.tokens_within(awaited.frame).into_iter().map(|token| graph.transition(token.at).to);
        let elsewhere: BTreeSet<StepIx> = open.chain(resting).filter(|step| *step != ix).collect();
        WaitReason::Branches(keys(graph, elsewhere))
    } else {
        let missing = incoming.iter().filter(|&&at| !marked(at)).map(|&at| graph.transition(at).from);
        WaitReason::Branches(keys(graph, missing))
    };
    let (step, request_step) = (Some(awaited.step.clone()), Some(id));
    Some(WaitingFor { step, request_step, since: None, until: None, reason })
}

fn keys(graph: &Graph, steps: impl IntoIterator<Item = StepIx>) -> Vec<StepKey> {
    steps.into_iter().map(|step| graph.step(step).key.clone()).collect()
}

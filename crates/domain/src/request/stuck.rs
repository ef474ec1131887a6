//! Whether nothing can move a request any more, short of an operator.

use std::collections::{BTreeMap, BTreeSet};

use crate::ids::{RoleId, UserId};
use crate::request::{OpenStep, Pursuit, RequestState, WaitReason, WaitingFor, waiting_for};
use crate::workflow::{Candidate, EscalationAction, Graph};

/// What a request waits for in vain; nothing as long as somebody or something can still move it.
/// `holders` are the active members by role.
pub fn stuck(graph: &Graph, state: &RequestState, holders: &BTreeMap<RoleId, BTreeSet<UserId>>) -> Vec<WaitingFor> {
    let waits = waiting_for(graph, state);
    let moves = |wait: &WaitingFor| match &wait.reason {
        WaitReason::Start
        | WaitReason::Resumption
        | WaitReason::Time
        | WaitReason::Message { .. }
        | WaitReason::Webhook
        | WaitReason::Job { .. }
        | WaitReason::Call(_) => true,
        WaitReason::Person { candidate, claimed_by: _, excluded, votes: _ } => {
            let asked = match candidate {
                Candidate::Role(role) => holders.get(role).cloned().unwrap_or_default(),
                Candidate::User(user) => BTreeSet::from([*user]),
                Candidate::Requester => BTreeSet::from([state.requester]),
            };
            asked.difference(excluded).next().is_some()
        }
        // Their instances wait for something themselves.
        WaitReason::Instances { .. }
        | WaitReason::Milestone(_)
        | WaitReason::Mutex(_)
        | WaitReason::Branches(_)
        | WaitReason::Scope(_)
        | WaitReason::Operator { .. } => false,
    };
    let timed = state.open.values().any(|open| moves_in_time(graph, open));
    let scoped = state.scopes.values().any(|scope| !scope.timers.is_empty() || !scope.messages.is_empty());
    if timed || scoped || waits.iter().any(moves) { Vec::new() } else { waits }
}

/// Whether time alone will change more about an open step than who is told.
fn moves_in_time(graph: &Graph, open: &OpenStep) -> bool {
    let ladder = graph.step_ladder(&open.step);
    let ahead = |pursuit: Pursuit| ladder.iter().skip(pursuit.rung as usize);
    let acts = |action: &EscalationAction| match action {
        EscalationAction::Reassign { .. } | EscalationAction::TakeOutcome { .. } => true,
        EscalationAction::Notify(_) | EscalationAction::Raise {} => false,
    };
    let events = !open.timers.is_empty() || !open.messages.is_empty();
    events || open.pursuit.is_some_and(|pursuit| ahead(pursuit).any(|rung| acts(&rung.action)))
}

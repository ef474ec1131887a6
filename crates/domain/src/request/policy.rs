//! The one function that says whether a person may act on an open step. Every path that claims or
//! decides goes through it, at the moment of the decision.

use std::collections::BTreeSet;

use crate::access::{DenialReason, Principal};
use crate::ids::UserId;
use crate::request::{OpenStep, Refusal, RequestState};
use crate::workflow::{Candidate, Graph, HumanStep, Step};

/// Whether `principal` may act on `open`: member of the request's organization, candidate, separation of
/// duties, not claimed by another, not voted yet. The permission itself is checked before, by the authorizer.
pub fn may_act(graph: &Graph, state: &RequestState, open: &OpenStep, principal: &Principal) -> Result<(), Refusal> {
    let no = |reason, granting_role| Err(Refusal::NotPermitted { reason, granting_role });
    let Some((step, human)) = find(graph, open) else {
        let candidate = "nobody: its workflow does not have it".to_owned();
        return no(DenialReason::NotACandidate { step: open.step.to_string(), candidate }, None);
    };
    let name = || step.name.clone();
    if principal.organization != state.organization {
        let candidate = "a member of another organization".to_owned();
        return no(DenialReason::NotACandidate { step: name(), candidate }, None);
    }
    let asked = open.candidate().unwrap_or(human.candidate);
    let (candidate, granting_role) = match asked {
        Candidate::Role(role) => (principal.roles.contains(&role), Some(role)),
        Candidate::User(user) => (principal.user == user, None),
        Candidate::Requester => (principal.user == state.requester, None),
    };
    if !candidate {
        let candidate = describe(graph, asked);
        return no(DenialReason::NotACandidate { step: name(), candidate }, granting_role);
    }
    if human.separation.not_requester && principal.user == state.requester {
        return no(DenialReason::IsRequester { step: name() }, None);
    }
    let decided_before = human
        .separation
        .not_decider_of
        .iter()
        .find(|key| state.deciders.get(*key).is_some_and(|who| who.contains(&principal.user)));
    if let Some(key) = decided_before {
        let decided = graph.find(key).map_or_else(|| key.to_string(), |ix| graph.step(ix).name.clone());
        return no(DenialReason::DecidedOtherStep { step: name(), decided }, None);
    }
    if open.claimed_by().is_some_and(|by| by != principal.user) {
        return no(DenialReason::ClaimedByAnother { step: name() }, None);
    }
    if open.votes().iter().any(|vote| vote.by == principal.user) {
        return no(DenialReason::AlreadyVoted { step: name() }, None);
    }
    Ok(())
}

/// Everybody who may not act on an open step as things stand: whom separation of duties excludes, and
/// who has voted.
pub fn excluded_users(graph: &Graph, state: &RequestState, open: &OpenStep) -> BTreeSet<UserId> {
    let Some((_, human)) = find(graph, open) else { return BTreeSet::new() };
    let deciders = human.separation.not_decider_of.iter().filter_map(|key| state.deciders.get(key)).flatten().copied();
    let requester = human.separation.not_requester.then_some(state.requester);
    deciders.chain(requester).chain(open.votes().iter().map(|vote| vote.by)).collect()
}

fn find<'a>(graph: &'a Graph, open: &OpenStep) -> Option<(&'a Step, &'a HumanStep)> {
    let step = graph.step(graph.find(&open.step)?);
    step.human().map(|human| (step, human))
}

fn describe(graph: &Graph, candidate: Candidate) -> String {
    match candidate {
        Candidate::Role(id) => {
            graph.role_name(id).map_or_else(|| "another role".to_owned(), |name| format!("the role {name}"))
        }
        Candidate::User(_) => "another person".to_owned(),
        Candidate::Requester => "the requester".to_owned(),
    }
}

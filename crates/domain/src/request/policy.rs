//! The one function that says whether a person may act on an open step, for himself or on behalf of
//! another. Every path that claims or decides goes through it, at the moment of the decision.

use std::collections::BTreeSet;

use crate::Timestamp;
use crate::access::{Delegator, DenialReason, Held, Principal};
use crate::ids::UserId;
use crate::request::{OpenStep, Refusal, RequestState};
use crate::workflow::{Candidate, Graph, HumanStep, Step, StepKey, Vote};

/// Who wants to act on a step.
#[derive(Debug, Clone, Copy)]
pub struct Asking<'a> {
    /// Who, with the roles held now.
    pub principal: &'a Principal,
    /// When.
    pub now: Timestamp,
    /// On whose behalf. When `None`, as the step was claimed; else for himself if he may, else for the
    /// first of his delegators, by id, for whom he may.
    pub on_behalf_of: Option<UserId>,
}

/// Whether somebody may act on `open`, and on whose behalf if not for himself. In whose name he acts must
/// be a member of the request's organization and a candidate with the permission that the step needs;
/// neither of the two may be excluded by separation of duties or have voted; and nobody else has claimed
/// the step.
pub fn may_act(
    graph: &Graph,
    state: &RequestState,
    open: &OpenStep,
    asking: &Asking<'_>,
) -> Result<Option<UserId>, Refusal> {
    let Some((step, human)) = find(graph, open) else {
        let candidate = "nobody: its workflow does not have it".to_owned();
        return no(DenialReason::NotACandidate { step: open.step.to_string(), candidate });
    };
    let principal = asking.principal;
    if principal.organization != state.organization {
        let candidate = "a member of another organization".to_owned();
        return no(DenialReason::NotACandidate { step: step.name.clone(), candidate });
    }
    let policy = Policy { graph, state, open, step, human, asking };
    let claimed_for = open.claimed_on_behalf_of().filter(|_| open.claimed_by() == Some(principal.user));
    match asking.on_behalf_of.or(claimed_for) {
        Some(user) if user != principal.user => {
            let delegator = principal.delegators.iter().find(|delegator| delegator.user == user);
            let Some(delegator) = delegator else { return no(DenialReason::NoDelegation { delegator: user }) };
            policy.check(&policy.name_of(delegator)).map(|()| Some(user))
        }
        Some(_) => policy.check(&policy.own_name()).map(|()| None),
        None => policy.first_allowed(),
    }
}

/// Everybody who may not act on an open step as things stand: whom separation of duties excludes, and
/// who has had a part in a vote.
pub fn excluded_users(graph: &Graph, state: &RequestState, open: &OpenStep) -> BTreeSet<UserId> {
    let Some((_, human)) = find(graph, open) else { return BTreeSet::new() };
    let excludes = |steps: &BTreeSet<StepKey>| human.separation.not_decider_of.iter().any(|key| steps.contains(key));
    let deciders = state.decided.iter().filter(|(_, steps)| excludes(steps)).map(|(&user, _)| user);
    let requester = human.separation.not_requester.then_some(state.requester);
    deciders.chain(requester).chain(open.votes().iter().flat_map(Vote::people)).collect()
}

/// In whose name somebody acts.
struct Name<'a> {
    user: UserId,
    /// What that person holds in the request's workflow.
    held: &'a Held,
    /// Unless it is the own.
    delegator: Option<&'a Delegator>,
}

/// The question, with what it is about.
struct Policy<'a> {
    graph: &'a Graph,
    state: &'a RequestState,
    open: &'a OpenStep,
    step: &'a Step,
    human: &'a HumanStep,
    asking: &'a Asking<'a>,
}

impl<'a> Policy<'a> {
    fn own_name(&self) -> Name<'a> {
        let Principal { user, rights, .. } = self.asking.principal;
        Name { user: *user, held: rights.at(Some(self.state.workflow)), delegator: None }
    }

    fn name_of(&self, delegator: &'a Delegator) -> Name<'a> {
        let held = delegator.rights.at(Some(self.state.workflow));
        Name { user: delegator.user, held, delegator: Some(delegator) }
    }

    /// The first name in which the person may act; else the refusal that says most: not that somebody is
    /// not asked, when somebody else is.
    fn first_allowed(&self) -> Result<Option<UserId>, Refusal> {
        let principal = self.asking.principal;
        let mut told = match self.check(&self.own_name()) {
            Ok(()) => return Ok(None),
            Err(refusal) => refusal,
        };
        for delegator in &principal.delegators {
            match self.check(&self.name_of(delegator)) {
                Ok(()) => return Ok(Some(delegator.user)),
                Err(refusal) if is_not_asked(&told) => told = refusal,
                Err(_) => {}
            }
        }
        Err(told)
    }

    fn check(&self, name: &Name<'_>) -> Result<(), Refusal> {
        let permission = self.human.kind.permission();
        if !name.held.permissions.contains(&permission) {
            return no(DenialReason::MissingPermission(permission));
        }
        self.check_candidate(name)?;
        if let Some(delegator) = name.delegator {
            delegator.check(self.state.workflow, self.asking.now).or_else(no)?;
        }
        self.check_separation(name)?;
        let (step, actor) = (self.step.name.clone(), self.asking.principal.user);
        if self.open.claimed_by().is_some_and(|by| by != actor) {
            return no(DenialReason::ClaimedByAnother { step });
        }
        let has_voted = |user| self.open.votes().iter().any(|vote| vote.people().any(|voter| voter == user));
        if has_voted(actor) {
            return no(DenialReason::AlreadyVoted { step });
        }
        if has_voted(name.user) { no(DenialReason::DelegatorVoted { step }) } else { Ok(()) }
    }

    fn check_candidate(&self, name: &Name<'_>) -> Result<(), Refusal> {
        let asked = self.open.candidate().unwrap_or(self.human.candidate);
        let (is_candidate, granting_role) = match asked {
            Candidate::Role(role) => (name.held.roles.contains(&role), Some(role)),
            Candidate::User(user) => (name.user == user, None),
            Candidate::Requester => (name.user == self.state.requester, None),
        };
        if is_candidate {
            return Ok(());
        }
        let candidate = describe(self.graph, asked);
        let reason = DenialReason::NotACandidate { step: self.step.name.clone(), candidate };
        Err(Refusal::NotPermitted { reason, granting_role })
    }

    /// Separation of duties, of whoever acts and of whoever is acted for.
    fn check_separation(&self, name: &Name<'_>) -> Result<(), Refusal> {
        let (step, separation) = (self.step.name.clone(), &self.human.separation);
        let concerned = [name.user, self.asking.principal.user];
        if separation.not_requester && concerned.contains(&self.state.requester) {
            return no(DenialReason::IsRequester { step });
        }
        let decided = |key: &&StepKey| {
            concerned.iter().any(|u| self.state.decided.get(u).is_some_and(|steps| steps.contains(*key)))
        };
        let Some(key) = separation.not_decider_of.iter().find(decided) else { return Ok(()) };
        let decided = self.graph.find(key).map_or_else(|| key.to_string(), |ix| self.graph.step(ix).name.clone());
        no(DenialReason::DecidedOtherStep { step, decided })
    }
}

fn no<T>(reason: DenialReason) -> Result<T, Refusal> {
    Err(Refusal::NotPermitted { reason, granting_role: None })
}

fn is_not_asked(refusal: &Refusal) -> bool {
    let Refusal::NotPermitted { reason, .. } = refusal else { return false };
    matches!(reason, DenialReason::NotACandidate { .. } | DenialReason::MissingPermission(_))
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

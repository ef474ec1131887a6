//! Steps that nobody could ever act on, because separation of duties excludes every candidate.

use std::collections::{BTreeMap, BTreeSet};

use crate::ids::{RoleId, UserId};
use crate::problem::{Problem, ProblemCode};
use crate::workflow::{
    Candidate, Directory, EscalationAction, Graph, Holders, HumanStep, Step, StepIx, StepKey, reachability,
};

/// A candidate. Who the requester will be is not known yet, so the requester stands for nobody else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Who {
    Requester,
    User(UserId),
}

/// The candidates of steps that have so few that separation of duties may leave none.
type Few = BTreeMap<StepIx, BTreeSet<Who>>;

/// A problem for each step that nobody can ever act on, as far as the directory shows it: every
/// candidate is, for certain, the only one who could have decided some step before it, and
/// `notDeciderOf` names that step. What may or may not happen (the only holder of a role may turn out
/// to be the requester) is no problem. That an operator jumps over a step is left out of account: a graph
/// must do without.
pub fn staffing_problems(graph: &Graph, directory: &Directory) -> Vec<Problem> {
    let mut few = few_candidates(graph, directory);
    let behind = behind_named_steps(graph);
    while exclude_certain_deciders(graph, &behind, &mut few) {}
    let unstaffed = few.iter().filter(|(_, left)| left.is_empty()).map(|(&ix, _)| &graph.step(ix).key);
    unstaffed.map(nobody_responsible).collect()
}

fn nobody_responsible(key: &StepKey) -> Problem {
    let path = format!("steps[{key}].separation.notDeciderOf");
    let message = "whoever may act on this step is the only one who could decide a step before it that this names";
    Problem::new(ProblemCode::NobodyResponsible, path, message)
}

/// A step named by `n` others' deciders loses at most `n` candidates, so more than `n + 1` are never
/// reduced to one or none, and need not be looked at.
fn few_candidates(graph: &Graph, directory: &Directory) -> Few {
    let holders: BTreeMap<RoleId, &Holders> =
        directory.roles.values().map(|facts| (facts.id, &facts.holders)).collect();
    let human_steps = graph.steps().filter_map(|(ix, step)| step.human().map(|human| (ix, &step.key, human)));
    let few = human_steps.filter_map(|(ix, key, human)| {
        let limit = human.separation.not_decider_of.len() + 1;
        candidates(graph, key, human, &holders, limit).map(|candidates| (ix, candidates))
    });
    few.collect()
}

/// Everybody who may be asked, reassignments included; `None` when it is not known who, or more than
/// `limit`.
fn candidates(
    graph: &Graph,
    key: &StepKey,
    human: &HumanStep,
    holders: &BTreeMap<RoleId, &Holders>,
    limit: usize,
) -> Option<BTreeSet<Who>> {
    let ladder = graph.step_ladder(key);
    let reassigned = ladder.iter().filter_map(|rung| match &rung.action {
        EscalationAction::Reassign { role } => Some(graph.role_id(role)),
        EscalationAction::Notify(_) | EscalationAction::Raise {} | EscalationAction::TakeOutcome { .. } => None,
    });
    let asked = reassigned.map(|role| role.map(Candidate::Role)).chain([Some(human.candidate)]);
    let mut candidates = BTreeSet::new();
    for candidate in asked {
        match candidate? {
            Candidate::Requester => candidates.extend([Who::Requester]),
            Candidate::User(user) => candidates.extend([Who::User(user)]),
            Candidate::Role(role) => match holders.get(&role)? {
                Holders::Known(users) if users.len() <= limit => {
                    candidates.extend(users.iter().copied().map(Who::User));
                }
                Holders::Known(_) | Holders::Somebody => return None,
            },
        }
    }
    (candidates.len() <= limit).then_some(candidates)
}

/// Per step that some `notDeciderOf` names: which steps lie behind it on every path (they cannot be
/// reached before it has ended). Indexed by step.
fn behind_named_steps(graph: &Graph) -> BTreeMap<StepIx, Vec<bool>> {
    let separations = graph.steps().filter_map(|(_, step)| step.human()).map(|human| &human.separation);
    let named: BTreeSet<StepIx> =
        separations.flat_map(|s| &s.not_decider_of).filter_map(|key| graph.find(key)).collect();
    let behind = named.into_iter().map(|ix| {
        let reached_before = reachability::from_start_before_end_of(graph, ix);
        (ix, reached_before.into_iter().map(|reached| !reached).collect())
    });
    behind.collect()
}

/// Takes from each step's candidates whoever has certainly decided a step that it names. Returns
/// whether that changed anything: then others may have become certain.
fn exclude_certain_deciders(graph: &Graph, behind: &BTreeMap<StepIx, Vec<bool>>, few: &mut Few) -> bool {
    let certain: BTreeMap<StepIx, Who> =
        behind.keys().filter_map(|&ix| certain_decider(graph, ix, few).map(|who| (ix, who))).collect();
    let mut changed = false;
    for (&ix, left) in few {
        let named = graph.step(ix).human().map(|human| human.separation.not_decider_of.as_slice()).unwrap_or_default();
        for before in named.iter().filter_map(|key| graph.find(key)).filter(|&before| before != ix) {
            let passed = behind.get(&before).is_some_and(|behind| behind[ix.0 as usize]);
            changed |= passed && certain.get(&before).is_some_and(|who| left.remove(who));
        }
    }
    changed
}

/// The only person who can decide a step, unless it may end without one.
fn certain_decider(graph: &Graph, ix: StepIx, few: &Few) -> Option<Who> {
    let mut left = few.get(&ix)?.iter();
    match (left.next(), left.next()) {
        (Some(&only), None) if !may_end_undecided(graph, graph.step(ix)) => Some(only),
        _ => None,
    }
}

/// Whether a step may end without anybody's decision: an operator leaves it out, a missed deadline ends
/// it, its milestone passes, or there is no instance of it.
fn may_end_undecided(graph: &Graph, step: &Step) -> bool {
    let expires = step.human().and_then(|human| human.enabled_while.as_ref()).is_some_and(|m| m.before.is_some());
    let ladder = graph.step_ladder(&step.key);
    let is_taken = ladder.iter().any(|rung| matches!(rung.action, EscalationAction::TakeOutcome { .. }));
    !step.required || step.multi.is_some() || expires || is_taken
}

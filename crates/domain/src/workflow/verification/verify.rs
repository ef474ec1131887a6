//! From net to verdict: reduce, explore what is left, and explain on the original what is wrong.

use super::compiled::CompiledNet;
use super::diagnosis::{diagnose, explain_reduced};
use super::exploration::{Exploration, Fault, Mode, explore};
use super::reduction::{Workspace, reduce, reduce_by_growing};
use super::state_space::StateSpace;
use super::{Limits, Net, Verdict};

/// Whether the net is sound. Takes part in nothing but its arguments: the same net gives the same
/// verdict, and the same trace, unless time runs out.
pub fn verify(net: &Net, limits: Limits<'_>) -> Verdict {
    let (workspace, explored) = explore_reduced(net, limits);
    let (reduced, numbers) = workspace.compile();
    let suspicion = match explored {
        Exploration::Limited(limit) => return Verdict::Unknown { limit },
        Exploration::Faulty { fault, path } => Suspicion::Marking { fault: Some(fault), path },
        Exploration::Whole(space) => match suspect(net, &workspace, &reduced, &numbers, &space) {
            Some(suspicion) => suspicion,
            None => return Verdict::Sound,
        },
    };
    if let Some(verdict) = diagnose(net, limits) {
        return verdict;
    }
    explain_reduced(net, &workspace, &numbers, shortened(&reduced, suspicion, limits), limits)
}

/// The share of the memory allowed that is spent before the net is reduced further, at a price.
const FIRST_SHARE: usize = 64;

/// Reduces and explores; where that is too much, reduces further and explores again.
pub(super) fn explore_reduced(net: &Net, limits: Limits<'_>) -> (Workspace, Exploration) {
    let mut workspace = reduce(net, limits.expired);
    let first = Limits { bytes: limits.bytes / FIRST_SHARE, ..limits };
    match explore(&workspace.compile().0, Mode::AnyFault, first) {
        Exploration::Limited(_) => {
            reduce_by_growing(&mut workspace, limits.expired);
            let explored = explore(&workspace.compile().0, Mode::AnyFault, limits);
            (workspace, explored)
        }
        explored => (workspace, explored),
    }
}

/// A shorter way to a fault of the reduced net, where one is quickly found: the first one met depth
/// first may be long.
fn shortened(reduced: &CompiledNet, suspicion: Suspicion, limits: Limits<'_>) -> Suspicion {
    let limits = Limits { bytes: limits.bytes / 16, ..limits };
    match (&suspicion, explore(reduced, Mode::ShortestFault, limits)) {
        (Suspicion::Marking { fault: Some(_), .. }, Exploration::Faulty { fault, path }) => {
            Suspicion::Marking { fault: Some(fault), path }
        }
        _ => suspicion,
    }
}

/// What is wrong with the reduced net, hence with the original.
pub(super) enum Suspicion {
    /// A marking, or the last firing before it; no fault of its own if it merely cannot complete.
    Marking { fault: Option<Fault>, path: Vec<usize> },
    /// Steps that never occur, by number.
    DeadSteps(Vec<usize>),
}

fn suspect(
    net: &Net,
    workspace: &Workspace,
    reduced: &CompiledNet,
    numbers: &[usize],
    space: &StateSpace,
) -> Option<Suspicion> {
    if let Some(state) = space.first_without_completion(reduced) {
        return Some(Suspicion::Marking { fault: None, path: space.path_to(state) });
    }
    let occurring = occurring_steps(net, &occurring_transitions(net, workspace, numbers, space));
    let dead: Vec<usize> = (0..net.steps.len()).filter(|&step| !occurring[step]).collect();
    (!dead.is_empty()).then_some(Suspicion::DeadSteps(dead))
}

/// Per original transition, whether it occurs in the reduced net's state space.
pub(super) fn occurring_transitions(
    net: &Net,
    workspace: &Workspace,
    numbers: &[usize],
    space: &StateSpace,
) -> Vec<bool> {
    let mut occurring = workspace.certain().clone();
    for (compiled, &number) in numbers.iter().enumerate() {
        if let Some(transition) = workspace.transition(number).filter(|_| space.has_fired(compiled)) {
            occurring.add_all(&transition.covers);
        }
    }
    (0..net.transitions.len()).map(|transition| occurring.contains(transition)).collect()
}

/// Per step, whether one of its transitions occurs.
pub(super) fn occurring_steps(net: &Net, occurring: &[bool]) -> Vec<bool> {
    let mut steps = vec![false; net.steps.len()];
    for (transition, occurs) in net.transitions.iter().zip(occurring) {
        if let Some(step) = transition.step.filter(|_| *occurs) {
            steps[step.0] = true;
        }
    }
    steps
}

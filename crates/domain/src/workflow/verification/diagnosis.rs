//! What is wrong with an unsound net, told on the original: by searching it in breadth, or, where
//! it is too large for that, by telling a run of the reduced net in original firings.

use super::compiled::{CompiledNet, Overfull};
use super::exploration::{Exploration, Fault, Mode, explore, explore_from};
use super::reduction::Workspace;
use super::slicing::needed_for;
use super::state_space::StateSpace;
use super::verify::{Suspicion, occurring_steps};
use super::{Completion, DeadStep, FiringIx, Limits, Net, PlaceIx, Trace, TraceStep, Verdict, Violation};

/// The share of the memory allowed that a search of the original may take: enough for the graphs that
/// people draw, and it leaves time for the other way.
const SHARE_OF_MEMORY: usize = 16;

/// The shortest evidence on the original net; `None` where it is too large.
pub(super) fn diagnose(net: &Net, limits: Limits<'_>) -> Option<Verdict> {
    let compiled = CompiledNet::of(net);
    let limits = Limits { bytes: limits.bytes / SHARE_OF_MEMORY, ..limits };
    match explore(&compiled, Mode::ShortestFault, limits) {
        Exploration::Limited(_) => None,
        Exploration::Faulty { fault, path } => Some(unsound(violation(net, fault), trace(net, &path, true))),
        Exploration::Whole(space) => judge(net, &compiled, &space),
    }
}

/// What is wrong with a state space none of whose markings is faulty by itself.
fn judge(net: &Net, compiled: &CompiledNet, space: &StateSpace) -> Option<Verdict> {
    if let Some(state) = space.first_without_completion(compiled) {
        let tokens = describe(net, compiled.marked(space.marking(state)));
        return Some(unsound(Violation::Livelock { tokens }, trace(net, &space.path_to(state), true)));
    }
    let fired: Vec<bool> = (0..net.transitions.len()).map(|transition| space.has_fired(transition)).collect();
    let occurring = occurring_steps(net, &fired);
    let dead: Vec<usize> = (0..net.steps.len()).filter(|&step| !occurring[step]).collect();
    (!dead.is_empty()).then(|| dead_steps(net, &dead))
}

/// The reduced net's evidence in original firings: followed until something is wrong, then on to
/// where something is.
pub(super) fn explain_reduced(
    net: &Net,
    workspace: &Workspace,
    numbers: &[usize],
    suspicion: Suspicion,
    limits: Limits<'_>,
) -> Verdict {
    let (fault, path) = match suspicion {
        Suspicion::DeadSteps(dead) => return dead_steps(net, &dead),
        Suspicion::Marking { fault, path } => (fault, path),
    };
    let wanted = match fault {
        Some(Fault::SecondToken(place)) => Some(place),
        _ => None,
    };
    let recipes = path.iter().filter_map(|&compiled| workspace.transition(numbers[compiled]));
    let firings: Vec<usize> =
        recipes.flat_map(|transition| workspace.recipes.expand(transition.recipe, net, wanted)).collect();
    let compiled = CompiledNet::of(net);
    let (followed, marking) = match follow(&compiled, &firings) {
        Followed::Faulty { fault, path } => return sliced(net, &compiled, fault, &path),
        Followed::To { path, marking } => (path, marking),
    };
    let share = |part: usize| Limits { bytes: limits.bytes / part, ..limits };
    let near = explore_from(&compiled, &marking, Mode::ShortestFault, share(SHARE_OF_MEMORY * 16));
    let found = match near {
        Exploration::Limited(_) => explore_from(&compiled, &marking, Mode::AnyFault, share(SHARE_OF_MEMORY)),
        decided => decided,
    };
    match found {
        Exploration::Faulty { fault, path } => sliced(net, &compiled, fault, &[followed, path].concat()),
        Exploration::Whole(_) | Exploration::Limited(_) => {
            let tokens = describe(net, compiled.marked(&marking));
            unsound(Violation::Livelock { tokens }, trace(net, &followed, false))
        }
    }
}

/// The fault with no more of the path than it needs. Only a deadlock needs everything.
fn sliced(net: &Net, compiled: &CompiledNet, fault: Fault, path: &[usize]) -> Verdict {
    let places = match &fault {
        Fault::Deadlock(_) => return unsound(violation(net, fault), trace(net, path, false)),
        Fault::SecondToken(place) => vec![*place],
        Fault::Improper(left) => left.iter().take(1).copied().chain(sink(net)).collect(),
    };
    match follow(compiled, &needed_for(net, path, &places)) {
        Followed::Faulty { fault, path } => unsound(violation(net, fault), trace(net, &path, false)),
        Followed::To { .. } => unsound(violation(net, fault), trace(net, path, false)),
    }
}

fn sink(net: &Net) -> Option<PlaceIx> {
    match net.completion {
        Completion::NoTokenLeft => None,
        Completion::OneTokenOn(place) => Some(place),
    }
}

enum Followed {
    Faulty { fault: Fault, path: Vec<usize> },
    To { path: Vec<usize>, marking: Vec<u64> },
}

fn follow(net: &CompiledNet, firings: &[usize]) -> Followed {
    let mut marking = net.initial.clone();
    let mut after = marking.clone();
    let mut path = Vec::new();
    for &transition in firings.iter().filter(|&&transition| transition < net.transitions().len()) {
        if !net.is_enabled(transition, &marking) {
            break;
        }
        path.push(transition);
        match net.fire(transition, &marking, &mut after) {
            Err(Overfull::SecondToken(place)) => {
                return Followed::Faulty { fault: Fault::SecondToken(place), path };
            }
            Err(Overfull::Uncountable) => break,
            Ok(()) => std::mem::swap(&mut marking, &mut after),
        }
        if net.is_improper(&marking) {
            return Followed::Faulty { fault: Fault::Improper(net.left_over(&marking)), path };
        }
    }
    Followed::To { path, marking }
}

fn unsound(violation: Violation, trace: Trace) -> Verdict {
    Verdict::Unsound { violation, trace }
}

fn violation(net: &Net, fault: Fault) -> Violation {
    match fault {
        Fault::SecondToken(place) => Violation::TwoTokens { place: net.describe_place(place) },
        Fault::Deadlock(places) => Violation::Deadlock { waiting: describe(net, places) },
        Fault::Improper(places) => Violation::ImproperCompletion { left: describe(net, places) },
    }
}

fn describe(net: &Net, places: impl IntoIterator<Item = PlaceIx>) -> Vec<String> {
    places.into_iter().map(|place| net.describe_place(place)).collect()
}

fn trace(net: &Net, firings: &[usize], is_shortest: bool) -> Trace {
    let steps = firings.iter().filter_map(|&firing| trace_step(net, FiringIx(firing))).collect();
    Trace { steps, is_shortest }
}

fn trace_step(net: &Net, firing: FiringIx) -> Option<TraceStep> {
    let transition = &net.transitions[firing.0];
    let step = &net.steps[transition.step?.0];
    Some(TraceStep {
        key: step.key.clone(),
        name: step.name.clone(),
        outcome: transition.outcome.clone(),
        leads_to: transition.leads_to.iter().map(|next| net.steps[next.0].key.clone()).collect(),
    })
}

/// The steps that never occur, each with the places that no token ever comes to.
fn dead_steps(net: &Net, dead: &[usize]) -> Verdict {
    let reached = possibly_marked(net);
    let steps = dead.iter().map(|&step| {
        let own = net.transitions.iter().filter(|transition| transition.step.is_some_and(|own| own.0 == step));
        let needs = own.flat_map(|transition| transition.consumed.iter().chain(&transition.read));
        let mut missing: Vec<PlaceIx> = needs.copied().filter(|place| !reached[place.0]).collect();
        missing.sort_unstable();
        missing.dedup();
        let label = &net.steps[step];
        DeadStep { key: label.key.clone(), name: label.name.clone(), missing: describe(net, missing) }
    });
    unsound(Violation::DeadSteps { steps: steps.collect() }, Trace { steps: Vec::new(), is_shortest: true })
}

/// Places that a token may come to if tokens are never used up: no others ever hold one.
fn possibly_marked(net: &Net) -> Vec<bool> {
    let mut reached: Vec<bool> = net.places.iter().map(|place| place.initial > 0).collect();
    let mut waiting: Vec<usize> = (0..net.transitions.len()).collect();
    loop {
        let before = waiting.len();
        waiting.retain(|&transition| {
            let transition = &net.transitions[transition];
            let possible = transition.consumed.iter().chain(&transition.read).all(|place| reached[place.0]);
            if possible {
                for place in &transition.produced {
                    reached[place.0] = true;
                }
            }
            !possible
        });
        if waiting.len() == before {
            return reached;
        }
    }
}

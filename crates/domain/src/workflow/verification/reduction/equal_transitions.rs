//! Transitions that do the same (Murata 1989, section V.C: fusion of parallel transitions), or
//! the same but for the sinks they put tokens on.
//!
//! Of two transitions with the same needs, resets and results one is enough; both occur or neither.
//! If their results differ in sinks only, they become one that puts tokens on the sinks of both:
//! tokens on sinks enable nothing and keep nothing from being complete, they only may not be two.
//! If two meet on a sink in the reduced net, choosing at each firing the transition that produces
//! on that sink lets two meet there in the original net, and the other way round.

use std::collections::BTreeMap;

use super::Workspace;
use crate::workflow::verification::PlaceIx;

pub(super) fn apply(workspace: &mut Workspace) -> bool {
    let mut seen: BTreeMap<_, usize> = BTreeMap::new();
    let mut changed = false;
    for ix in workspace.transition_numbers() {
        let Some(transition) = workspace.transition(ix) else { continue };
        let results: Vec<PlaceIx> =
            transition.produced.iter().copied().filter(|&place| !workspace.is_sink(place)).collect();
        let does = (transition.consumed.clone(), transition.read.clone(), transition.reset, results);
        match seen.get(&does).copied() {
            None => {
                seen.insert(does, ix);
            }
            Some(earlier) => {
                let merged = merge(workspace, earlier, ix);
                seen.extend(merged.map(|merged| (does, merged)));
                changed = true;
            }
        }
    }
    changed
}

fn merge(workspace: &mut Workspace, one: usize, other: usize) -> Option<usize> {
    let other = workspace.remove(other)?;
    let mut merged = workspace.remove(one)?;
    if merged.produced != other.produced {
        merged.produced = largest(&merged.produced, &other.produced);
        merged.recipe = workspace.recipes.either(merged.recipe, other.recipe);
    }
    merged.covers.add_all(&other.covers);
    Some(workspace.add(merged))
}

/// Each place as often as in that list which names it more often. Both lists are sorted.
fn largest(one: &[PlaceIx], other: &[PlaceIx]) -> Vec<PlaceIx> {
    let mut all = one.to_vec();
    let mut left = one.to_vec();
    for place in other {
        match left.iter().position(|kept| kept == place) {
            Some(at) => {
                left.swap_remove(at);
            }
            None => all.push(*place),
        }
    }
    all
}

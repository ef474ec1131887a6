//! Places that always hold the same (Murata 1989, section V.C: fusion of parallel places).
//!
//! Two places with the same producers, consumers and resets hold the same tokens in every marking,
//! so one of them is enough. A sink is also told by a sink that is produced on at least whenever
//! it is: if two tokens meet on the one, two meet on the other.

use std::collections::{BTreeMap, BTreeSet};

use super::Workspace;
use crate::workflow::verification::PlaceIx;

pub(super) fn apply(workspace: &mut Workspace) -> bool {
    let equal = equal_to_another(workspace);
    for &place in &equal {
        workspace.remove_place(place);
    }
    let told = told_by_another_sink(workspace);
    for &sink in &told {
        workspace.remove_place(sink);
    }
    !equal.is_empty() || !told.is_empty()
}

fn equal_to_another(workspace: &Workspace) -> Vec<PlaceIx> {
    let mut seen = BTreeSet::new();
    let mut equal = Vec::new();
    for place in workspace.removable_places().into_iter().filter(|&place| single_arcs(workspace, place)) {
        let (producers, consumers) = (workspace.producers(place), workspace.consumers(place));
        if !seen.insert((producers, consumers, workspace.reset_by(place), workspace.is_sink(place))) {
            equal.push(place);
        }
    }
    equal
}

/// Sinks whose producers all produce on one other sink that stays.
fn told_by_another_sink(workspace: &Workspace) -> Vec<PlaceIx> {
    let sinks = workspace.removable_places().into_iter();
    let mut sinks: Vec<PlaceIx> =
        sinks.filter(|&place| workspace.is_sink(place) && single_arcs(workspace, place)).collect();
    // The larger ones first: what tells a sink is kept before the sink is looked at.
    sinks.sort_by_key(|&sink| std::cmp::Reverse(workspace.producers(sink).len()));
    let mut kept: BTreeMap<usize, Vec<PlaceIx>> = BTreeMap::new();
    let mut told = Vec::new();
    for sink in sinks {
        let producers = workspace.producers(sink);
        let Some(first) = producers.first() else {
            told.push(sink);
            continue;
        };
        let tells =
            |&other: &PlaceIx| workspace.reset_alike(sink, other) && producers.is_subset(workspace.producers(other));
        if kept.get(first).is_some_and(|others| others.iter().any(tells)) {
            told.push(sink);
        } else {
            for &producer in producers {
                kept.entry(producer).or_default().push(sink);
            }
        }
    }
    told
}

/// No transition produces on it, or consumes from it, more than one token at once.
fn single_arcs(workspace: &Workspace, place: PlaceIx) -> bool {
    let once = |places: &[PlaceIx]| places.iter().filter(|&&named| named == place).count() <= 1;
    let single = |ix: &usize| workspace.transition(*ix).is_some_and(|t| once(&t.consumed) && once(&t.produced));
    workspace.producers(place).iter().chain(workspace.consumers(place)).all(single)
}

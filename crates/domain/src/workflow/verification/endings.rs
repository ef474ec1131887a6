//! One way in which a step ends, as transitions of a net.

use super::{Net, NetStepIx, NetTransition, PlaceIx, SomeBranch, add_some_split};
use crate::workflow::{Outcome, TransitionIx};

/// One way in which a step ends.
#[derive(Debug, Clone, Default)]
pub(super) struct Ending {
    /// What the step ends with.
    pub outcome: Option<Outcome>,
    /// The transitions that it takes.
    pub taken: Vec<TransitionIx>,
    /// Of these it takes at least one.
    pub optional: Vec<TransitionIx>,
    /// Where a token goes for each optional transition that it does not take.
    pub skipped: Vec<PlaceIx>,
    /// Where further tokens go.
    pub produced: Vec<PlaceIx>,
    /// What is emptied.
    pub reset: Vec<PlaceIx>,
    /// Whether everything is emptied.
    pub cancels_the_rest: bool,
    /// Whether the step does not really end: a boundary event or its visit limit cancels it.
    pub is_interrupted: bool,
}

/// Adds an ending to a transition that has its step and what it consumes. `place` says where a token on
/// a transition of the graph is, and to which step it leads.
pub(super) fn add_ending(
    net: &mut Net,
    start: NetTransition,
    ending: Ending,
    place: &dyn Fn(TransitionIx) -> (PlaceIx, NetStepIx),
) {
    let Ending { outcome, taken, optional, skipped, mut produced, reset, cancels_the_rest: _, is_interrupted: _ } =
        ending;
    let (entrances, leads_to): (Vec<PlaceIx>, Vec<NetStepIx>) = taken.iter().map(|&t| place(t)).unzip();
    produced.extend(entrances);
    let outcome = outcome.map(|outcome| outcome.to_string());
    let start = NetTransition { outcome, leads_to, produced, reset, ..start };
    if optional.is_empty() {
        net.add_transition(start);
        return;
    }
    let branches: Vec<SomeBranch> =
        optional.iter().map(|&t| SomeBranch { taken: place(t).0, skipped: skipped.first().copied() }).collect();
    add_some_split(net, start, &branches);
}

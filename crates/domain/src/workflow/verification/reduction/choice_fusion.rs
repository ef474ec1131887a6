//! Places whose token alone decides what happens next (Berthelot, "Transformations and
//! decompositions of nets", 1987: post-agglomeration; Murata 1989: fusion of series places and of
//! series transitions are its cases of one consumer; the abstraction of Desel and Esparza, "Free
//! Choice Petri Nets", 1995, section 7.1, its case of one producer).
//!
//! If every consumer of a place needs only the token there, each may fire as soon as the token
//! arrives, whatever happens elsewhere. So each producer is fused with each consumer, and the place
//! goes. Any run can be reordered so that the consumer follows at once, hence:
//! - completion: a marking with the token pending completes exactly if the marking after some
//!   consumer does, and those are the markings that are left;
//! - one token: two tokens on the place mean two firings of one consumer, so two tokens on a place
//!   that it produces on; therefore some consumer must produce where one token is the most;
//! - proper completion: the end reached with the token pending means it reached with something
//!   pending after that consumer too;
//! - no dead step: a consumer occurs exactly if a producer does.
//!
//! Consumers with resets would empty others too early, and consumers with read arcs need more than
//! the token: both keep the place. Other transitions' resets must treat the place and the places
//! after it alike, or a token could escape, or meet, a reset that the original would not.

use super::Workspace;
use super::workspace::WorkTransition;
use crate::workflow::verification::PlaceIx;

/// Fuses wherever that leaves at most `growth` more transitions than there were.
pub(super) fn apply(workspace: &mut Workspace, growth: isize) -> bool {
    let mut changed = false;
    for place in workspace.removable_places() {
        let grows_by = grows_by(workspace, place);
        let stays_simple = workspace.consumers(place).len() == 1 || is_pure_routing(workspace, place);
        let allowed = if stays_simple { grows_by <= growth } else { growth > 0 && grows_by <= 0 };
        if allowed && is_choice(workspace, place) {
            fuse(workspace, place);
            changed = true;
        }
    }
    changed
}

/// Whether every producer produces there only: choices at forks multiply the forks instead.
fn is_pure_routing(workspace: &Workspace, place: PlaceIx) -> bool {
    workspace.producers(place).iter().filter_map(|&ix| workspace.transition(ix)).all(|t| t.produced == [place])
}

fn grows_by(workspace: &Workspace, place: PlaceIx) -> isize {
    let (producers, consumers) = (workspace.producers(place).len(), workspace.consumers(place).len());
    let pairs = isize::try_from(producers * consumers).unwrap_or(isize::MAX);
    pairs.saturating_sub_unsigned(producers + consumers)
}

fn is_choice(workspace: &Workspace, place: PlaceIx) -> bool {
    let fusable = |consumer: &WorkTransition| {
        consumer.only_consumes(place)
            && !consumer.produced.contains(&place)
            && consumer.produced.iter().all(|&next| workspace.reset_alike(place, next))
    };
    let shows_two = |consumer: &WorkTransition| {
        consumer.produced.iter().any(|&next| workspace.holds_one_at_most(next) && workspace.counts_at_completion(next))
    };
    let consumers = || workspace.consumers(place).iter().filter_map(|&ix| workspace.transition(ix));
    let once = |producer: &WorkTransition| producer.produced.iter().filter(|&&next| next == place).count() == 1;
    consumers().all(fusable)
        && consumers().any(shows_two)
        && workspace.producers(place).iter().filter_map(|&ix| workspace.transition(ix)).all(once)
}

fn fuse(workspace: &mut Workspace, place: PlaceIx) {
    let take = |workspace: &mut Workspace, numbers: Vec<usize>| -> Vec<WorkTransition> {
        numbers.into_iter().filter_map(|ix| workspace.remove(ix)).collect()
    };
    let consumers = take(workspace, workspace.consumers(place).iter().copied().collect());
    let producers = take(workspace, workspace.producers(place).iter().copied().collect());
    for producer in &producers {
        for consumer in &consumers {
            let rest = producer.produced.iter().copied().filter(|&next| next != place);
            let fused = WorkTransition {
                consumed: producer.consumed.clone(),
                produced: rest.chain(consumer.produced.iter().copied()).collect(),
                read: producer.read.clone(),
                reset: producer.reset,
                recipe: workspace.recipes.then(producer.recipe, consumer.recipe),
                covers: producer.covers.union(&consumer.covers),
            };
            workspace.add(fused);
        }
    }
    workspace.remove_place(place);
}

//! Joins that only lead into other joins (Berthelot 1987: pre-agglomeration; Murata 1989: fusion of
//! series transitions is its case of one consumer).
//!
//! If a transition has one result, the place, and nothing else competes for the tokens that it
//! needs, then it may as well wait until its result is needed: it is fused with each consumer of the
//! place, and the place goes. Nobody else can take the tokens meanwhile, hence:
//! - completion: a marking with a token on the place completes exactly if the one before, with the
//!   tokens still in front of the transition, does;
//! - one token: two tokens on the place mean two on each place in front of it, had the last two
//!   firings waited; this needs a place in front, and a single producer, since two producers would
//!   each hold one token;
//! - proper completion: as for completion, again since there is a place in front;
//! - no dead step: if the transition can fire but no consumer ever can, a token is stuck, before and
//!   after, which is a violation either way; otherwise it occurs exactly if some consumer does.
//!
//! Neither transition may read what the other changes, and resets must treat the place and the
//! places in front of it alike.

use super::Workspace;
use super::workspace::WorkTransition;
use crate::workflow::verification::PlaceIx;

pub(super) fn apply(workspace: &mut Workspace) -> bool {
    let mut changed = false;
    for place in workspace.removable_places() {
        if let Some(join) = waiting_join(workspace, place) {
            fuse(workspace, place, join);
            changed = true;
        }
    }
    changed
}

/// The only producer of the place, if it may wait for the place's consumers.
fn waiting_join(workspace: &Workspace, place: PlaceIx) -> Option<usize> {
    let producers = workspace.producers(place);
    let (&ix, 1) = (producers.first()?, producers.len()) else { return None };
    let join = workspace.transition(ix)?;
    let undisputed = |front: &PlaceIx| {
        workspace.consumers(*front).len() == 1
            && workspace.holds_one_at_most(*front)
            && workspace.counts_at_completion(*front)
            && workspace.reset_alike(*front, place)
            && !workspace.is_read(*front)
    };
    let distinct = join.consumed.windows(2).all(|pair| pair[0] != pair[1]);
    let may_wait = join.produced == [place]
        && join.is_plain()
        && distinct
        && !join.consumed.is_empty()
        && join.consumed.iter().all(undisputed);
    let once = |consumer: &WorkTransition| consumer.consumed.iter().filter(|&&used| used == place).count() == 1;
    let consumers = workspace.consumers(place);
    let consumed_singly = consumers.iter().filter_map(|&consumer| workspace.transition(consumer)).all(once);
    (may_wait && consumed_singly && !consumers.is_empty() && !consumers.contains(&ix)).then_some(ix)
}

fn fuse(workspace: &mut Workspace, place: PlaceIx, join: usize) {
    let consumers = workspace.consumers(place).clone();
    let Some(join) = workspace.remove(join) else { return };
    for ix in consumers {
        let Some(consumer) = workspace.remove(ix) else { continue };
        let rest = consumer.consumed.iter().copied().filter(|&used| used != place);
        let fused = WorkTransition {
            consumed: rest.chain(join.consumed.iter().copied()).collect(),
            recipe: workspace.recipes.then(join.recipe, consumer.recipe),
            covers: join.covers.union(&consumer.covers),
            ..consumer
        };
        workspace.add(fused);
    }
    workspace.remove_place(place);
}

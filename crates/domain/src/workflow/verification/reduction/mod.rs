//! Reduction of a net before it is explored, by rules that keep the verdict exactly: option to
//! complete, proper completion, no dead step, one token at most.
//!
//! Each rule has its own file, with its source and the argument why it keeps the verdict under
//! *our* definition; the sources argue for liveness and boundedness. Rules apply to nets of any
//! structure: each checks locally what it needs, so nothing here relies on free choice, and an
//! unsound net reduces to an unsound one. Places with reset arcs take part only where every
//! reset treats the places involved alike (Wynn, Verbeek, van der Aalst, ter Hofstede, Edmond,
//! "Soundness-preserving reduction rules for reset workflow nets", 2009).

mod choice_fusion;
mod equal_places;
mod equal_transitions;
mod firing_set;
mod idle_loops;
mod join_fusion;
mod recipe;
mod swallowing;
mod workspace;

pub(super) use firing_set::FiringSet;
pub(super) use recipe::{RecipeIx, Recipes};
pub(super) use workspace::Workspace;

use super::Net;

/// The most transitions by which one fusion may make the net grow; it may make it shrink later.
const MOST_GROWTH: isize = 256;

/// Applies the rules that never make the net grow, until none applies or time is up: what is left by
/// then is no less right.
pub(super) fn reduce(net: &Net, expired: &dyn Fn() -> bool) -> Workspace {
    let mut workspace = Workspace::new(net);
    while !expired() && apply(&mut workspace, 0) {}
    workspace
}

/// Goes on with fusions that make the net grow a little, then more: the others may shrink it again.
pub(super) fn reduce_by_growing(workspace: &mut Workspace, expired: &dyn Fn() -> bool) {
    let mut growth = 1;
    while growth <= MOST_GROWTH && !expired() {
        growth = if apply(workspace, growth) { 0 } else { (growth * 4).max(1) };
    }
}

/// Applies each rule once everywhere; whether anything changed.
fn apply(workspace: &mut Workspace, growth: isize) -> bool {
    let changed = [
        swallowing::apply(workspace),
        idle_loops::apply(workspace),
        equal_transitions::apply(workspace),
        equal_places::apply(workspace),
        choice_fusion::apply(workspace, growth),
        join_fusion::apply(workspace),
    ];
    changed.contains(&true)
}

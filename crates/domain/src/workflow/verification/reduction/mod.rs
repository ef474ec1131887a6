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

/// Applies the rules until none applies. Deterministic.
pub(super) fn reduce(net: &Net) -> Workspace {
    let mut workspace = Workspace::new(net);
    let mut growth = Growth::Forbidden;
    loop {
        let changed = [
            swallowing::apply(&mut workspace),
            idle_loops::apply(&mut workspace),
            equal_transitions::apply(&mut workspace),
            equal_places::apply(&mut workspace),
            choice_fusion::apply(&mut workspace, growth),
            join_fusion::apply(&mut workspace),
        ];
        growth = match (changed.contains(&true), growth) {
            (true, _) => Growth::Forbidden,
            (false, Growth::Forbidden) => Growth::Least,
            (false, Growth::Least) => return workspace,
        };
    }
}

/// Whether a rule may leave more transitions than it found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Growth {
    /// Never.
    Forbidden,
    /// Once, where it grows least.
    Least,
}

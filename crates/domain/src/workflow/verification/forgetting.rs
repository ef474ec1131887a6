//! Ends that swallow a token before the next one comes.

use super::{Completion, Net, NetTransition, PlaceIx, PlaceRole};

/// Makes every way into an end that swallows each token alone forget the last token when the next one
/// comes: a run never rests there, so that no two meet. Whether anything was changed.
pub(super) fn forget_ended_branches(net: &mut Net) -> bool {
    let into_end: Vec<PlaceIx> =
        net.places().filter(|(_, place)| leads_to_end(net, &place.role)).map(|(ix, _)| ix).collect();
    let forgetful: Vec<PlaceIx> = into_end.into_iter().filter(|&place| is_only_swallowed(net, place)).collect();
    if net.completion() != Completion::NoTokenLeft || forgetful.is_empty() {
        return false;
    }
    for transition in &mut net.transitions {
        let reset: Vec<PlaceIx> = transition.produced.iter().copied().filter(|to| forgetful.contains(to)).collect();
        transition.reset.extend(reset);
    }
    true
}

fn leads_to_end(net: &Net, role: &PlaceRole) -> bool {
    matches!(role, PlaceRole::Edge { to, .. } if net.step(*to).is_end)
}

fn is_only_swallowed(net: &Net, place: PlaceIx) -> bool {
    let swallows = |transition: &NetTransition| {
        transition.consumed == [place] && transition.produced.is_empty() && transition.reset.is_empty()
    };
    net.transitions.iter().all(|transition| !transition.consumed.contains(&place) || swallows(transition))
}

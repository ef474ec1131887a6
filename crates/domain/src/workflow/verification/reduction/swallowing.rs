//! Ends that swallow their token.
//!
//! A place whose tokens can only be swallowed, each alone and at any time, becomes a sink: its
//! swallowing transitions go, its tokens stay, and runs are complete with them. Swallowing
//! enables and disables nothing, so no order of it matters; a run that is complete with tokens on
//! sinks becomes empty by swallowing them; and two tokens can meet there exactly if two can be put
//! there, since swallowing is never forced. The swallowing steps occur exactly if a token arrives.
//! (BPMN's implicit termination; cf. Kiepuszewski, ter Hofstede, van der Aalst, "Fundamentals of
//! control flow in workflows", 2003, on several final tasks.)

use super::Workspace;
use crate::workflow::verification::{Completion, PlaceIx};

pub(super) fn apply(workspace: &mut Workspace) -> bool {
    if workspace.completion() != Completion::NoTokenLeft {
        return false;
    }
    let swallowing: Vec<PlaceIx> =
        workspace.removable_places().into_iter().filter(|&place| only_swallowed(workspace, place)).collect();
    for &place in &swallowing {
        for ix in workspace.consumers(place).clone() {
            if let Some(swallow) = workspace.remove(ix) {
                workspace.cover_by_arrival(place, &swallow.covers);
            }
        }
        workspace.make_sink(place);
    }
    !swallowing.is_empty()
}

fn only_swallowed(workspace: &Workspace, place: PlaceIx) -> bool {
    let consumers = workspace.consumers(place);
    let swallows = |ix: &usize| {
        workspace.transition(*ix).is_some_and(|swallow| swallow.only_consumes(place) && swallow.produced.is_empty())
    };
    !consumers.is_empty() && consumers.iter().all(swallows)
}

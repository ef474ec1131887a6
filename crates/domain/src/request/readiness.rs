//! Whether an open step can be worked as its request stands, whoever asks.

use crate::ids::RequestStepId;
use crate::request::{OpenStep, RequestState};
use crate::workflow::{Graph, HumanStep, StepKey};

/// What keeps everybody from working an open step for now.
pub(super) enum Blocked<'a> {
    /// This step must end first: the milestone.
    Milestone(&'a StepKey),
    /// This step with the same mutex is being worked.
    Mutex(&'a StepKey),
}

/// Nothing, or the first thing that keeps an open step from being worked.
pub(super) fn blocked<'a>(
    graph: &'a Graph,
    state: &'a RequestState,
    id: RequestStepId,
    open: &OpenStep,
) -> Option<Blocked<'a>> {
    let human = human_of(graph, open)?;
    let after = human.enabled_while.as_ref().and_then(|milestone| milestone.after.as_ref());
    if let Some(after) = after.filter(|after| !state.has_ended(after)) {
        return Some(Blocked::Milestone(after));
    }
    let mutex = human.mutex.as_ref()?;
    let holds = |other: &OpenStep| {
        other.claimed_by().is_some() && human_of(graph, other).is_some_and(|human| human.mutex.as_ref() == Some(mutex))
    };
    let rival = state.open.iter().find(|(other, open)| **other != id && holds(open));
    rival.map(|(_, open)| Blocked::Mutex(&open.step))
}

fn human_of<'a>(graph: &'a Graph, open: &OpenStep) -> Option<&'a HumanStep> {
    graph.step(graph.find(&open.step)?).human()
}

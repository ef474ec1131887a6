use crate::workflow::{Graph, StepIx, TransitionIx};

/// Which steps a walk from `seeds` meets, following `next` from step to transitions and `end` from
/// transition to step. Indexed by step.
fn walk(graph: &Graph, seeds: Vec<StepIx>, next: impl Fn(StepIx) -> Vec<StepIx>) -> Vec<bool> {
    let mut seen = vec![false; graph.steps.len()];
    let mut stack = seeds;
    while let Some(step) = stack.pop() {
        if !std::mem::replace(&mut seen[step.0 as usize], true) {
            stack.extend(next(step));
        }
    }
    seen
}

/// Steps that some path from the start enters.
pub(super) fn from_start(graph: &Graph) -> Vec<bool> {
    walk(graph, vec![graph.start], |step| {
        let mut next = targets(graph, graph.outgoing(step));
        next.extend(boundaries_around(graph, step));
        next
    })
}

/// Whether a step may start several times in one request: it lies on a cycle, or allows several tokens.
pub(super) fn is_repeated(graph: &Graph, step: StepIx) -> bool {
    let after = |step: StepIx| {
        let mut next = targets(graph, graph.outgoing(step));
        next.extend(boundaries_around(graph, step));
        next
    };
    graph.step(step).allow_multiple || walk(graph, after(step), after)[step.0 as usize]
}

/// The boundary events that can fire while a step is open: its own and those of the scopes around it.
fn boundaries_around(graph: &Graph, step: StepIx) -> Vec<StepIx> {
    let hosts = graph.scopes_around(step).map(|scope| &scope.key).chain([&graph.step(step).key]);
    hosts.flat_map(|host| graph.boundaries_of(host)).map(|(ix, _)| ix).collect()
}

/// Steps that some path from the start enters without `unfinished` having ended: it may be open, and left
/// by a boundary event.
pub(super) fn from_start_before_end_of(graph: &Graph, unfinished: StepIx) -> Vec<bool> {
    walk(graph, vec![graph.start], |step| {
        let ended = if step == unfinished { Vec::new() } else { targets(graph, graph.outgoing(step)) };
        [ended, boundaries_around(graph, step)].concat()
    })
}

/// Steps from which some path leads to one of `goals`.
pub(super) fn to_any(graph: &Graph, goals: Vec<StepIx>) -> Vec<bool> {
    walk(graph, goals, |step| {
        let mut previous: Vec<StepIx> = graph.incoming(step).iter().map(|&t| graph.transition(t).from).collect();
        previous.extend(hosts(graph, step));
        previous
    })
}

/// The steps at which a boundary event can fire.
fn hosts(graph: &Graph, boundary: StepIx) -> Vec<StepIx> {
    let Some(host) = graph.host_of(boundary) else { return Vec::new() };
    let inside = graph.scopes().filter(|scope| scope.key == *host).flat_map(|scope| scope.steps.iter().copied());
    inside.chain(graph.find(host)).collect()
}

fn targets(graph: &Graph, transitions: &[TransitionIx]) -> Vec<StepIx> {
    transitions.iter().map(|&t| graph.transition(t).to).collect()
}

/// A step on a cycle of steps none of which waits, if there is one (Kahn's algorithm on the
/// automatic steps: what cannot be removed lies on or behind a cycle).
pub(super) fn automatic_cycle(graph: &Graph) -> Option<StepIx> {
    let automatic = |ix: StepIx| {
        let step = graph.step(ix);
        step.is_automatic() && step.max_visits.is_none()
    };
    let mut waiting_for: Vec<usize> = graph
        .steps()
        .map(|(ix, _)| graph.incoming(ix).iter().filter(|&&t| automatic(graph.transition(t).from)).count())
        .collect();
    let mut removable: Vec<StepIx> =
        graph.steps().map(|(ix, _)| ix).filter(|&ix| automatic(ix) && waiting_for[ix.0 as usize] == 0).collect();
    let mut left: Vec<bool> = graph.steps().map(|(ix, _)| automatic(ix)).collect();
    while let Some(step) = removable.pop() {
        left[step.0 as usize] = false;
        for target in targets(graph, graph.outgoing(step)) {
            waiting_for[target.0 as usize] -= 1;
            if waiting_for[target.0 as usize] == 0 && automatic(target) {
                removable.push(target);
            }
        }
    }
    let kept = |ix: &StepIx| left[ix.0 as usize];
    let behind = graph.steps().map(|(ix, _)| ix).find(kept)?;
    // Whatever is left has a predecessor that is left; going back often enough comes into a cycle.
    graph.steps().try_fold(behind, |step, _| graph.incoming(step).iter().map(|&t| graph.transition(t).from).find(kept))
}

//! Plays a trace on the net that it belongs to, to see what it claims.

use nexusflow_domain::workflow::verification::{Net, NetTransition, Trace, TraceStep, Violation};

use super::brute_force::{Marking, Reader};

/// Whether the trace can be played and ends in the violation. Only for nets without silent
/// transitions, and not for what no run shows. Transitions may look the same in a trace, so every
/// marking that it may lead to is followed.
pub fn shows(net: &Net, trace: &Trace, violation: &Violation) -> Result<(), String> {
    let reader = Reader::new(net);
    let mut markings = vec![reader.initial()];
    for (at, step) in trace.steps.iter().enumerate() {
        markings.retain(|marking| !reader.overfull(marking) && !reader.improper(marking));
        markings = markings.iter().flat_map(|marking| play(net, &reader, marking, step)).collect();
        if markings.is_empty() {
            return Err(format!("step {at}, {}, cannot occur, or something is wrong before it", step.key));
        }
    }
    let shown = |marking: &Marking| match violation {
        Violation::TwoTokens { .. } => reader.overfull(marking),
        Violation::ImproperCompletion { .. } => reader.improper(marking),
        Violation::Deadlock { .. } => reader.stuck(marking) && !reader.complete(marking),
        Violation::Livelock { .. } => !reader.complete(marking),
        Violation::DeadSteps { .. } => trace.steps.is_empty(),
    };
    if markings.iter().any(shown) { Ok(()) } else { Err(format!("the trace does not end in {violation}")) }
}

fn play(net: &Net, reader: &Reader<'_>, marking: &Marking, step: &TraceStep) -> Vec<Marking> {
    let looks_the_same = |transition: &NetTransition| {
        let key = |ix| net.step(ix).key.as_str();
        transition.step.map(key) == Some(&step.key)
            && transition.outcome == step.outcome
            && transition.leads_to.iter().map(|&ix| key(ix)).eq(step.leads_to.iter().map(String::as_str))
    };
    let same = net.transitions().map(|(_, transition)| transition).filter(|transition| looks_the_same(transition));
    same.filter_map(|transition| reader.after(transition, marking)).collect()
}

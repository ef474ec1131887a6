//! Plays a trace on the net that it belongs to, to see what it claims.

use nexusflow_domain::workflow::verification::{Net, NetTransition, Trace, TraceStep, Violation};

use super::brute_force::{Marking, Reader};

/// Whether the trace can be played and ends in the violation. Only for nets without silent
/// transitions, and not for what no run shows.
pub fn shows(net: &Net, trace: &Trace, violation: &Violation) -> Result<(), String> {
    let reader = Reader::new(net);
    let mut marking = reader.initial();
    for (at, step) in trace.steps.iter().enumerate() {
        if reader.overfull(&marking) || reader.improper(&marking) {
            return Err(format!("something is wrong before step {at} already"));
        }
        marking = play(net, &reader, &marking, step).ok_or(format!("step {at}, {}, cannot occur", step.key))?;
    }
    let shown = match violation {
        Violation::TwoTokens { .. } => reader.overfull(&marking),
        Violation::ImproperCompletion { .. } => reader.improper(&marking),
        Violation::Deadlock { .. } => reader.stuck(&marking) && !reader.complete(&marking),
        Violation::Livelock { .. } => !reader.complete(&marking),
        Violation::DeadSteps { .. } => trace.steps.is_empty(),
    };
    if shown { Ok(()) } else { Err(format!("the trace does not end in {violation}")) }
}

/// Several transitions of a step may look the same in a trace, and then do the same in a flow graph.
fn play(net: &Net, reader: &Reader<'_>, marking: &Marking, step: &TraceStep) -> Option<Marking> {
    let looks_the_same = |transition: &NetTransition| {
        let key = |ix| net.step(ix).key.as_str();
        transition.step.map(key) == Some(&step.key)
            && transition.outcome == step.outcome
            && transition.leads_to.iter().map(|&ix| key(ix)).eq(step.leads_to.iter().map(String::as_str))
    };
    net.transitions()
        .map(|(_, transition)| transition)
        .filter(|t| looks_the_same(t))
        .find_map(|t| reader.after(t, marking))
}

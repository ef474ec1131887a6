//! Which transitions a finished step takes, and when timers fire, on a request's variables.

use chrono::DateTime;
use serde_json::Value;

use crate::duration::moved;
use crate::request::Refusal;
use crate::workflow::expression::{COST_LIMIT, Expression, Fuel, Scope};
use crate::workflow::{Graph, Outcome, Split, StepIx, Timer, Transition, TransitionIx};
use crate::{JsonMap, Timestamp};

/// Which transitions a finished step takes on these variables.
pub(super) fn route(
    graph: &Graph,
    ix: StepIx,
    outcome: Option<&Outcome>,
    variables: &JsonMap,
) -> Result<Vec<TransitionIx>, Refusal> {
    let step = graph.step(ix);
    let candidates: Vec<(TransitionIx, &Transition)> = graph.of_outcome(ix, outcome).collect();
    if step.split == Split::All {
        return Ok(candidates.into_iter().map(|(t, _)| t).collect());
    }
    let mut chosen = Vec::new();
    for (t, transition) in candidates.iter().filter(|(_, transition)| !transition.is_default) {
        let holds = transition.condition.as_ref().map_or(Ok(true), |condition| condition.holds(variables));
        if holds.map_err(|mismatch| Refusal::VariableType { step: step.key.clone(), mismatch })? {
            chosen.push(*t);
            if step.split == Split::One {
                break;
            }
        }
    }
    if chosen.is_empty() {
        chosen.extend(candidates.iter().filter(|(_, transition)| transition.is_default).map(|(t, _)| *t));
    }
    if chosen.is_empty() { Err(Refusal::NoTransition { step: step.key.clone() }) } else { Ok(chosen) }
}

/// When a timer that is armed `now` fires; never before.
pub(super) fn fires_at(
    graph: &Graph,
    step: StepIx,
    timer: &Timer,
    now: Timestamp,
    variables: &JsonMap,
) -> Result<Timestamp, Refusal> {
    match timer {
        Timer::After(duration) => Ok(moved(now, duration.as_delta())),
        Timer::Until(expression) => instant(expression, variables).map(|at| at.max(now)).ok_or_else(|| {
            let (step, expression) = (graph.step(step).key.clone(), expression.source().to_owned());
            Refusal::NotAnInstant { step, expression }
        }),
    }
}

/// The instant that an expression makes.
fn instant(expression: &Expression, variables: &JsonMap) -> Option<Timestamp> {
    let Value::String(text) = expression.evaluate(&Scope::new(variables), &mut Fuel::new(COST_LIMIT)).ok()? else {
        return None;
    };
    let at = DateTime::parse_from_rfc3339(&text).ok()?.to_utc();
    Timestamp::from_timestamp_micros(at.timestamp_micros())
}

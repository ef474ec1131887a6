//! Why a step went where it went: its transitions, each with what became of its condition.

use crate::request::{RequestEvent, RequestState};
use crate::workflow::expression::{COST_LIMIT, Declarations, Explanation, Fuel, InputSchema, Scope};
use crate::workflow::{Graph, Outcome, StepKey, Token};

/// What a finished step chose between.
#[derive(Debug, Clone, PartialEq)]
pub struct Branching {
    /// The step.
    pub step: StepKey,
    /// What it ended with, where it has outcomes.
    pub outcome: Option<Outcome>,
    /// Its transitions of that outcome, in the order in which they are tried.
    pub ways: Vec<Way>,
}

/// One of a finished step's transitions.
#[derive(Debug, Clone, PartialEq)]
pub struct Way {
    /// The step that it enters.
    pub to: StepKey,
    /// Whether it was taken.
    pub taken: bool,
    /// Whether it is taken when nothing else holds.
    pub is_default: bool,
    /// What became of its condition; `None` when it has none.
    pub condition: Option<Explanation>,
}

/// Explains the event that ended an execution of a step, on the state that it led to; `None` for other
/// events.
pub fn branching(graph: &Graph, event: &RequestEvent, after: &RequestState) -> Option<Branching> {
    let (step, outcome, produced) = ended(event)?;
    let ix = graph.find(step)?;
    let anything = InputSchema::parse(&serde_json::json!({})).ok();
    let declarations = Declarations::new(graph.input_schema().or(anything.as_ref())?);
    let scope = Scope::new(&after.variables);
    let ways = graph.of_outcome(ix, outcome).map(|(at, transition)| Way {
        to: graph.step(transition.to).key.clone(),
        taken: produced.iter().any(|token| token.at == at),
        is_default: transition.is_default,
        condition: transition
            .condition
            .as_ref()
            .map(|condition| condition.expression().explain(&scope, &mut Fuel::new(COST_LIMIT), &declarations)),
    });
    Some(Branching { step: step.clone(), outcome: outcome.cloned(), ways: ways.collect() })
}

fn ended(event: &RequestEvent) -> Option<(&StepKey, Option<&Outcome>, &[Token])> {
    match event {
        RequestEvent::StepRouted { step, produced, .. } | RequestEvent::WaitEnded { step, produced, .. } => {
            Some((step, None, produced))
        }
        RequestEvent::StepCompleted { step, outcome, produced, .. } => Some((step, Some(outcome), produced)),
        RequestEvent::StepSkipped { step, outcome, produced, .. } => Some((step, outcome.as_ref(), produced)),
        _ => None,
    }
}

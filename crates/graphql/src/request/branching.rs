use async_graphql::{Enum, SimpleObject};
use nexusflow_domain::request;
use nexusflow_domain::workflow::expression::{Explanation, PartKind, Verdict};

use crate::scalar::{Json, int};

/// Why a finished step went where it went.
#[derive(Debug, Clone, SimpleObject)]
pub struct BranchExplanation {
    /// The step's key.
    step_key: String,
    /// What it ended with, where it has outcomes.
    outcome: Option<String>,
    /// Its transitions of that outcome, in the order in which they are tried.
    transitions: Vec<TransitionExplanation>,
}

/// One of a finished step's transitions.
#[derive(Debug, Clone, SimpleObject)]
pub struct TransitionExplanation {
    /// The key of the step that it enters.
    to: String,
    /// Whether it was taken.
    taken: bool,
    /// Whether it is taken when nothing else holds.
    is_default: bool,
    /// The parts of its condition, each before its own parts; empty when it has none.
    condition: Vec<ConditionPart>,
}

/// A part of a condition, and what became of it.
#[derive(Debug, Clone, SimpleObject)]
pub struct ConditionPart {
    /// How deep it lies; 0 is the whole condition.
    depth: i32,
    /// What kind of part.
    kind: ConditionPartKind,
    /// Its source.
    text: String,
    /// Whether it holds; null when it could not be evaluated.
    holds: Option<bool>,
    /// Why it could not be evaluated.
    error: Option<String>,
    /// The variables it read. Secrets are replaced, large values cut.
    read: Vec<ReadVariable>,
}

/// A variable that a condition read.
#[derive(Debug, Clone, SimpleObject)]
pub struct ReadVariable {
    /// Its path.
    path: String,
    /// Its value; null when it was missing.
    value: Option<Json>,
}

/// The kinds of parts of a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "PartKind")]
pub enum ConditionPartKind {
    /// Holds when every part does.
    All,
    /// Holds when some part does.
    Any,
    /// Holds when its part does not.
    Not,
    /// The second part when the first holds, else the third.
    Choice,
    /// Anything else.
    Leaf,
}

impl From<request::Branching> for BranchExplanation {
    fn from(branching: request::Branching) -> Self {
        let transitions = branching.ways.into_iter().map(|way| {
            let mut condition = Vec::new();
            if let Some(explanation) = way.condition {
                flatten(explanation, 0, &mut condition);
            }
            TransitionExplanation { to: way.to.to_string(), taken: way.taken, is_default: way.is_default, condition }
        });
        Self {
            transitions: transitions.collect(),
            step_key: branching.step.to_string(),
            outcome: branching.outcome.map(Into::into),
        }
    }
}

/// Conditions are bounded in depth when they are compiled.
fn flatten(explanation: Explanation, depth: i32, into: &mut Vec<ConditionPart>) {
    let Explanation { kind, text, verdict, read, parts } = explanation;
    let (holds, error) = match verdict {
        Verdict::True => (Some(true), None),
        Verdict::False => (Some(false), None),
        Verdict::Failed(error) => (None, Some(error.to_string())),
    };
    let read = read.into_iter().map(|reading| ReadVariable { path: reading.path, value: reading.value.map(Json) });
    into.push(ConditionPart { depth: int(depth), kind: kind.into(), text, holds, error, read: read.collect() });
    for part in parts {
        flatten(part, depth + 1, into);
    }
}

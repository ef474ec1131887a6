//! Types of a workflow's expressions, checked against its input schema.

use serde_json::json;

use crate::problem::{Problem, ProblemCode};
use crate::workflow::expression::{Declarations, InputSchema, Severity};
use crate::workflow::{Transition, WorkflowDocument};

/// The compiled input schema of a document; `None` when it has none, or a broken one.
pub(super) fn input_schema(document: &WorkflowDocument, problems: &mut Vec<Problem>) -> Option<InputSchema> {
    let schema = InputSchema::parse(document.input_schema.as_ref()?);
    schema.map_err(|found| problems.extend(found.into_iter().map(|problem| below("inputSchema", problem)))).ok()
}

/// What is certainly wrong with the types of transitions' conditions.
pub(super) fn check_guards(
    transitions: &[Option<Transition>],
    schema: Option<&InputSchema>,
    problems: &mut Vec<Problem>,
) {
    let anything = InputSchema::parse(&json!({})).ok();
    let Some(schema) = schema.or(anything.as_ref()) else { return };
    let declarations = Declarations::new(schema);
    for (ordinal, transition) in transitions.iter().enumerate() {
        let Some(condition) = transition.as_ref().and_then(|transition| transition.condition.as_ref()) else {
            continue;
        };
        for found in condition.expression().check_guard(&declarations) {
            if found.severity == Severity::Error {
                let path = format!("transitions[{ordinal}].condition");
                let message = format!("{}: {}", found.at, found.message);
                problems.push(Problem::new(ProblemCode::InvalidCondition, path, message));
            }
        }
    }
}

fn below(root: &str, problem: Problem) -> Problem {
    let path = if problem.path.is_empty() { root.to_owned() } else { format!("{root}.{}", problem.path) };
    Problem { path, ..problem }
}

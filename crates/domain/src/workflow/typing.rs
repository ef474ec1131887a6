//! Types of a workflow's expressions, checked against its input schema.

use serde_json::json;

use crate::problem::{Problem, ProblemCode};
use crate::workflow::expression::{Declarations, InputSchema, Severity};
use crate::workflow::{Graph, Transition, WorkflowDocument};

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
    problems.extend(found_in_guards(transitions.iter().map(Option::as_ref), schema, Severity::Error));
}

/// What may be wrong with the types of a graph's conditions, depending on the variables.
pub fn type_warnings(graph: &Graph) -> Vec<Problem> {
    found_in_guards(graph.transitions.iter().map(Some), graph.input_schema(), Severity::Warning)
}

fn found_in_guards<'a>(
    transitions: impl Iterator<Item = Option<&'a Transition>>,
    schema: Option<&InputSchema>,
    severity: Severity,
) -> Vec<Problem> {
    let anything = InputSchema::parse(&json!({})).ok();
    let Some(schema) = schema.or(anything.as_ref()) else { return Vec::new() };
    let declarations = Declarations::new(schema);
    let conditions = transitions.enumerate().filter_map(|(at, transition)| Some((at, transition?.condition.as_ref()?)));
    let found = conditions.flat_map(|(at, condition)| {
        let found = condition.expression().check_guard(&declarations).into_iter();
        found.filter(|found| found.severity == severity).map(move |found| {
            let (path, message) = (format!("transitions[{at}].condition"), format!("{}: {}", found.at, found.message));
            Problem::new(ProblemCode::InvalidCondition, path, message)
        })
    });
    found.collect()
}

fn below(root: &str, problem: Problem) -> Problem {
    let path = if problem.path.is_empty() { root.to_owned() } else { format!("{root}.{}", problem.path) };
    Problem { path, ..problem }
}

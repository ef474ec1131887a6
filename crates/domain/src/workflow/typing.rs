//! Types of a workflow's expressions, checked against its input schema.

use serde_json::json;

use crate::problem::{Problem, ProblemCode};
use crate::workflow::expression::{Declarations, Expression, InputSchema, Mapping, Severity, TypeProblem};
use crate::workflow::{
    Action, Completion, Graph, InlineAction, Step, StepKind, Timer, Transition, Trigger, Wait, WorkflowDocument,
};

/// The compiled input schema of a document; `None` when it has none, or a broken one.
pub(super) fn input_schema(document: &WorkflowDocument, problems: &mut Vec<Problem>) -> Option<InputSchema> {
    let schema = InputSchema::parse(document.input_schema.as_ref()?);
    schema.map_err(|found| problems.extend(found.into_iter().map(|problem| below("inputSchema", problem)))).ok()
}

/// What is certainly wrong with the types of conditions, mappings and the other expressions of steps.
pub(super) fn check_types(
    steps: &[Option<Step>],
    transitions: &[Option<Transition>],
    schema: Option<&InputSchema>,
    problems: &mut Vec<Problem>,
) {
    let found = found(steps.iter().flatten(), transitions.iter().map(Option::as_ref), schema);
    problems.extend(of_severity(found, Severity::Error));
}

/// What may be wrong with the types of a graph's expressions, depending on the variables.
pub fn type_warnings(graph: &Graph) -> Vec<Problem> {
    let found = found(graph.steps.iter(), graph.transitions.iter().map(Some), graph.input_schema());
    of_severity(found, Severity::Warning).collect()
}

struct Found {
    code: ProblemCode,
    path: String,
    problem: TypeProblem,
}

fn of_severity(found: Vec<Found>, severity: Severity) -> impl Iterator<Item = Problem> {
    found
        .into_iter()
        .filter(move |found| found.problem.severity == severity)
        .map(|Found { code, path, problem }| Problem::new(code, path, format!("{}: {}", problem.at, problem.message)))
}

fn found<'a>(
    steps: impl Iterator<Item = &'a Step> + Clone,
    transitions: impl Iterator<Item = Option<&'a Transition>>,
    schema: Option<&InputSchema>,
) -> Vec<Found> {
    let anything = InputSchema::parse(&json!({})).ok();
    let Some(schema) = schema.or(anything.as_ref()) else { return Vec::new() };
    // What steps set beside the declared variables may be anything.
    let outputs = steps.clone().flat_map(|step| step.output.iter().chain(set_at_once(step))).flat_map(Mapping::targets);
    let collected = steps.clone().filter_map(|step| step.multi.as_ref()?.collect.as_deref());
    let set = outputs.map(|(name, _)| name).chain(collected).filter(|name| !schema.declares(name));
    let variables = set.fold(Declarations::new(schema), |variables, name| variables.with(name, None));
    let mut all = Vec::new();
    for (at, transition) in transitions.enumerate() {
        let Some(condition) = transition.and_then(|transition| transition.condition.as_ref()) else { continue };
        let path = format!("transitions[{at}].condition");
        let found = condition.expression().check_guard(&variables).into_iter();
        all.extend(found.map(|problem| Found { code: ProblemCode::InvalidCondition, path: path.clone(), problem }));
    }
    for step in steps {
        check_step(step, &variables, &mut all);
    }
    all
}

fn check_step(step: &Step, variables: &Declarations<'_>, all: &mut Vec<Found>) {
    let of_instance = match step.multi {
        Some(_) => variables.clone().with("item", None).with("index", None),
        None => variables.clone(),
    };
    for (name, expression) in step.input.iter().flat_map(Mapping::targets) {
        note(step, &format!("input.{name}"), expression.check_types(&of_instance), all);
    }
    let result = step.job().and_then(|job| job.result_schema.as_ref());
    let with_result = of_instance.clone().with("result", result);
    for (name, expression) in step.output.iter().flat_map(Mapping::targets) {
        note(step, &format!("output.{name}"), expression.check_types(&with_result), all);
    }
    if let Some(multi) = &step.multi {
        note(step, "multi.over", multi.over.check_types(variables), all);
        if let Completion::When(condition) = &multi.complete {
            let known = variables.clone().with("results", None).with("ended", None).with("total", None);
            note(step, "multi.complete.when", condition.check_guard(&known), all);
        }
    }
    let action = match &step.kind {
        StepKind::Inline(action) => action.expressions(),
        StepKind::Job(job) => job.action.as_ref().map(Action::expressions).unwrap_or_default(),
        _ => Vec::new(),
    };
    for (field, expression) in action {
        note(step, &field, expression.check_types(&of_instance), all);
    }
    if let Some((field, expression)) = awaited(step) {
        note(step, field, expression.check_types(variables), all);
    }
}

/// The mapping of a step that sets variables at once.
fn set_at_once(step: &Step) -> Option<&Mapping> {
    match &step.kind {
        StepKind::Inline(InlineAction::Set(mapping)) => Some(mapping),
        _ => None,
    }
}

/// The expression that tells what a step or a boundary event waits for, with its place.
fn awaited(step: &Step) -> Option<(&'static str, &Expression)> {
    match &step.kind {
        StepKind::Wait(Wait::Timer(Timer::Until(until))) => Some(("wait.timer.until", until)),
        StepKind::Wait(Wait::Message(message)) => Some(("wait.message.key", &message.key)),
        StepKind::Boundary(boundary) => match &boundary.trigger {
            Trigger::Timer(Timer::Until(until)) => Some(("boundary.on.timer.until", until)),
            Trigger::Message(message) => Some(("boundary.on.message.key", &message.key)),
            Trigger::Timer(Timer::After(_)) | Trigger::Error(_) => None,
        },
        _ => None,
    }
}

fn note(step: &Step, field: &str, found: Vec<TypeProblem>, all: &mut Vec<Found>) {
    let path = format!("steps[{}].{field}", step.key);
    let code = ProblemCode::InvalidExpression;
    all.extend(found.into_iter().map(|problem| Found { code, path: path.clone(), problem }));
}

fn below(root: &str, problem: Problem) -> Problem {
    let path = if problem.path.is_empty() { root.to_owned() } else { format!("{root}.{}", problem.path) };
    Problem { path, ..problem }
}

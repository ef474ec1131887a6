//! From document to graph, listing every problem with its place.

use std::collections::{BTreeMap, BTreeSet};

use crate::ids::RoleId;
use crate::problem::{Problem, ProblemCode};
use crate::workflow::compile_flow::FlowCompiler;
use crate::workflow::compile_quorum;
use crate::workflow::condition::Condition;
use crate::workflow::expression::InputSchema;
use crate::workflow::typing;
use crate::workflow::{
    Candidate, CandidateDocument, Directory, EndKind, Graph, HumanKind, HumanStep, Outcome, Scope, Separation, Split,
    SplitDocument, Step, StepDocument, StepIx, StepKey, StepKind, StepKindDocument, Transition, TransitionDocument,
    TransitionIx, WorkflowDocument,
};
use crate::workflow::{graph_problems, sla_problems};

/// The most steps of one version.
pub const MAX_STEPS: usize = 2_000;
/// The most transitions of one version.
pub const MAX_TRANSITIONS: usize = 10_000;
const MAX_NAME: usize = 200;
const MAX_DESCRIPTION: usize = 4_000;
const MAX_OUTCOMES: usize = 50;

/// Compiles a document against the organization's roles and people, or lists everything that is
/// wrong with it.
pub fn compile(document: &WorkflowDocument, directory: &Directory) -> Result<Graph, Vec<Problem>> {
    let mut problems = Vec::new();
    if document.steps.len() > MAX_STEPS {
        problems.push(Problem::new(ProblemCode::TooLarge, "steps", format!("more than {MAX_STEPS} steps")));
    }
    if document.transitions.len() > MAX_TRANSITIONS {
        let message = format!("more than {MAX_TRANSITIONS} transitions");
        problems.push(Problem::new(ProblemCode::TooLarge, "transitions", message));
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut roles = BTreeMap::new();
    let by_key = index_keys(document, &mut problems);
    let mut flow = FlowCompiler { document, by_key: &by_key, problems: &mut problems };
    let scopes = flow.scopes();
    let steps: Vec<Option<Step>> =
        document.steps.iter().map(|step| compile_step(step, directory, &mut roles, &mut flow)).collect();
    let transitions: Vec<Option<Transition>> = document
        .transitions
        .iter()
        .enumerate()
        .map(|(i, transition)| compile_transition(i, transition, &by_key, &steps, &mut problems))
        .collect();
    sla_problems::check(document, directory, &mut roles, &mut problems);
    let input_schema = typing::input_schema(document, &mut problems);
    typing::check_types(&steps, &transitions, input_schema.as_ref(), &mut problems);
    let parts = Parts { input_schema, by_key, steps, transitions, scopes, role_ids: roles };
    let graph = assemble(document, parts, &mut problems);
    if let Some(graph) = &graph {
        graph_problems::check(graph, &mut problems);
    }
    match graph {
        Some(graph) if problems.is_empty() => Ok(graph),
        _ => Err(problems),
    }
}

fn index_keys(document: &WorkflowDocument, problems: &mut Vec<Problem>) -> BTreeMap<StepKey, StepIx> {
    let mut by_key = BTreeMap::new();
    for (ix, step) in (0u32..).map(StepIx).zip(&document.steps) {
        if by_key.insert(step.key.clone(), ix).is_some() {
            let path = format!("steps[{}].key", step.key);
            problems.push(Problem::new(ProblemCode::Duplicate, path, "another step has the same key"));
        }
    }
    let starts = document.steps.iter().filter(|s| s.kind == StepKindDocument::Start).count();
    if starts == 0 {
        problems.push(Problem::new(ProblemCode::NoStart, "steps", "expected exactly one START step, found none"));
    } else if starts > 1 {
        let message = format!("expected exactly one START step, found {starts}");
        problems.push(Problem::new(ProblemCode::SeveralStarts, "steps", message));
    }
    if !document.steps.iter().any(|s| s.kind == StepKindDocument::End) {
        problems.push(Problem::new(ProblemCode::NoEnd, "steps", "expected at least one END step, found none"));
    }
    by_key
}

fn compile_step(
    step: &StepDocument,
    directory: &Directory,
    roles: &mut BTreeMap<String, RoleId>,
    flow: &mut FlowCompiler<'_>,
) -> Option<Step> {
    let path = format!("steps[{}]", step.key);
    check_texts(step, &path, flow.problems);
    flow.check_fields(step);
    let join = flow.join(step);
    let kind = match step.kind {
        StepKindDocument::Start => StepKind::Start,
        StepKindDocument::End => StepKind::End(step.end),
        StepKindDocument::Decision => StepKind::Decision,
        StepKindDocument::Task => {
            StepKind::Human(human(step, HumanKind::Task, &path, directory, roles, flow.problems)?)
        }
        StepKindDocument::Approval => {
            StepKind::Human(human(step, HumanKind::Approval, &path, directory, roles, flow.problems)?)
        }
        StepKindDocument::Service => flow.service(step, directory, roles)?,
        StepKindDocument::Agent => StepKind::Job(Box::new(flow.agent(step)?)),
        StepKindDocument::Call => StepKind::Call(flow.call(step, directory)?),
        StepKindDocument::Wait => StepKind::Wait(flow.wait(step)?),
        StepKindDocument::Race => StepKind::Race,
        StepKindDocument::Boundary => StepKind::Boundary(flow.boundary(step)?),
    };
    match kind {
        StepKind::Human(_) | StepKind::Job(_) => check_outcomes(step, &path, flow.problems),
        StepKind::Inline(_) => {}
        _ if !step.outcomes.is_empty() => {
            flow.invalid(format!("{path}.outcomes"), "only TASK, APPROVAL, SERVICE and AGENT steps have this field");
        }
        _ => {}
    }
    if !matches!(kind, StepKind::Human(_)) {
        check_not_human(step, &path, flow.problems);
    }
    if !matches!(kind, StepKind::End(_)) && step.end != EndKind::default() {
        let message = "only END steps have this field";
        flow.problems.push(Problem::new(ProblemCode::InvalidValue, format!("{path}.end"), message));
    }
    let split = match step.split {
        SplitDocument::One => Split::One,
        SplitDocument::Some => Split::Some,
        SplitDocument::All => Split::All,
    };
    let StepDocument { max_visits, allow_multiple, required, .. } = *step;
    let (key, name, error_code) = (step.key.clone(), step.name.clone(), step.error_code.clone());
    let multi = flow.multi(step);
    let input = flow.mapping(step, "input", step.input.as_ref());
    let output = flow.mapping(step, "output", step.output.as_ref());
    Some(Step { key, name, kind, join, split, max_visits, allow_multiple, required, error_code, multi, input, output })
}

fn check_texts(step: &StepDocument, path: &str, problems: &mut Vec<Problem>) {
    let name_length = step.name.chars().count();
    if step.name.trim().is_empty() || name_length > MAX_NAME {
        let message = format!("expected 1 to {MAX_NAME} characters, found {name_length}");
        problems.push(Problem::new(ProblemCode::InvalidValue, format!("{path}.name"), message));
    }
    if step.description.chars().count() > MAX_DESCRIPTION {
        let message = format!("expected at most {MAX_DESCRIPTION} characters");
        problems.push(Problem::new(ProblemCode::InvalidValue, format!("{path}.description"), message));
    }
    if !step.config.is_null() && !step.config.is_object() {
        problems.push(Problem::new(ProblemCode::InvalidValue, format!("{path}.config"), "expected an object"));
    }
}

fn check_not_human(step: &StepDocument, path: &str, problems: &mut Vec<Problem>) {
    let misplaced = [
        ("candidate", step.candidate.is_some()),
        ("separation", step.separation != Separation::default()),
        ("sla", step.sla.is_some()),
    ];
    for (field, _) in misplaced.into_iter().filter(|(_, present)| *present) {
        let message = "only TASK and APPROVAL steps have this field";
        problems.push(Problem::new(ProblemCode::InvalidValue, format!("{path}.{field}"), message));
    }
}

fn human(
    step: &StepDocument,
    kind: HumanKind,
    path: &str,
    directory: &Directory,
    roles: &mut BTreeMap<String, RoleId>,
    problems: &mut Vec<Problem>,
) -> Option<HumanStep> {
    let outcomes = step.effective_outcomes();
    let candidate = candidate(step, path, directory, roles, problems)?;
    if step.separation.not_requester && candidate == Candidate::Requester {
        let message = "the requester is asked to act, and separation of duties forbids it";
        problems.push(Problem::new(ProblemCode::NobodyResponsible, format!("{path}.separation"), message));
    }
    let quorum = compile_quorum::quorum(step, path, directory, roles, problems);
    Some(HumanStep {
        quorum,
        kind,
        candidate,
        outcomes,
        separation: step.separation.clone(),
        sla: step.sla.clone(),
        mutex: step.mutex.clone(),
        enabled_while: step.enabled_while.clone(),
    })
}

fn check_outcomes(step: &StepDocument, path: &str, problems: &mut Vec<Problem>) {
    let path = format!("{path}.outcomes");
    let outcomes = step.effective_outcomes();
    if outcomes.len() > MAX_OUTCOMES {
        problems.push(Problem::new(ProblemCode::TooLarge, &path, format!("more than {MAX_OUTCOMES} outcomes")));
    }
    for (i, outcome) in outcomes.iter().enumerate() {
        if outcomes[..i].contains(outcome) {
            problems.push(Problem::new(ProblemCode::Duplicate, &path, format!("{outcome} appears twice")));
        }
    }
    if step.kind == StepKindDocument::Approval && !outcomes.contains(&Outcome::approved()) {
        let message = "an APPROVAL declares APPROVED among its outcomes";
        problems.push(Problem::new(ProblemCode::InvalidValue, &path, message));
    }
}

fn candidate(
    step: &StepDocument,
    path: &str,
    directory: &Directory,
    roles: &mut BTreeMap<String, RoleId>,
    problems: &mut Vec<Problem>,
) -> Option<Candidate> {
    let path = format!("{path}.candidate");
    let Some(candidate) = &step.candidate else {
        let message = "expected a role, a user or the requester";
        problems.push(Problem::new(ProblemCode::NobodyResponsible, path, message));
        return None;
    };
    resolve_candidate(candidate, &path, directory, roles, problems)
}

/// Finds whom a document names.
pub(super) fn resolve_candidate(
    candidate: &CandidateDocument,
    path: &str,
    directory: &Directory,
    roles: &mut BTreeMap<String, RoleId>,
    problems: &mut Vec<Problem>,
) -> Option<Candidate> {
    match candidate {
        CandidateDocument::Requester {} => Some(Candidate::Requester),
        CandidateDocument::Role(name) => resolve_role(name, path, directory, roles, problems).map(Candidate::Role),
        CandidateDocument::User(email) => {
            let user = directory.users.get(&email.to_lowercase()).copied();
            if user.is_none() {
                let message = format!("{email:?} is not an active member of the organization");
                problems.push(Problem::new(ProblemCode::UnknownCandidate, path, message));
            }
            user.map(Candidate::User)
        }
    }
}

/// Finds a role that a document names; it must exist and have a holder.
pub(super) fn resolve_role(
    name: &str,
    path: &str,
    directory: &Directory,
    roles: &mut BTreeMap<String, RoleId>,
    problems: &mut Vec<Problem>,
) -> Option<RoleId> {
    let Some(facts) = directory.roles.get(name) else {
        problems.push(Problem::new(ProblemCode::UnknownCandidate, path, format!("there is no role {name:?}")));
        return None;
    };
    if facts.holders.is_nobody() {
        problems.push(Problem::new(ProblemCode::RoleWithoutHolder, path, format!("nobody holds the role {name:?}")));
    }
    roles.insert(name.to_owned(), facts.id);
    Some(facts.id)
}

fn compile_transition(
    ordinal: usize,
    transition: &TransitionDocument,
    by_key: &BTreeMap<StepKey, StepIx>,
    steps: &[Option<Step>],
    problems: &mut Vec<Problem>,
) -> Option<Transition> {
    let path = format!("transitions[{ordinal}]");
    let mut find = |key: &StepKey, field: &str| {
        let found = by_key.get(key).copied();
        if found.is_none() {
            let message = format!("there is no step {:?}", key.as_str());
            problems.push(Problem::new(ProblemCode::UnknownStep, format!("{path}.{field}"), message));
        }
        found
    };
    let (from, to) = (find(&transition.from, "from"), find(&transition.to, "to"));
    let condition = match transition.condition.as_ref().map(Condition::parse) {
        Some(Err(error)) => {
            problems.push(Problem::new(ProblemCode::InvalidCondition, format!("{path}.{}", error.path), error.message));
            return None;
        }
        Some(Ok(condition)) => Some(condition),
        None => None,
    };
    if condition.is_some() && transition.is_default {
        let message = "a default transition has no condition: it is taken when no other holds";
        problems.push(Problem::new(ProblemCode::InvalidValue, format!("{path}.condition"), message));
    }
    let (from, to) = (from?, to?);
    if let (Some(outcome), Some(step)) = (&transition.outcome, &steps[from.0 as usize]) {
        let declared = step.outcomes().contains(outcome);
        if !declared {
            let message = format!("the step {:?} does not declare the outcome {outcome}", step.key.as_str());
            problems.push(Problem::new(ProblemCode::UnknownOutcome, format!("{path}.outcome"), message));
        }
    }
    Some(Transition {
        from,
        to,
        outcome: transition.outcome.clone(),
        condition,
        priority: transition.priority,
        is_default: transition.is_default,
    })
}

/// What a document compiled to, piece by piece.
struct Parts {
    by_key: BTreeMap<StepKey, StepIx>,
    steps: Vec<Option<Step>>,
    transitions: Vec<Option<Transition>>,
    scopes: Vec<Scope>,
    role_ids: BTreeMap<String, RoleId>,
    input_schema: Option<InputSchema>,
}

/// Puts the graph together when every part compiled; otherwise the parts' problems stand alone.
fn assemble(document: &WorkflowDocument, parts: Parts, problems: &mut Vec<Problem>) -> Option<Graph> {
    let Parts { by_key, steps, transitions, scopes, role_ids, input_schema } = parts;
    let steps: Vec<Step> = steps.into_iter().collect::<Option<_>>()?;
    let transitions: Vec<Transition> = transitions.into_iter().collect::<Option<_>>()?;
    check_duplicates(&transitions, problems);
    let start = (0u32..).map(StepIx).zip(&steps).find(|(_, step)| step.kind == StepKind::Start)?.0;
    let mut incoming = vec![Vec::new(); steps.len()];
    let mut outgoing = vec![Vec::new(); steps.len()];
    for (ix, transition) in (0u32..).map(TransitionIx).zip(&transitions) {
        incoming[transition.to.0 as usize].push(ix);
        outgoing[transition.from.0 as usize].push(ix);
    }
    for list in &mut outgoing {
        list.sort_by_key(|ix| (transitions[ix.0 as usize].priority, *ix));
    }
    let those = |wanted: fn(&Step) -> bool| {
        (0u32..).map(StepIx).zip(&steps).filter(|(_, step)| wanted(step)).map(|(ix, _)| ix).collect()
    };
    let gathering = those(|step| step.join.split().is_some());
    let boundaries = those(|step| matches!(step.kind, StepKind::Boundary(_)));
    Some(Graph {
        scopes,
        gathering,
        boundaries,
        steps,
        transitions,
        by_key,
        incoming,
        outgoing,
        start,
        sla: document.sla.clone(),
        due_date_escalations: document.due_date_escalations.clone(),
        input_schema,
        role_ids,
    })
}

fn check_duplicates(transitions: &[Transition], problems: &mut Vec<Problem>) {
    let mut seen = BTreeSet::new();
    for (ordinal, transition) in transitions.iter().enumerate() {
        let Transition { from, to, outcome, condition, priority, is_default } = transition;
        let condition = condition.as_ref().map(|condition| condition.to_json().to_string());
        if !seen.insert((from, to, outcome, condition, priority, is_default)) {
            let message = "another transition is the same";
            problems.push(Problem::new(ProblemCode::Duplicate, format!("transitions[{ordinal}]"), message));
        }
    }
}

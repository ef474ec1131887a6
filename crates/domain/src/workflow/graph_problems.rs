//! Problems of a graph as a whole: paths, outcomes, choices.

use crate::problem::{Problem, ProblemCode};
use crate::workflow::{
    Boundary, Graph, Join, Outcome, Scope, Split, Step, StepIx, StepKey, StepKind, Transition, Trigger, reachability,
};

/// Appends every problem found.
pub(super) fn check(graph: &Graph, problems: &mut Vec<Problem>) {
    check_ends(graph, problems);
    check_paths(graph, problems);
    for (ix, step) in graph.steps() {
        match &step.kind {
            StepKind::Human(human) => {
                for outcome in &human.outcomes {
                    check_choice(graph, ix, step, Some(outcome), problems);
                }
                for other in &human.separation.not_decider_of {
                    check_separation(graph, step, other, problems);
                }
            }
            StepKind::Job(job) => {
                for outcome in &job.outcomes {
                    check_choice(graph, ix, step, Some(outcome), problems);
                }
                check_catchers(graph, &step.key, problems);
            }
            StepKind::Call(_) => {
                check_choice(graph, ix, step, None, problems);
                check_catchers(graph, &step.key, problems);
            }
            StepKind::Start | StepKind::Inline(_) | StepKind::Decision | StepKind::Wait(_) => {
                check_choice(graph, ix, step, None, problems);
            }
            StepKind::Boundary(boundary) => {
                check_choice(graph, ix, step, None, problems);
                check_boundary(graph, ix, step, boundary, problems);
            }
            StepKind::Race => check_race(graph, ix, step, problems),
            StepKind::End(_) => {}
        }
    }
    for scope in graph.scopes() {
        check_catchers(graph, &scope.key, problems);
    }
    if let Some(ix) = reachability::automatic_cycle(graph) {
        let message = "a cycle of automatic steps never waits; put a task, an approval or another wait into it";
        problems.push(Problem::new(ProblemCode::UnboundedCycle, place(graph.step(ix)), message));
    }
}

fn check_ends(graph: &Graph, problems: &mut Vec<Problem>) {
    for (ix, step) in graph.steps() {
        if matches!(step.kind, StepKind::End(_)) && !graph.outgoing(ix).is_empty() {
            let message = "transitions leave this END step";
            problems.push(Problem::new(ProblemCode::MisplacedTransition, place(step), message));
        }
    }
    if !graph.incoming(graph.start()).is_empty() {
        let message = "transitions enter the START step";
        problems.push(Problem::new(ProblemCode::MisplacedTransition, place(graph.step(graph.start())), message));
    }
    for (ix, step) in graph.steps() {
        if matches!(step.kind, StepKind::Boundary(_)) && !graph.incoming(ix).is_empty() {
            let message = "transitions enter this BOUNDARY step; only its trigger starts it";
            problems.push(Problem::new(ProblemCode::MisplacedTransition, place(step), message));
        }
    }
}

fn check_paths(graph: &Graph, problems: &mut Vec<Problem>) {
    let reached = reachability::from_start(graph);
    let ends: Vec<StepIx> =
        graph.steps().filter(|(_, s)| matches!(s.kind, StepKind::End(_))).map(|(ix, _)| ix).collect();
    let ending = reachability::to_any(graph, ends);
    for (ix, step) in graph.steps() {
        if !reached[ix.0 as usize] {
            let message = "no path leads here from the START step";
            problems.push(Problem::new(ProblemCode::UnreachableStep, place(step), message));
        }
        if !ending[ix.0 as usize] {
            problems.push(Problem::new(ProblemCode::NoWayToEnd, place(step), "no path leads from here to an END step"));
        }
    }
}

/// One outcome of a step (or the only way out of an automatic one) must always have a transition to
/// take, and never two that compete.
fn check_choice(graph: &Graph, ix: StepIx, step: &Step, outcome: Option<&Outcome>, problems: &mut Vec<Problem>) {
    let transitions: Vec<&Transition> = graph.of_outcome(ix, outcome).map(|(_, t)| t).collect();
    let what = outcome.map_or_else(String::new, |outcome| format!(" of the outcome {outcome}"));
    if transitions.is_empty() {
        let message = format!("no transition{what} leaves this step");
        let code = if outcome.is_some() { ProblemCode::OutcomeWithoutTransition } else { ProblemCode::NoWayToEnd };
        problems.push(Problem::new(code, place(step), message));
        return;
    }
    if step.split == Split::All && transitions.iter().any(|t| t.condition.is_some() || t.is_default) {
        let message =
            format!("a split ALL takes every transition{what}; conditions and defaults belong to a split ONE");
        problems.push(Problem::new(ProblemCode::InvalidValue, place(step), message));
        return;
    }
    let sure = transitions.iter().filter(|t| t.condition.is_none() && !t.is_default).count();
    let defaults = transitions.iter().filter(|t| t.is_default).count();
    if sure == 0 && defaults == 0 {
        let message = format!("every transition{what} is conditional; name one the default");
        problems.push(Problem::new(ProblemCode::DecisionWithoutDefault, place(step), message));
    }
    if step.split == Split::One && sure + defaults > 1 {
        let message = format!("several transitions{what} would always be taken; a split ONE takes only one");
        problems.push(Problem::new(ProblemCode::AmbiguousTransition, place(step), message));
    }
}

/// The steps behind a race wait, belong to it alone, and are not chosen.
fn check_race(graph: &Graph, ix: StepIx, step: &Step, problems: &mut Vec<Problem>) {
    let outgoing = graph.outgoing(ix);
    if outgoing.len() < 2 {
        let message = "a RACE needs at least two steps behind it";
        problems.push(Problem::new(ProblemCode::InvalidValue, place(step), message));
    }
    if step.split != Split::One {
        let message = "a RACE has no split of its own: exactly one of the steps behind it ends";
        problems.push(Problem::new(ProblemCode::InvalidValue, format!("{}.split", place(step)), message));
    }
    for &t in outgoing {
        let transition = graph.transition(t);
        let rival = graph.step(transition.to);
        if transition.condition.is_some() || transition.is_default {
            let message = "transitions of a RACE have no conditions";
            problems.push(Problem::new(ProblemCode::InvalidValue, place(step), message));
        }
        if graph.entered_by(t).any(|scope| scope.mutex.is_some()) {
            let message = "the way behind a RACE enters a scope with a mutex; put the RACE inside the scope";
            problems.push(Problem::new(ProblemCode::InvalidValue, place(rival), message));
        }
        if !rival.waits() || graph.incoming(transition.to).len() != 1 || rival.join != Join::Any {
            let message = format!(
                "the step {:?} behind a RACE must wait, have a join ANY and no other way in",
                rival.key.as_str()
            );
            problems.push(Problem::new(ProblemCode::InvalidValue, place(step), message));
        }
    }
}

/// A boundary event that starts in a scope with a mutex comes from inside, so that it never enters the
/// scope while another has the mutex.
fn check_boundary(graph: &Graph, ix: StepIx, step: &Step, boundary: &Boundary, problems: &mut Vec<Problem>) {
    let hosts = |scope: &Scope| match graph.find(&boundary.host) {
        Some(host) => scope.steps.contains(&host),
        None => graph.scopes().any(|host| host.key == boundary.host && host.steps.is_subset(&scope.steps)),
    };
    for scope in graph.scopes_around(ix).filter(|scope| scope.mutex.is_some() && !hosts(scope)) {
        let message = format!("lies in the scope {:?}, which has a mutex, and its host does not", scope.key.as_str());
        problems.push(Problem::new(ProblemCode::InvalidValue, format!("{}.boundary.attachedTo", place(step)), message));
    }
}

/// Each error is caught by one boundary event of a step or a scope.
fn check_catchers(graph: &Graph, host: &StepKey, problems: &mut Vec<Problem>) {
    let mut caught = Vec::new();
    for (ix, boundary) in graph.boundaries_of(host) {
        let Trigger::Error(code) = &boundary.trigger else { continue };
        if caught.contains(&code) {
            let path = format!("{}.boundary.on.error", place(graph.step(ix)));
            let message = "another boundary event of the same host catches the same error";
            problems.push(Problem::new(ProblemCode::Duplicate, path, message));
        }
        caught.push(code);
    }
}

fn check_separation(graph: &Graph, step: &Step, other: &StepKey, problems: &mut Vec<Problem>) {
    let path = format!("{}.separation.notDeciderOf", place(step));
    match graph.find(other).map(|ix| graph.step(ix)) {
        None => {
            let message = format!("there is no step {:?}", other.as_str());
            problems.push(Problem::new(ProblemCode::UnknownStep, path, message));
        }
        Some(found) if found.human().is_none() => {
            let message = format!("nobody decides the step {:?}", other.as_str());
            problems.push(Problem::new(ProblemCode::InvalidValue, path, message));
        }
        Some(_) => {}
    }
}

fn place(step: &Step) -> String {
    format!("steps[{}]", step.key)
}

//! Verification of steps that workers carry out: any error that something catches may be thrown, and each
//! finding is shown on the engine.

mod job_support;
pub mod support;

use job_support::{service, thrown};
use nexusflow_domain::request::RequestStatus;
use nexusflow_domain::workflow::Graph;
use nexusflow_domain::workflow::verification::{EndSemantics, Limits, Verdict, verify_graph};
use serde_json::{Value, json};
use support::Desk;
use support::flow::{at_least, catcher, decision, drawn, fork, gather, join, on, paths, scope, scoped, step, tasks};

fn verdict(graph: &Graph) -> Verdict {
    verify_graph(graph, EndSemantics::Bpmn, Limits::without_deadline())
}

fn sound(graph: &Graph) {
    assert_eq!(verdict(graph), Verdict::Sound);
}

/// The steps of the run that shows what is wrong.
fn unsound(graph: &Graph, words: &str) -> Vec<String> {
    let Verdict::Unsound { violation, trace } = verdict(graph) else { panic!("{:?}", verdict(graph)) };
    assert!(violation.to_string().contains(words), "{violation}");
    trace.steps.into_iter().map(|step| step.key).collect()
}

fn job(key: &str) -> Value {
    service(key, &json!({}))
}

#[test]
fn errors_of_a_step_that_lead_back_to_the_main_path_are_sound() {
    let steps = [vec![job("a"), catcher("t", "a", Some("X")), catcher("u", "a", None)], tasks(&["mend"])];
    sound(&drawn(&steps, &[paths(&["start a end", "t mend a", "u end"])]));
}

#[test]
fn each_outcome_of_a_job_is_a_way_on() {
    let paid = service("a", &json!({ "outcomes": ["PAID", "OPEN"] }));
    let steps = [vec![fork("f"), paid, join("j")], tasks(&["b", "c"])];
    let graph =
        drawn(&steps, &[paths(&["start f a", "f b j end", "c end"]), vec![on("PAID", "a", "j"), on("OPEN", "a", "c")]]);
    assert_eq!(unsound(&graph, "deadlock"), ["start", "f", "a", "b", "c", "end"]);
    let mut desk = Desk::started(&graph, &json!({}));
    desk.job_done("a", Some("OPEN"), &json!({}));
    desk.done("b");
    desk.done("c");
    desk.expect_ended(RequestStatus::Failed);
}

#[test]
fn a_join_that_misses_a_branch_because_of_an_error_deadlocks() {
    let steps = [vec![fork("f"), join("j"), job("a"), catcher("t", "a", Some("X"))], tasks(&["b"])];
    let graph = drawn(&steps, &[paths(&["start f a j end", "f b j", "t end"])]);
    let run = unsound(&graph, "deadlock");
    assert!(run.contains(&"t".to_owned()), "{run:?}");
    let mut desk = Desk::started(&graph, &json!({}));
    desk.job_failed("a", thrown("X"));
    desk.done("b");
    desk.expect_ended(RequestStatus::Failed);
}

#[test]
fn a_structured_join_goes_on_with_the_branch_that_an_error_replaced() {
    let steps = [vec![fork("f"), gather("j", "f"), job("a"), catcher("t", "a", None)], tasks(&["b", "mend"])];
    let graph = drawn(&steps, &[paths(&["start f a j end", "f b j", "t mend j"])]);
    sound(&graph);
    let mut desk = Desk::started(&graph, &json!({}));
    desk.job_failed("a", thrown("X"));
    desk.done("b");
    desk.expect_open(&["mend"]);
    desk.done("mend");
    desk.expect_completed();
}

#[test]
fn an_error_that_a_scope_catches_takes_what_goes_on_beside_it() {
    let steps = [vec![fork("f"), join("j"), job("a"), catcher("t", "s", Some("X"))], tasks(&["b", "mend"])];
    let ways = [paths(&["start f a j end", "f b j", "t mend end"])];
    let around = scoped(&steps, &ways, &[scope("s", &["f", "a", "b", "j"])]);
    sound(&around);
    let mut desk = Desk::started(&around, &json!({}));
    desk.job_failed("a", thrown("X"));
    desk.expect_open(&["mend"]);
    // What is outside the scope goes on and waits at the join in vain.
    let half = scoped(&steps, &ways, &[scope("s", &["a"])]);
    assert!(unsound(&half, "deadlock").contains(&"t".to_owned()));
    let mut desk = Desk::started(&half, &json!({}));
    desk.job_failed("a", thrown("X"));
    desk.done("b");
    desk.done("mend");
    desk.expect_ended(RequestStatus::Failed);
}

#[test]
fn an_error_that_the_step_catches_itself_does_not_reach_its_scope() {
    let steps = [vec![job("a"), catcher("own", "a", None), catcher("far", "s", Some("X"))], tasks(&["x", "y"])];
    let graph = scoped(&steps, &[paths(&["start a end", "own x end", "far y end"])], &[scope("s", &["a"])]);
    unsound(&graph, "y");
    let mut desk = Desk::started(&graph, &json!({}));
    desk.job_failed("a", thrown("X"));
    desk.expect_open(&["x"]);
}

#[test]
fn a_job_that_throws_in_a_race_ends_the_race() {
    let steps = [vec![step("r", "RACE", &json!({})), job("a"), catcher("t", "s", None)], tasks(&["b", "c", "x"])];
    let ways = [paths(&["start r a c end", "r b end", "t x end"])];
    let graph = scoped(&steps, &ways, &[scope("s", &["a", "c"])]);
    sound(&graph);
    let mut desk = Desk::started(&graph, &json!({}));
    desk.job_failed("a", thrown("X"));
    desk.expect_open(&["x"]);
}

#[test]
fn a_partial_join_cancels_the_jobs_that_are_left() {
    let more = at_least(1, "f", "CANCEL");
    let steps = vec![vec![fork("f"), decision("j", &more), job("a"), job("b")], tasks(&["z"])];
    let graph = drawn(&steps, &[paths(&["start f a j z end", "f b j"])]);
    sound(&graph);
    let mut desk = Desk::started(&graph, &json!({}));
    desk.job_done("b", None, &json!({}));
    desk.expect_open(&["z"]);
    assert!(desk.state.jobs().is_empty());
}

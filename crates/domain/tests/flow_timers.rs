//! Waits and timers: their instants, catching up, suspension, instants that cannot be told, retry.

pub mod support;

use nexusflow_domain::request::{Command, DeadlineClock, Refusal, RequestStatus, StartRequest};
use nexusflow_domain::workflow::Graph;
use serde_json::{Value, json};
use support::flow::{deadline, decision, drawn, fork, otherwise, paths, story, tasks, wait, wait_until, when};
use support::{CHIEF, CLERK, Desk, REQUESTER, at, map, plus_micros, start_request, suspend};

const NOTHING: [&str; 0] = [];

/// Two waits of an hour after each other, then a task.
fn chained() -> Graph {
    let steps = [vec![wait("v", "PT1H"), wait("w", "PT1H")], tasks(&["a"])];
    drawn(&steps, &[paths(&["start v w a end"])])
}

/// A task, then a wait until the instant in `visit.at`, then another task.
fn visit() -> Graph {
    drawn(&[vec![wait_until("w", "visit.at")], tasks(&["a", "b"])], &[paths(&["start a w b end"])])
}

fn at_noon(text: &str) -> Value {
    json!({ "visit": { "at": text } })
}

#[test]
fn a_wait_is_over_at_its_instant_and_not_before() {
    let graph = chained();
    let mut desk = Desk::started(&graph, &json!({}));
    assert_eq!(desk.state.wakes_at(), Some(at(3_600)));
    desk.now = plus_micros(at(3_600), -1);
    assert_eq!(desk.perform(None, &Command::FireTimers), Ok(vec![]));
    assert_eq!(desk.elapse(3_600), ["over v", "open w"]);
    assert_eq!(desk.state.wakes_at(), Some(at(7_200)));
}

#[test]
fn a_late_worker_makes_up_for_chained_waits_as_of_the_instants_at_which_they_were_due() {
    let graph = chained();
    let mut desk = Desk::started(&graph, &json!({}));
    assert_eq!(desk.elapse(100_000), ["over v", "open w", "over w", "open a"]);
    assert_eq!(desk.state.open[&desk.open("a")].started_at, at(7_200));
}

#[test]
fn a_late_worker_makes_up_for_the_waits_of_several_branches_in_order_of_time() {
    let steps = [vec![fork("f"), wait("u", "PT3M"), wait("v", "PT2M"), wait("w", "PT2M"), wait("x", "PT30S")]];
    let graph = drawn(&steps, &[paths(&["start f u end", "f v w end", "f x end"])]);
    let mut desk = Desk::started(&graph, &json!({}));
    let told = desk.elapse(1_000);
    let waits: Vec<_> = told.iter().filter(|word| word.starts_with("over") || *word == "completed").collect();
    assert_eq!(waits, ["over x", "over v", "over u", "over w", "completed"]);
    assert_eq!(desk.state.ended_at(), Some(at(240)));
}

#[test]
fn whoever_comes_late_finds_what_was_due_done_first() {
    let steps = [vec![deadline("t", "a", "PT1H", true), wait("w", "PT1H")], tasks(&["a", "b"])];
    let graph = drawn(&steps, &[paths(&["start a end", "t w b end"])]);
    let mut desk = Desk::started(&graph, &json!({}));
    let late = desk.completion("a", "COMPLETED", &json!({}));
    desk.now = at(7_200);
    assert!(matches!(desk.act(CLERK, &late), Err(Refusal::StepNotOpen { .. })));
    assert_eq!(desk.elapse(7_200), ["fire t", "cancel a", "pass t", "open w", "over w", "open b"]);
}

#[test]
fn a_stopped_clock_moves_waits_and_boundary_timers() {
    let steps = [vec![fork("f"), wait("w", "PT1H"), deadline("t", "a", "PT2H", true)], tasks(&["a"])];
    let graph = drawn(&steps, &[paths(&["start f w end", "f a end", "t end"])]);
    let mut desk = Desk::started(&graph, &json!({}));
    desk.now = at(600);
    desk.act(CHIEF, &suspend(DeadlineClock::Stopped)).unwrap();
    assert_eq!((desk.state.wakes_at(), desk.elapse(9_600)), (None, vec![]));
    assert_eq!(desk.operate(&Command::Resume).unwrap(), ["REQUEST_RESUMED"]);
    assert_eq!(desk.elapse(12_599), NOTHING);
    assert_eq!(desk.elapse(12_600), ["over w", "pass end"]);
    assert_eq!(desk.elapse(16_199), NOTHING);
    assert_eq!(desk.elapse(16_200), ["fire t", "cancel a", "pass t", "pass end", "completed"]);
}

#[test]
fn a_running_clock_keeps_waits_and_boundary_timers_and_makes_up_on_resumption() {
    let steps = [vec![fork("f"), wait("w", "PT1H"), deadline("t", "a", "PT2H", true)], tasks(&["a"])];
    let graph = drawn(&steps, &[paths(&["start f w end", "f a end", "t end"])]);
    let mut desk = Desk::started(&graph, &json!({}));
    desk.now = at(600);
    desk.act(CHIEF, &suspend(DeadlineClock::Running)).unwrap();
    desk.now = at(3_600);
    assert_eq!(desk.operate(&Command::Resume).unwrap(), ["REQUEST_RESUMED", "over w", "pass end"]);
    assert_eq!(desk.state.wakes_at(), Some(at(7_200)));
}

#[test]
fn a_wait_until_an_instant_reads_it_from_the_variables() {
    let graph = visit();
    let mut desk = Desk::started(&graph, &json!({}));
    let instant = at(5_000).to_rfc3339();
    desk.done_with("a", "COMPLETED", &at_noon(&instant));
    assert_eq!(desk.elapse(4_999), NOTHING);
    assert_eq!(desk.elapse(5_000), ["over w", "open b"]);
}

#[test]
fn a_wait_until_an_instant_that_cannot_be_told_is_refused_to_whoever_would_open_it() {
    let graph = visit();
    for variables in [json!({}), at_noon("tomorrow"), json!({ "visit": 5 }), json!({ "visit": { "at": 5 } })] {
        let mut desk = Desk::started(&graph, &json!({}));
        let command = desk.completion("a", "COMPLETED", &variables);
        let (step, expression) = (support::key("w"), "visit.at".to_owned());
        assert_eq!(desk.act(CLERK, &command), Err(Refusal::NotAnInstant { step, expression }));
        desk.expect_open(&["a"]);
    }
}

#[test]
fn a_wait_until_an_instant_that_cannot_be_told_is_refused_when_its_request_is_created() {
    let graph = drawn(&[vec![wait_until("w", "visit.at")]], &[paths(&["start w end"])]);
    for starts_at in [None, Some(at(500))] {
        let mut desk = Desk::new(&graph);
        let answer = desk.act(REQUESTER, &Command::Start(StartRequest { starts_at, ..start_request() }));
        assert!(matches!(answer, Err(Refusal::NotAnInstant { .. })));
    }
}

/// When time would open it, nobody is there to be refused: the step that was over fails.
#[test]
fn a_wait_whose_branch_cannot_go_on_fails_and_goes_on_once_it_is_retried() {
    let steps = [vec![fork("f"), wait("v", "PT1H"), wait_until("w", "visit.at")], tasks(&["a", "b"])];
    let graph = drawn(&steps, &[paths(&["start f v w b end", "f a end"])]);
    let mut desk = Desk::started(&graph, &json!({}));
    assert_eq!(desk.elapse(4_000), ["fail v"]);
    desk.expect_open(&["a", "v"]);
    let v = desk.open("v");
    let failure = desk.state.open[&v].failure.clone().expect("why it failed");
    assert!(failure.contains("visit.at"), "{failure}");
    assert_eq!(desk.state.wakes_at(), None);
    assert_eq!(desk.operate(&Command::Retry { step: v }).unwrap(), ["retry v", "fail v"]);
    desk.now = at(5_000);
    desk.done_with("a", "COMPLETED", &at_noon(&at(9_000).to_rfc3339()));
    desk.now = at(6_000);
    assert_eq!(desk.operate(&Command::Retry { step: v }).unwrap(), ["retry v", "over v", "open w"]);
    let w = desk.open("w");
    assert_eq!(desk.state.open[&w].started_at, at(6_000), "a retried step goes on when it is retried");
    assert_eq!(desk.elapse(9_000), ["over w", "open b"]);
}

#[test]
fn only_a_failed_step_is_retried() {
    let graph = chained();
    let mut desk = Desk::started(&graph, &json!({}));
    let step = desk.open("v");
    assert_eq!(desk.operate(&Command::Retry { step }), Err(Refusal::NotFailed { step }));
    desk.elapse(7_200);
    assert_eq!(desk.operate(&Command::Retry { step }), Err(Refusal::StepNotOpen { step }));
    let step = desk.open("a");
    assert_eq!(desk.operate(&Command::Retry { step }), Err(Refusal::NotFailed { step }));
}

#[test]
fn a_wait_until_an_instant_that_is_past_is_over_as_soon_as_it_opens_and_not_before() {
    let steps = [vec![wait_until("w", "visit.at"), wait("v", "PT10S")], tasks(&["a", "b"])];
    let graph = drawn(&steps, &[paths(&["start a w v b end"])]);
    let mut desk = Desk::started(&graph, &json!({}));
    desk.now = at(500);
    desk.done_with("a", "COMPLETED", &at_noon(&at(100).to_rfc3339()));
    assert_eq!(desk.state.wakes_at(), Some(at(500)));
    assert_eq!(desk.elapse(505), ["over w", "open v"]);
    assert_eq!(desk.elapse(510), ["over v", "open b"]);
    assert_eq!(desk.state.open[&desk.open("b")].started_at, at(510));
}

#[test]
fn timers_that_are_always_due_already_end_the_request() {
    let steps = [vec![decision("d", &json!({})), wait_until("w", "visit.at")]];
    let ways = [paths(&["start w d"]), vec![when("d", "w", "visit"), otherwise("d", "end")]];
    let graph = drawn(&steps, &ways);
    let mut desk = Desk::started(&graph, &at_noon(&at(10).to_rfc3339()));
    while desk.state.wakes_at().is_some() {
        desk.elapse(100);
    }
    assert_eq!(story(&desk.journal).last().map(String::as_str), Some("endless w"));
    desk.expect_ended(RequestStatus::Failed);
}

#[test]
fn a_request_that_starts_later_counts_its_waits_from_then() {
    let graph = chained();
    let mut desk = Desk::new(&graph);
    let start = StartRequest { starts_at: Some(at(1_000)), variables: map(&json!({})), ..start_request() };
    desk.act(REQUESTER, &Command::Start(start)).unwrap();
    assert_eq!(desk.elapse(1_000)[0], "REQUEST_STARTED");
    assert_eq!(desk.state.wakes_at(), Some(at(4_600)));
    let mut late = Desk::new(&graph);
    late.act(REQUESTER, &Command::Start(StartRequest { starts_at: Some(at(1_000)), ..start_request() })).unwrap();
    late.elapse(5_000);
    assert_eq!(late.state.wakes_at(), Some(at(8_200)), "also when the worker comes late");
}

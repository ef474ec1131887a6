//! Boundary events: timers on steps, interrupting or not, in runs of splits and in races.

pub mod support;

use nexusflow_domain::request::{Command, Refusal};
use serde_json::{Value, json};
use support::flow::{deadline, drawn, fork, gather, on, paths, step, tasks, wait, wait_until};
use support::{CLERK, Desk, at, task};

const NOTHING: [&str; 0] = [];

fn reminded(interrupting: bool) -> nexusflow_domain::workflow::Graph {
    let steps = [vec![deadline("t", "a", "PT1H", interrupting)], tasks(&["a", "b"])];
    drawn(&steps, &[paths(&["start a end", "t b end"])])
}

#[test]
fn a_boundary_timer_fires_at_its_instant_and_once() {
    for interrupting in [true, false] {
        let graph = reminded(interrupting);
        let mut desk = Desk::started(&graph, &json!({}));
        assert_eq!(desk.elapse(3_599), NOTHING);
        let told = desk.elapse(3_600);
        assert_eq!(told.contains(&"cancel a".to_owned()), interrupting);
        assert_eq!(desk.state.wakes_at(), None);
        assert_eq!(desk.elapse(100_000), NOTHING);
    }
}

#[test]
fn a_boundary_timer_is_gone_with_its_step() {
    let graph =
        drawn(&[vec![deadline("t", "a", "PT1H", true)], tasks(&["a", "b"])], &[paths(&["start a b end", "t end"])]);
    let mut desk = Desk::started(&graph, &json!({}));
    desk.done("a");
    assert_eq!((desk.state.wakes_at(), desk.elapse(3_600)), (None, vec![]));
}

/// A deadline is the last instant in time; a boundary timer is an event, and at its instant it is there.
#[test]
fn at_the_instant_of_a_boundary_timer_a_completion_is_too_late_and_just_before_it_is_not() {
    let graph = reminded(true);
    let mut desk = Desk::started(&graph, &json!({}));
    let complete = desk.completion("a", "COMPLETED", &json!({}));
    desk.now = at(3_600);
    assert!(matches!(desk.act(CLERK, &complete), Err(Refusal::StepNotOpen { .. })));
    desk.now = support::plus_micros(at(3_600), -1);
    desk.act(CLERK, &complete).unwrap();
    desk.expect_completed();
}

#[test]
fn a_wait_that_is_over_at_the_instant_of_its_boundary_timer_is_over() {
    let steps = [vec![wait("w", "PT1H"), deadline("t", "w", "PT1H", true)], tasks(&["b"])];
    let graph = drawn(&steps, &[paths(&["start w end", "t b end"])]);
    let mut desk = Desk::started(&graph, &json!({}));
    assert_eq!(desk.elapse(3_600), ["over w", "pass end", "completed"]);
}

#[test]
fn an_interrupted_step_that_opens_again_has_fresh_timers() {
    let steps = [vec![deadline("t", "a", "PT1H", true)], tasks(&["a", "b"])];
    let graph = drawn(&steps, &[paths(&["start a end", "t b a"])]);
    let mut desk = Desk::started(&graph, &json!({}));
    desk.elapse(3_600);
    desk.now = at(5_000);
    desk.done("b");
    assert_eq!(desk.state.wakes_at(), Some(at(8_600)));
    desk.elapse(8_600);
    desk.expect_open(&["b"]);
}

#[test]
fn several_timers_of_one_step_fire_in_their_order() {
    let steps = [vec![deadline("u", "a", "PT2H", true), deadline("t", "a", "PT1H", false)], tasks(&["a", "b", "c"])];
    let graph = drawn(&steps, &[paths(&["start a end", "t b end", "u c end"])]);
    let mut desk = Desk::started(&graph, &json!({}));
    assert_eq!(desk.elapse(10_000), ["fire t", "pass t", "open b", "fire u", "cancel a", "pass u", "open c"]);
    desk.expect_open(&["b", "c"]);
}

/// What a boundary event adds inside a run of a split belongs to the run.
#[test]
fn a_join_waits_for_the_branch_that_a_boundary_event_added() {
    let steps = [vec![fork("f"), gather("j", "f"), deadline("t", "a", "PT1H", false)], tasks(&["a", "b", "x", "z"])];
    let graph = drawn(&steps, &[paths(&["start f a j z end", "f b j", "t x j"])]);
    let mut desk = Desk::started(&graph, &json!({}));
    desk.elapse(3_600);
    desk.done("a");
    desk.done("b");
    desk.expect_open(&["x"]);
    desk.done("x");
    desk.expect_open(&["z"]);
}

#[test]
fn a_join_waits_for_the_branch_that_replaced_an_interrupted_step() {
    let steps = [vec![fork("f"), gather("j", "f"), deadline("t", "a", "PT1H", true)], tasks(&["a", "b", "x", "z"])];
    let graph = drawn(&steps, &[paths(&["start f a j z end", "f b j", "t x j"])]);
    let mut desk = Desk::started(&graph, &json!({}));
    desk.done("b");
    desk.elapse(3_600);
    desk.expect_open(&["x"]);
    desk.done("x");
    desk.expect_open(&["z"]);
    desk.done("z");
    desk.expect_completed();
}

#[test]
fn an_interrupting_event_on_a_race_member_decides_the_race_and_another_does_not() {
    for interrupting in [true, false] {
        let steps =
            [vec![step("r", "RACE", &json!({})), deadline("t", "a", "PT1H", interrupting)], tasks(&["a", "b", "x"])];
        let graph = drawn(&steps, &[paths(&["start r a end", "r b end", "t x end"])]);
        let mut desk = Desk::started(&graph, &json!({}));
        desk.elapse(3_600);
        if interrupting {
            desk.expect_open(&["x"]);
        } else {
            desk.expect_open(&["a", "b", "x"]);
            desk.done("b");
            desk.expect_open(&["x"]);
        }
    }
}

#[test]
fn a_boundary_timer_whose_instant_cannot_be_told_refuses_the_opening() {
    let timer = json!({ "attachedTo": "b", "on": { "timer": { "until": "by" } } });
    let steps = [vec![step("t", "BOUNDARY", &json!({ "boundary": timer }))], tasks(&["a", "b"])];
    let graph = drawn(&steps, &[paths(&["start a b end", "t end"])]);
    let mut desk = Desk::started(&graph, &json!({}));
    let complete = desk.completion("a", "COMPLETED", &json!({}));
    let refused = Refusal::NotAnInstant { step: support::key("t"), expression: "by".to_owned() };
    assert_eq!(desk.act(CLERK, &complete), Err(refused));
    desk.done_with("a", "COMPLETED", &json!({ "by": at(50).to_rfc3339() }));
    assert_eq!(desk.elapse(50), ["fire t", "cancel b", "pass t", "pass end", "completed"]);
}

/// The branch that a timer would start cannot: its host stays, and the timer is not tried again.
#[test]
fn a_boundary_event_that_cannot_start_its_branch_leaves_its_host_open() {
    let steps = [vec![deadline("t", "a", "PT1H", true), wait_until("w", "by")], tasks(&["a"])];
    let graph = drawn(&steps, &[paths(&["start a end", "t w end"])]);
    let mut desk = Desk::started(&graph, &json!({}));
    assert_eq!(desk.elapse(3_600), ["misfire t"]);
    desk.expect_open(&["a"]);
    assert_eq!((desk.state.wakes_at(), desk.elapse(9_999)), (None, vec![]));
    desk.done("a");
    desk.expect_completed();
}

#[test]
fn an_expired_milestone_that_leads_back_to_its_own_step_is_an_endless_cycle() {
    let m = task("m", &json!({ "outcomes": ["DONE", "EXPIRED"], "enabledWhile": { "before": "b" } }));
    let steps = [vec![fork("f"), m], tasks(&["a", "b"])];
    let ways = vec![on("DONE", "m", "end"), on("EXPIRED", "m", "m")];
    let graph = drawn(&steps, &[paths(&["start f m", "f a b end"]), ways]);
    let mut desk = Desk::started(&graph, &json!({}));
    let command: Command = desk.completion("a", "COMPLETED", &Value::Object(serde_json::Map::new()));
    assert!(matches!(desk.act(CLERK, &command), Err(Refusal::EndlessCycle { .. })));
    desk.expect_open(&["a", "m"]);
}

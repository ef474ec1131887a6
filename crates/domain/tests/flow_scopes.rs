//! Scopes: entering and leaving, their timers, errors and what catches them, visit limits.

pub mod support;

use nexusflow_domain::request::{Refusal, RequestStatus};
use nexusflow_domain::workflow::Graph;
use serde_json::{Value, json};
use support::flow::{
    at_least, catcher, deadline, decision, drawn, error_end, fork, gather, join, on, otherwise, paths, scope, scoped,
    step, tasks, when,
};
use support::{CLERK, Desk, at, task};

/// A task that ends well or with an error end of this code.
fn risky(key: &str) -> Value {
    task(key, &json!({ "outcomes": ["FINE", "BAD"] }))
}

fn risks(key: &str, on_fine: &str, on_bad: &str) -> Vec<Value> {
    vec![on("FINE", key, on_fine), on("BAD", key, on_bad)]
}

/// Task a in a scope with an hour's deadline; behind it, a person may send it back.
fn timed_scope(interrupting: bool) -> Graph {
    let review = task("r", &json!({ "outcomes": ["OK", "AGAIN"] }));
    let steps = [vec![deadline("t", "s", "PT1H", interrupting), review], tasks(&["a", "b", "late"])];
    let ways = vec![on("OK", "r", "end"), on("AGAIN", "r", "a")];
    scoped(&steps, &[paths(&["start a b r", "t late end"]), ways], &[scope("s", &["a", "b"])])
}

#[test]
fn a_scopes_timer_counts_from_its_first_step_and_is_gone_with_its_last() {
    let graph = timed_scope(true);
    let mut desk = Desk::started(&graph, &json!({}));
    desk.now = at(1_000);
    assert_eq!(desk.done("a"), ["end a", "open b"]);
    assert_eq!(desk.state.wakes_at(), Some(at(3_600)));
    assert_eq!(desk.done("b"), ["end b", "leave s", "open r"]);
    assert_eq!(desk.state.wakes_at(), None);
}

#[test]
fn a_scope_that_is_entered_again_has_fresh_timers() {
    let graph = timed_scope(true);
    let mut desk = Desk::started(&graph, &json!({}));
    desk.done("a");
    desk.done("b");
    desk.now = at(2_000);
    desk.done_with("r", "AGAIN", &json!({}));
    assert_eq!(desk.state.wakes_at(), Some(at(5_600)));
    assert_eq!(desk.elapse(5_600), ["fire t", "cancel a", "leave s", "pass t", "open late"]);
}

#[test]
fn a_scope_that_is_left_and_entered_again_in_one_go_has_fresh_timers() {
    let steps = [vec![deadline("t", "s", "PT1H", true), decision("d", &json!({}))], tasks(&["a"])];
    let ways = vec![when("d", "end", "stop"), otherwise("d", "a")];
    let graph = scoped(&steps, &[paths(&["start a d", "t end"]), ways], &[scope("s", &["a"])]);
    let mut desk = Desk::started(&graph, &json!({}));
    desk.now = at(1_000);
    assert_eq!(desk.done("a"), ["end a", "leave s", "pass d", "open a", "enter s"]);
    assert_eq!(desk.state.wakes_at(), Some(at(4_600)));
}

#[test]
fn a_timer_that_leads_back_into_its_scope_starts_it_afresh_each_time() {
    let graph = scoped(
        &[vec![deadline("t", "s", "PT1H", true)], tasks(&["a", "b"])],
        &[paths(&["start a b end", "t a"])],
        &[scope("s", &["a", "b"])],
    );
    let mut desk = Desk::started(&graph, &json!({}));
    desk.done("a");
    for hour in 1..4 {
        let told = desk.elapse(3_600 * hour);
        assert_eq!(told.iter().filter(|word| *word == "fire t").count(), 1, "{told:?}");
        desk.expect_open(&["a"]);
    }
}

#[test]
fn a_timer_of_a_scope_that_does_not_interrupt_adds_a_branch() {
    let graph = timed_scope(false);
    let mut desk = Desk::started(&graph, &json!({}));
    assert_eq!(desk.elapse(3_600), ["fire t", "pass t", "open late"]);
    desk.expect_open(&["a", "late"]);
    assert_eq!(desk.elapse(9_000), [""; 0]);
}

#[test]
fn a_scope_stays_open_while_only_a_join_inside_it_waits_for_one_outside() {
    let steps = [vec![fork("f"), join("j"), deadline("t", "s", "PT1H", true)], tasks(&["a", "b", "x"])];
    let graph = scoped(&steps, &[paths(&["start f a j end", "f b j", "t x end"])], &[scope("s", &["a", "j"])]);
    let mut desk = Desk::started(&graph, &json!({}));
    desk.done("a");
    assert!(desk.state.scopes.contains_key(&support::key("s")));
    let told = desk.elapse(3_600);
    assert_eq!(told, ["fire t", "drop 1", "leave s", "pass t", "open x", "cancel j"]);
    desk.expect_open(&["b", "x"]);
}

/// An inner scope that catches X and an outer one that catches Y and all others.
fn nested(code: &str) -> Graph {
    let steps = [
        vec![risky("a"), error_end("bad", code)],
        vec![
            catcher("in_x", "inner", Some("X")),
            catcher("out_all", "outer", None),
            catcher("out_y", "outer", Some("Y")),
        ],
        tasks(&["b", "fix_x", "fix_y", "fix_all"]),
    ];
    let ways = paths(&["start f a", "f b end", "in_x fix_x end", "out_all fix_all end", "out_y fix_y end"]);
    let scopes = [scope("inner", &["a", "bad"]), scope("outer", &["f", "a", "b", "bad", "in_x", "fix_x"])];
    scoped(&[steps.concat(), vec![fork("f")]], &[ways, risks("a", "end", "bad")], &scopes)
}

#[test]
fn an_error_goes_to_the_innermost_scope_that_catches_it() {
    let graph = nested("X");
    let mut desk = Desk::started(&graph, &json!({}));
    desk.done_with("a", "BAD", &json!({}));
    desk.expect_open(&["b", "fix_x"]);
    desk.done("fix_x");
    desk.done("b");
    desk.expect_completed();
}

#[test]
fn an_error_that_the_inner_scope_does_not_catch_goes_outward_and_by_its_code_first() {
    for (code, fix) in [("Y", "fix_y"), ("Z", "fix_all")] {
        let graph = nested(code);
        let mut desk = Desk::started(&graph, &json!({}));
        let told = desk.done_with("a", "BAD", &json!({}));
        assert!(told.contains(&"cancel b".to_owned()), "{told:?}");
        desk.expect_open(&[fix]);
        desk.done(fix);
        desk.expect_completed();
    }
}

#[test]
fn an_error_that_nothing_catches_fails_the_request() {
    let steps = [vec![risky("a"), error_end("bad", "Z"), catcher("c", "s", Some("X"))], tasks(&["fix"])];
    let ways = [paths(&["start a", "c fix end"]), risks("a", "end", "bad")];
    let graph = scoped(&steps, &ways, &[scope("s", &["a", "bad"])]);
    let mut desk = Desk::started(&graph, &json!({}));
    let told = desk.done_with("a", "BAD", &json!({}));
    assert_eq!(told.last().map(String::as_str), Some("error bad"));
    desk.expect_ended(RequestStatus::Failed);
}

#[test]
fn an_error_end_without_a_code_is_caught_by_all_and_by_its_name() {
    for code in [None, Some("ERROR")] {
        let bad = step("bad", "END", &json!({ "end": "ERROR" }));
        let steps = [vec![risky("a"), bad, catcher("c", "s", code)], tasks(&["fix"])];
        let ways = [paths(&["start a", "c fix end"]), risks("a", "end", "bad")];
        let graph = scoped(&steps, &ways, &[scope("s", &["a", "bad"])]);
        let mut desk = Desk::started(&graph, &json!({}));
        desk.done_with("a", "BAD", &json!({}));
        desk.expect_open(&["fix"]);
    }
}

#[test]
fn an_error_outside_every_scope_is_not_caught() {
    let steps = [vec![risky("a"), error_end("bad", "X"), catcher("c", "s", None)], tasks(&["b"])];
    let ways = [paths(&["start b a", "c end"]), risks("a", "end", "bad")];
    let graph = scoped(&steps, &ways, &[scope("s", &["b"])]);
    let mut desk = Desk::started(&graph, &json!({}));
    desk.done("b");
    desk.done_with("a", "BAD", &json!({}));
    desk.expect_ended(RequestStatus::Failed);
}

/// The error is thrown before the fork's later branches have been played.
#[test]
fn branches_outside_the_scope_that_were_not_yet_played_go_on_after_an_error_was_caught() {
    let steps = [
        vec![fork("f"), decision("d", &json!({})), error_end("bad", "X"), catcher("c", "s", None)],
        tasks(&["a", "b", "fix"]),
    ];
    let ways = paths(&["start f bad", "f a end", "f d b end", "c fix end"]);
    let graph = scoped(&steps, &[ways], &[scope("s", &["bad"])]);
    let desk = Desk::started(&graph, &json!({}));
    desk.expect_open(&["a", "b", "fix"]);
}

#[test]
fn two_errors_in_one_go_are_both_caught() {
    let steps = [
        vec![fork("f"), error_end("bad", "X"), error_end("worse", "Y")],
        vec![catcher("c", "s", None), catcher("d", "t", None)],
        tasks(&["a", "fix", "mend"]),
    ];
    let ways = paths(&["start f bad", "f a end", "f worse", "c fix end", "d mend end"]);
    let graph = scoped(&steps, &[ways], &[scope("s", &["bad"]), scope("t", &["worse"])]);
    Desk::started(&graph, &json!({})).expect_open(&["a", "fix", "mend"]);
}

/// The branch behind an error belongs to the run of the split around the scope, even when nothing else
/// of the inner run is left.
#[test]
fn a_caught_error_stays_in_the_run_of_the_split_around_its_scope() {
    let steps = [
        vec![fork("f"), fork("g"), gather("k", "g"), gather("j", "f"), risky("a")],
        vec![error_end("bad", "X"), catcher("c", "s", None)],
        tasks(&["b", "fix", "other", "z"]),
    ];
    let ways = paths(&["start f other j z end", "f g", "g a", "g b", "b end", "k j", "c fix j"]);
    let scopes = [scope("s", &["g", "a", "b", "k", "bad"])];
    let graph = scoped(&steps, &[ways, risks("a", "k", "bad")], &scopes);
    let mut desk = Desk::started(&graph, &json!({}));
    desk.done("b");
    desk.done_with("a", "BAD", &json!({}));
    desk.expect_open(&["fix", "other"]);
    desk.done("other");
    desk.expect_open(&["fix"]);
    desk.done("fix");
    desk.expect_open(&["z"]);
    desk.done("z");
    desk.expect_completed();
}

/// The last branch of a run whose join has started already is late, also when an error took it elsewhere.
#[test]
fn a_branch_that_comes_late_over_an_error_does_not_start_its_join_again() {
    let steps = [
        vec![fork("f"), task("z", &at_least(1, "f", "IGNORE")), risky("a"), error_end("bad", "X")],
        vec![catcher("c", "s", None)],
        tasks(&["b", "fix"]),
    ];
    let ways = [paths(&["start f a", "f b z end", "c fix z"]), risks("a", "z", "bad")];
    let graph = scoped(&steps, &ways, &[scope("s", &["a", "bad"])]);
    let mut desk = Desk::started(&graph, &json!({}));
    desk.done("b");
    desk.done("z");
    desk.done_with("a", "BAD", &json!({}));
    assert_eq!(desk.done("fix"), ["end fix", "drop 1", "completed"]);
}

#[test]
fn an_error_end_that_cancels_the_other_branches_is_thrown_and_caught() {
    let bad = step("bad", "END", &support::with(json!({ "end": "ERROR" }), &at_least(1, "f", "CANCEL")));
    let ways = [paths(&["start f a bad", "f b bad", "c fix end"])];
    for (code, caught) in [(None, true), (Some("X"), false)] {
        let steps = [vec![fork("f"), bad.clone(), catcher("c", "s", code)], tasks(&["a", "b", "fix"])];
        let graph = scoped(&steps, &ways, &[scope("s", &["bad"])]);
        let mut desk = Desk::started(&graph, &json!({}));
        desk.done("a");
        if caught {
            desk.expect_open(&["fix"]);
        } else {
            desk.expect_ended(RequestStatus::Failed);
        }
    }
}

/// What catches an error throws it again inside the same scope.
#[test]
fn an_error_that_is_caught_and_thrown_without_end_is_refused() {
    let steps = [vec![risky("a"), error_end("bad", "X"), catcher("c", "s", None), decision("d", &json!({}))]];
    let ways =
        [paths(&["start a", "c d"]), vec![when("d", "end", "x"), otherwise("d", "bad")], risks("a", "end", "bad")];
    let graph = scoped(&steps, &ways, &[scope("s", &["a", "bad"])]);
    let mut desk = Desk::started(&graph, &json!({}));
    let command = desk.completion("a", "BAD", &json!({}));
    assert!(matches!(desk.act(CLERK, &command), Err(Refusal::EndlessCycle { .. })));
    desk.expect_open(&["a"]);
}

/// a goes round through d at most twice; a retry leads back into the scope after each error.
fn limited(caught: bool) -> Graph {
    let a = task("a", &json!({ "maxVisits": 2, "outcomes": ["AGAIN", "DONE"] }));
    let steps = [vec![a, catcher("c", "s", Some("VISIT_LIMIT"))], tasks(&["b", "fix"])];
    let ways = [paths(&["start a", "b end", "c fix end"]), vec![on("AGAIN", "a", "a"), on("DONE", "a", "b")]];
    scoped(&steps, &ways, &[scope("s", if caught { &["a"] } else { &["b"] })])
}

#[test]
fn one_visit_too_many_fails_the_request_or_is_caught() {
    for caught in [true, false] {
        let graph = limited(caught);
        let mut desk = Desk::started(&graph, &json!({}));
        desk.done_with("a", "AGAIN", &json!({}));
        desk.expect_open(&["a"]);
        let told = desk.done_with("a", "AGAIN", &json!({}));
        if caught {
            assert_eq!(told, ["end a", "drop 1", "fire c", "leave s", "pass c", "open fix"]);
        } else {
            assert_eq!(told.last().map(String::as_str), Some("limit a"));
            desk.expect_ended(RequestStatus::Failed);
        }
    }
}

#[test]
fn as_many_visits_as_allowed_are_no_error() {
    let graph = limited(false);
    let mut desk = Desk::started(&graph, &json!({}));
    desk.done_with("a", "AGAIN", &json!({}));
    desk.done_with("a", "DONE", &json!({}));
    desk.done("b");
    desk.expect_completed();
}

#[test]
fn a_cycle_of_automatic_steps_ends_at_its_visit_limit() {
    let ways = [paths(&["start a d"]), vec![when("d", "e", "x"), otherwise("d", "end")], paths(&["e d"])];
    let steps = [vec![decision("d", &json!({ "maxVisits": 50 })), decision("e", &json!({}))], tasks(&["a"])];
    let graph = drawn(&steps, &ways);
    let mut desk = Desk::started(&graph, &json!({}));
    let told = desk.done_with("a", "COMPLETED", &json!({ "x": 1 }));
    assert_eq!(told.iter().filter(|word| *word == "pass d").count(), 50);
    assert_eq!(told.last().map(String::as_str), Some("limit d"));
}

#[test]
fn a_step_behind_a_race_has_its_visit_limit_too() {
    let steps = [vec![step("r", "RACE", &json!({})), task("a", &json!({ "maxVisits": 2 }))], tasks(&["b"])];
    let graph = drawn(&steps, &[paths(&["start r a r", "r b end"])]);
    let mut desk = Desk::started(&graph, &json!({}));
    desk.done("a");
    let told = desk.done("a");
    assert_eq!(told.last().map(String::as_str), Some("limit a"));
    desk.expect_ended(RequestStatus::Failed);
}

/// Only the deadline ends the loop.
#[test]
fn a_loop_may_be_left_by_a_boundary_event_alone() {
    let steps = [vec![deadline("t", "s", "PT1H", true)], tasks(&["a", "b"])];
    let graph = scoped(&steps, &[paths(&["start a b a", "t end"])], &[scope("s", &["a", "b"])]);
    let mut desk = Desk::started(&graph, &json!({}));
    for step in ["a", "b", "a"] {
        desk.done(step);
    }
    desk.elapse(3_600);
    desk.expect_completed();
}

#[test]
fn a_timer_of_a_scope_whose_instant_cannot_be_told_refuses_the_entry() {
    let timer = json!({ "attachedTo": "s", "on": { "timer": { "until": "by" } } });
    let steps = [vec![step("t", "BOUNDARY", &json!({ "boundary": timer }))], tasks(&["a", "b"])];
    let graph = scoped(&steps, &[paths(&["start a b end", "t end"])], &[scope("s", &["b"])]);
    let mut desk = Desk::started(&graph, &json!({}));
    let complete = desk.completion("a", "COMPLETED", &json!({}));
    assert!(matches!(desk.act(CLERK, &complete), Err(Refusal::NotAnInstant { .. })));
    desk.expect_open(&["a"]);
}

/// Only one of two branches comes to the join; no person can go on, but time can.
#[test]
fn a_join_that_waits_in_vain_is_left_by_the_deadline_of_its_scope() {
    for interrupting in [true, false] {
        let steps = [
            vec![decision("d", &json!({})), join("j"), deadline("t", "s", "PT1H", interrupting)],
            tasks(&["a", "b", "late"]),
        ];
        let ways =
            [paths(&["start d", "a j end", "b j", "t late end"]), vec![when("d", "a", "x"), otherwise("d", "b")]];
        let graph = scoped(&steps, &ways, &[scope("s", &["d", "a", "b", "j"])]);
        let mut desk = Desk::started(&graph, &json!({}));
        assert_eq!(desk.done("b"), ["end b", "await j"]);
        desk.expect_open(&[]);
        desk.elapse(3_600);
        desk.expect_open(&["late"]);
        desk.done("late");
        desk.expect_ended(if interrupting { RequestStatus::Completed } else { RequestStatus::Failed });
    }
}

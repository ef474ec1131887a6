//! Choices and exclusions by state, and cancellation (workflow control-flow patterns 16 to 20, 25, 39 and
//! 40; BPM-06-22).

pub mod support;

use nexusflow_domain::request::{Command, Refusal, RequestStatus};
use nexusflow_domain::workflow::Graph;
use serde_json::{Value, json};
use support::flow::{deadline, decision, drawn, fork, join, on, paths, scope, scoped, step, story, tasks, wait};
use support::{CHIEF, CLERK, Desk, SECOND_CLERK, key, task, with};

/// Whoever is first of a, b and an hour decides.
fn deferred() -> Graph {
    let steps = [vec![step("r", "RACE", &json!({})), wait("w", "PT1H")], tasks(&["a", "b", "x", "y", "z"])];
    drawn(&steps, &[paths(&["start r a x end", "r b y end", "r w z end"])])
}

#[test]
fn wcp_16_deferred_choice_offers_every_branch_and_the_first_withdraws_the_others() {
    let graph = deferred();
    for (chosen, told, next) in [
        ("a", ["cancel b", "cancel w", "end a", "open x"], "x"),
        ("b", ["cancel a", "cancel w", "end b", "open y"], "y"),
    ] {
        let mut desk = Desk::started(&graph, &json!({}));
        desk.expect_open(&["a", "b", "w"]);
        assert_eq!(desk.done(chosen), told);
        desk.expect_open(&[next]);
        assert_eq!(desk.elapse(3_600), [""; 0], "the withdrawn timer does not fire");
    }
}

#[test]
fn wcp_16_deferred_choice_may_be_made_by_time() {
    let graph = deferred();
    let mut desk = Desk::started(&graph, &json!({}));
    let late = desk.completion("a", "COMPLETED", &json!({}));
    assert_eq!(desk.elapse(3_600), ["cancel a", "cancel b", "over w", "open z"]);
    assert!(matches!(desk.act(CLERK, &late), Err(Refusal::StepNotOpen { .. })));
}

#[test]
fn wcp_16_deferred_choice_is_not_made_by_claiming() {
    let graph = deferred();
    let mut desk = Desk::started(&graph, &json!({}));
    desk.act(CLERK, &Command::Claim { step: desk.open("a") }).unwrap();
    desk.expect_open(&["a", "b", "w"]);
    desk.done("b");
    desk.expect_open(&["y"]);
}

/// Tasks a, b and c of which only one is worked at a time, and their join.
fn interleaved() -> Graph {
    let one = |name: &str| task(name, &json!({ "mutex": "desk" }));
    let steps = [vec![fork("f"), join("j"), one("a"), one("b"), one("c")]];
    drawn(&steps, &[paths(&["start f a j end", "f b j", "f c j"])])
}

#[test]
fn wcp_40_interleaved_routing_allows_every_order_but_never_two_at_once() {
    let graph = interleaved();
    for order in [["a", "b", "c"], ["a", "c", "b"], ["b", "a", "c"], ["b", "c", "a"], ["c", "a", "b"], ["c", "b", "a"]]
    {
        let mut desk = Desk::started(&graph, &json!({}));
        for (i, step) in order.iter().enumerate() {
            desk.act(CLERK, &Command::Claim { step: desk.open(step) }).unwrap();
            for other in &order[i + 1..] {
                let taken = Err(Refusal::MutexTaken { step: key(other), by: key(step) });
                let claim = Command::Claim { step: desk.open(other) };
                let complete = desk.completion(other, "COMPLETED", &json!({}));
                assert_eq!((desk.act(SECOND_CLERK, &claim), desk.act(SECOND_CLERK, &complete)), (taken.clone(), taken));
            }
            desk.done(step);
        }
        desk.expect_completed();
    }
}

#[test]
fn wcp_40_interleaved_routing_goes_on_with_another_when_one_is_given_back() {
    let graph = interleaved();
    let mut desk = Desk::started(&graph, &json!({}));
    let a = desk.open("a");
    desk.act(CLERK, &Command::Claim { step: a }).unwrap();
    desk.act(CLERK, &Command::Release { step: a, forced: false }).unwrap();
    desk.act(SECOND_CLERK, &Command::Claim { step: desk.open("b") }).unwrap();
    assert!(matches!(desk.act(CLERK, &Command::Claim { step: a }), Err(Refusal::MutexTaken { .. })));
}

/// b before c, a at any time; never two at once: a partial order.
#[test]
fn wcp_17_interleaved_parallel_routing_keeps_the_partial_order() {
    let one = |name: &str| task(name, &json!({ "mutex": "desk" }));
    let steps = [vec![fork("f"), join("j"), one("a"), one("b"), one("c")]];
    let graph = drawn(&steps, &[paths(&["start f a j end", "f b c j"])]);
    for order in [["a", "b", "c"], ["b", "a", "c"], ["b", "c", "a"]] {
        let mut desk = Desk::started(&graph, &json!({}));
        assert!(!desk.open_keys().contains(&"c"), "c comes after b");
        for step in order {
            desk.act(CLERK, &Command::Claim { step: desk.open(step) }).unwrap();
            let others: Vec<_> = desk.state.open.keys().copied().filter(|id| *id != desk.open(step)).collect();
            for step in others {
                assert!(matches!(desk.act(SECOND_CLERK, &Command::Claim { step }), Err(Refusal::MutexTaken { .. })));
            }
            desk.done(step);
        }
        desk.expect_completed();
    }
}

/// m beside a → b → c; m may be worked after a has ended and before b has ended, that is, before c starts.
fn milestone() -> Graph {
    let window = json!({ "after": "a", "before": "c" });
    let m = task("m", &json!({ "outcomes": ["COMPLETED", "EXPIRED"], "enabledWhile": window }));
    let steps = [vec![fork("f"), join("j"), decision("merge", &json!({})), m], tasks(&["a", "b", "c", "x"])];
    let chosen = vec![on("COMPLETED", "m", "x"), on("EXPIRED", "m", "merge")];
    let ways = [paths(&["start f a b c j end", "f m", "x merge j"]), chosen];
    drawn(&steps, &ways)
}

#[test]
fn wcp_18_milestone_keeps_a_step_back_until_it_is_reached() {
    let graph = milestone();
    let mut desk = Desk::started(&graph, &json!({}));
    let m = desk.open("m");
    let complete = desk.completion("m", "COMPLETED", &json!({}));
    let early = Err(Refusal::NotEnabled { step: key("m"), after: key("a") });
    assert_eq!(desk.act(CLERK, &complete), early);
    assert_eq!(desk.act(CLERK, &Command::Claim { step: m }), early);
    desk.done("a");
    desk.done("m");
    desk.expect_open(&["b", "x"]);
}

#[test]
fn wcp_18_milestone_withdraws_the_step_once_it_has_passed() {
    let graph = milestone();
    let mut desk = Desk::started(&graph, &json!({}));
    let late = desk.completion("m", "COMPLETED", &json!({}));
    desk.done("a");
    assert_eq!(desk.done("b"), ["end b", "open c", "end m", "pass merge", "await j"]);
    assert!(matches!(desk.act(CLERK, &late), Err(Refusal::StepNotOpen { .. })));
    desk.expect_open(&["c"]);
    desk.done("c");
    desk.expect_completed();
}

/// What was withdrawn has not reached the milestone.
#[test]
fn wcp_18_milestone_is_not_reached_by_a_step_that_was_cancelled() {
    let m = task("m", &json!({ "enabledWhile": { "after": "a" } }));
    let steps = [vec![fork("f"), m, deadline("t", "a", "PT1M", true)], tasks(&["a", "b"])];
    let graph = drawn(&steps, &[paths(&["start f a end", "f m end", "t b a"])]);
    let mut desk = Desk::started(&graph, &json!({}));
    assert_eq!(desk.elapse(60), ["fire t", "cancel a", "pass t", "open b"]);
    let complete = desk.completion("m", "COMPLETED", &json!({}));
    assert!(matches!(desk.act(CLERK, &complete), Err(Refusal::NotEnabled { .. })));
    desk.done("b");
    desk.done("a");
    desk.done("m");
    desk.expect_completed();
}

#[test]
fn wcp_19_cancel_activity_by_time_ends_the_step_and_takes_another_way() {
    let steps = [vec![deadline("t", "a", "PT1H", true)], tasks(&["a", "b"])];
    let graph = drawn(&steps, &[paths(&["start a end", "t b end"])]);
    let mut desk = Desk::started(&graph, &json!({}));
    assert_eq!(desk.elapse(3_600), ["fire t", "cancel a", "pass t", "open b"]);
    desk.done("b");
    desk.expect_completed();
}

#[test]
fn wcp_19_cancel_activity_by_an_operator_ends_its_branch_alone() {
    let graph = drawn(&[vec![fork("f")], tasks(&["a", "b"])], &[paths(&["start f a end", "f b end"])]);
    let mut desk = Desk::started(&graph, &json!({}));
    assert_eq!(desk.cancel_step("a").unwrap(), ["cancel a"]);
    desk.expect_open(&["b"]);
    desk.done("b");
    desk.expect_completed();
}

#[test]
fn wcp_20_cancel_case_ends_everything_wherever_it_stands() {
    let steps = [vec![fork("f"), join("j"), wait("w", "PT1H")], tasks(&["a", "b"])];
    let graph = drawn(&steps, &[paths(&["start f a j end", "f b j", "f w j"])]);
    let mut desk = Desk::started(&graph, &json!({}));
    desk.done("a");
    let events = desk.act(CHIEF, &Command::Cancel { reason: None }).unwrap();
    assert_eq!(story(&events), ["cancel b", "cancel w", "cancel j", "REQUEST_CANCELLED"]);
    desk.expect_ended(RequestStatus::Cancelled);
    assert_eq!(desk.elapse(7_200), [""; 0]);
}

/// Two branches, of which one and a part of the other lie in the region; c lies outside it.
fn region(trigger: Value) -> Graph {
    let steps = [vec![fork("f"), fork("g"), join("k"), join("j"), trigger], tasks(&["a", "b", "c", "d", "e", "x"])];
    let ways = paths(&["start f g a k d j end", "g b k", "f e c j", "t x end"]);
    scoped(&steps, &[ways], &[scope("s", &["g", "a", "b", "k", "e"])])
}

#[test]
fn wcp_25_cancel_region_ends_every_step_and_every_waiting_branch_inside_it() {
    let graph = region(deadline("t", "s", "PT1H", true));
    let mut desk = Desk::started(&graph, &json!({}));
    desk.done("a");
    let told = desk.elapse(3_600);
    assert_eq!(told[..4], ["fire t", "cancel e", "cancel b", "drop 1"]);
    desk.expect_open(&["x"]);
    assert!(desk.state.awaited.is_empty());
}

#[test]
fn wcp_25_cancel_region_leaves_what_lies_outside() {
    let graph = region(deadline("t", "s", "PT1H", true));
    let mut desk = Desk::started(&graph, &json!({}));
    desk.done("e");
    desk.done("a");
    desk.elapse(3_600);
    desk.expect_open(&["c", "x"]);
}

#[test]
fn wcp_25_cancel_region_by_an_operator() {
    let graph = region(deadline("t", "s", "PT1H", true));
    let mut desk = Desk::started(&graph, &json!({}));
    desk.done("e");
    assert_eq!(desk.cancel_scope("s").unwrap(), ["clear s", "cancel a", "cancel b", "leave s"]);
    desk.expect_open(&["c"]);
    assert_eq!(desk.elapse(3_600), [""; 0], "its timer is gone");
}

/// Two branches, each with a critical section of two steps.
fn critical() -> Graph {
    let section = |name: &str, steps: &[&str]| with(scope(name, steps), &json!({ "mutex": "vault" }));
    let steps = [vec![fork("f"), join("j")], tasks(&["a", "b", "c", "d"])];
    let ways = paths(&["start f a b j end", "f c d j"]);
    scoped(&steps, &[ways], &[section("s", &["a", "b"]), section("t", &["c", "d"])])
}

#[test]
fn wcp_39_critical_section_is_entered_by_one_branch_at_a_time() {
    let graph = critical();
    let mut desk = Desk::started(&graph, &json!({}));
    desk.expect_open(&["a"]);
    desk.awaited("c");
    desk.done("a");
    desk.expect_open(&["b"]);
    assert_eq!(desk.done("b"), ["end b", "leave s", "open c", "await j", "enter t"]);
    desk.done("c");
    desk.done("d");
    desk.expect_completed();
}

#[test]
fn wcp_39_critical_section_is_free_again_when_it_is_cancelled() {
    let graph = critical();
    let mut desk = Desk::started(&graph, &json!({}));
    desk.cancel_scope("s").unwrap();
    desk.expect_open(&["c"]);
}

/// A branch that gathers what a split made must not enter while the other section is busy either.
#[test]
fn wcp_39_critical_section_that_begins_with_a_structured_join_waits_too() {
    let section = |name: &str, steps: &[&str]| with(scope(name, steps), &json!({ "mutex": "vault" }));
    let merge = task("c", &json!({ "join": { "SOME": { "split": "g" } } }));
    let steps = [vec![fork("f"), fork("g"), join("j"), merge], tasks(&["a", "x", "y"])];
    let ways = paths(&["start f a j end", "f g x c j", "g y c"]);
    let graph = scoped(&steps, &[ways], &[section("s", &["a"]), section("t", &["c"])]);
    let mut desk = Desk::started(&graph, &json!({}));
    desk.done("x");
    desk.done("y");
    desk.expect_open(&["a"]);
    desk.awaited("c");
    desk.done("a");
    desk.expect_open(&["c"]);
    desk.done("c");
    desk.expect_completed();
}

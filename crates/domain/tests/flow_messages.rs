//! Messages and webhooks that steps, scopes and races wait for.

pub mod support;

use nexusflow_domain::request::{Command, DeadlineClock, Refusal, RequestEvent, RequestStatus, WaitReason};
use nexusflow_domain::workflow::Graph;
use serde_json::{Value, json};
use support::flow::{
    decision, drawn, fork, join, listener, message, paths, scope, scoped, step, story, tasks, wait, wait_until,
};
use support::{CHIEF, CLERK, Desk, at, key, map, suspend, with};

const NOTHING: [&str; 0] = [];

/// Waits for a payment of the order, then for a clerk.
fn paid(key: &str) -> Graph {
    drawn(&[vec![message("w", "paid", key)], tasks(&["a"])], &[paths(&["start w a end"])])
}

#[test]
fn a_wait_ends_with_its_message_whose_fields_become_variables() {
    let graph = paid("order");
    let mut desk = Desk::started(&graph, &json!({ "order": "O-1", "old": 1 }));
    desk.expect_open(&["w"]);
    assert_eq!(desk.hear("paid", &json!({ "amount": 7, "old": null })), ["hear paid", "over w", "open a"]);
    assert_eq!(desk.state.variables, map(&json!({ "order": "O-1", "amount": 7 })));
}

#[test]
fn a_correlation_key_is_a_text_a_number_or_a_truth_value() {
    for (expression, key) in [
        ("order", "O-1"),
        ("'order-' + order", "order-O-1"),
        ("number", "42"),
        ("number * 2 + 1", "85"),
        ("urgent", "true"),
    ] {
        let graph = paid(expression);
        let desk = Desk::started(&graph, &json!({ "order": "O-1", "number": 42, "urgent": true }));
        let keys: Vec<String> = desk.state.subscriptions().into_values().map(|awaited| awaited.key.clone()).collect();
        assert_eq!(keys, [key], "{expression}");
    }
}

#[test]
fn a_key_that_cannot_be_made_refuses_the_opening_and_names_the_field() {
    let long = "x".repeat(513);
    for value in [json!({}), json!({ "order": [] }), json!({ "order": "" }), json!({ "order": long })] {
        let graph = drawn(&[vec![message("w", "paid", "order")], tasks(&["a"])], &[paths(&["start a w end"])]);
        let mut desk = Desk::started(&graph, &json!({}));
        let complete = desk.completion("a", "COMPLETED", &value);
        let refused = desk.act(CLERK, &complete);
        assert!(
            matches!(&refused, Err(Refusal::NotMade { step, field, .. }) if *step == key("w") && field == "key"),
            "{value}: {refused:?}"
        );
        desk.expect_open(&["a"]);
        desk.done_with("a", "COMPLETED", &json!({ "order": "x".repeat(512) }));
        desk.expect_open(&["w"]);
    }
}

#[test]
fn an_output_mapping_decides_what_a_message_sets() {
    let mapped = with(message("w", "paid", "order"), &json!({ "output": { "total": "result.amount + total" } }));
    let graph = drawn(&[vec![mapped], tasks(&["a"])], &[paths(&["start w a end"])]);
    let mut desk = Desk::started(&graph, &json!({ "order": "O-1", "total": 3 }));
    desk.hear("paid", &json!({ "amount": 7, "secret": "s" }));
    assert_eq!(desk.state.variables, map(&json!({ "order": "O-1", "total": 10 })));
}

/// The wait fails, the message is not received, and an operator lets it wait again: for the key that
/// the variables give then.
#[test]
fn a_message_that_does_not_fit_the_mapping_fails_the_wait_and_is_not_received() {
    let mapped = with(message("w", "paid", "order"), &json!({ "output": { "total": "result.amount + 1" } }));
    let graph = drawn(&[vec![mapped], tasks(&["a"])], &[paths(&["start w a end"])]);
    let mut desk = Desk::started(&graph, &json!({ "order": "O-1" }));
    assert_eq!(desk.hear("paid", &json!({})), ["fail w"]);
    assert!(desk.state.subscriptions().is_empty());
    desk.operate(&Command::Retry { step: desk.open("w") }).unwrap();
    assert_eq!(desk.hear("paid", &json!({ "amount": 7 })), ["hear paid", "over w", "open a"]);
}

#[test]
fn a_message_for_what_does_not_wait_any_more_changes_nothing() {
    let graph = paid("order");
    let mut desk = Desk::started(&graph, &json!({ "order": "O-1" }));
    let to = desk.waits_for("paid");
    desk.hear("paid", &json!({}));
    assert_eq!(desk.hear_at(&to, &json!({ "amount": 9 })), NOTHING);
    assert!(!desk.state.variables.contains_key("amount"));
}

#[test]
fn a_wait_is_explained_by_the_message_it_waits_for() {
    let graph = paid("order");
    let desk = Desk::started(&graph, &json!({ "order": "O-1" }));
    let waits = nexusflow_domain::request::waiting_for(&graph, &desk.state);
    let reasons: Vec<&WaitReason> = waits.iter().map(|wait| &wait.reason).collect();
    assert_eq!(reasons, [&WaitReason::Message { name: "paid".to_owned(), key: "O-1".to_owned() }]);
}

/// Task a, on which a message `stop` leads to task b.
fn stoppable(interrupting: bool) -> Graph {
    let steps = [vec![listener("m", "a", "stop", "'k'", interrupting)], tasks(&["a", "b"])];
    drawn(&steps, &[paths(&["start a end", "m b end"])])
}

#[test]
fn a_boundary_message_interrupts_its_step() {
    let graph = stoppable(true);
    let mut desk = Desk::started(&graph, &json!({}));
    assert_eq!(desk.hear("stop", &json!({ "why": "x" })), ["hear stop", "fire m", "cancel a", "pass m", "open b"]);
    assert_eq!(desk.state.variables, map(&json!({ "why": "x" })));
    desk.done("b");
    desk.expect_completed();
}

#[test]
fn a_boundary_message_that_does_not_interrupt_adds_a_branch_once() {
    let graph = stoppable(false);
    let mut desk = Desk::started(&graph, &json!({}));
    let to = desk.waits_for("stop");
    assert_eq!(desk.hear_at(&to, &json!({})), ["hear stop", "fire m", "pass m", "open b"]);
    desk.expect_open(&["a", "b"]);
    assert_eq!(desk.hear_at(&to, &json!({})), NOTHING);
    assert!(desk.state.subscriptions().is_empty());
    desk.done("a");
    desk.done("b");
    desk.expect_completed();
}

#[test]
fn a_boundary_message_is_gone_with_its_step() {
    let graph = stoppable(true);
    let mut desk = Desk::started(&graph, &json!({}));
    let to = desk.waits_for("stop");
    desk.done("a");
    assert_eq!(desk.hear_at(&to, &json!({})), NOTHING);
    desk.expect_completed();
}

#[test]
fn a_boundary_message_has_an_output_mapping_too() {
    let mapped = with(listener("m", "a", "stop", "'k'", true), &json!({ "output": { "why": "result.reason" } }));
    let graph = drawn(&[vec![mapped], tasks(&["a", "b"])], &[paths(&["start a end", "m b end"])]);
    let mut desk = Desk::started(&graph, &json!({}));
    desk.hear("stop", &json!({ "reason": "late", "more": 1 }));
    assert_eq!(desk.state.variables, map(&json!({ "why": "late" })));
}

/// The branch cannot start: the host stays as it is, and the message is left for something else.
#[test]
fn a_boundary_message_whose_branch_cannot_start_is_not_received() {
    let steps = [vec![listener("m", "a", "stop", "'k'", true), wait_until("w", "by")], tasks(&["a"])];
    let graph = drawn(&steps, &[paths(&["start a end", "m w end"])]);
    let mut desk = Desk::started(&graph, &json!({}));
    assert_eq!(desk.hear("stop", &json!({ "n": 1 })), ["misfire m"]);
    desk.expect_open(&["a"]);
    assert!(desk.state.variables.is_empty() && desk.state.subscriptions().is_empty());
}

/// Tasks a and b one after the other in a scope that `stop` leaves.
fn region(interrupting: bool) -> Graph {
    let steps = [vec![listener("m", "s", "stop", "order", interrupting)], tasks(&["a", "b", "x"])];
    scoped(&steps, &[paths(&["start a b end", "m x end"])], &[scope("s", &["a", "b"])])
}

#[test]
fn a_scope_listens_from_its_entry_to_its_end_whatever_is_open_inside() {
    let graph = region(true);
    let mut desk = Desk::started(&graph, &json!({ "order": "O-1" }));
    let to = desk.waits_for("stop");
    assert_eq!((to.step, to.boundary.clone()), (None, Some(key("m"))));
    desk.done("a");
    assert_eq!(desk.waits_for("stop"), to);
    assert_eq!(desk.hear("stop", &json!({})), ["hear stop", "fire m", "cancel b", "leave s", "pass m", "open x"]);
    assert_eq!(desk.hear_at(&to, &json!({})), NOTHING);
}

#[test]
fn a_scope_that_is_not_interrupted_goes_on_beside_the_new_branch() {
    let graph = region(false);
    let mut desk = Desk::started(&graph, &json!({ "order": "O-1" }));
    desk.hear("stop", &json!({}));
    desk.expect_open(&["a", "x"]);
    assert!(desk.state.subscriptions().is_empty(), "it fires once");
    desk.done("a");
    desk.done("b");
    desk.done("x");
    desk.expect_completed();
}

/// First of a person, a message, an hour and a call.
fn contest() -> Graph {
    let hook = step("h", "WAIT", &json!({ "wait": { "webhook": {} } }));
    let steps = [
        vec![step("r", "RACE", &json!({})), message("m", "paid", "'k'"), wait("t", "PT1H"), hook],
        tasks(&["a", "after"]),
        vec![decision("merge", &json!({}))],
    ];
    drawn(&steps, &[paths(&["start r a merge after end", "r m merge", "r t merge", "r h merge"])])
}

#[test]
fn of_a_person_a_message_a_call_and_time_the_first_wins_and_the_others_are_withdrawn() {
    let graph = contest();
    let race = || {
        let desk = Desk::started(&graph, &json!({}));
        desk.expect_open(&["a", "h", "m", "t"]);
        desk
    };
    let withdrawn = |story: &[String]| {
        let mut gone: Vec<String> = story.iter().filter(|told| told.starts_with("cancel")).cloned().collect();
        gone.sort_unstable();
        gone
    };
    let mut desk = race();
    let late = desk.waits_for("paid");
    assert_eq!(withdrawn(&desk.done("a")), ["cancel h", "cancel m", "cancel t"]);
    assert_eq!((desk.hear_at(&late, &json!({})), desk.elapse(3_600)), (vec![], vec![]));
    desk.expect_open(&["after"]);

    let mut desk = race();
    let completion = desk.completion("a", "COMPLETED", &json!({}));
    assert_eq!(withdrawn(&desk.hear("paid", &json!({}))), ["cancel a", "cancel h", "cancel t"]);
    assert!(matches!(desk.act(CLERK, &completion), Err(Refusal::StepNotOpen { .. })));
    desk.expect_open(&["after"]);

    let mut desk = race();
    assert_eq!(withdrawn(&desk.elapse(3_600)), ["cancel a", "cancel h", "cancel m"]);

    let mut desk = race();
    let call = Command::CallWebhook { step: desk.open("h"), payload: map(&json!({ "by": "them" })) };
    let events = desk.perform(None, &call).unwrap();
    assert_eq!(withdrawn(&story(&events)), ["cancel a", "cancel m", "cancel t"]);
    assert_eq!(desk.state.variables, map(&json!({ "by": "them" })));
    assert!(matches!(desk.perform(None, &call), Err(Refusal::StepNotOpen { .. })));
}

/// Whatever was due by then has happened when the message comes.
#[test]
fn a_message_that_comes_after_the_time_finds_the_race_decided() {
    let graph = contest();
    let mut desk = Desk::started(&graph, &json!({}));
    desk.now = at(3_600);
    let told = desk.hear("paid", &json!({ "n": 1 }));
    assert!(told.contains(&"over t".to_owned()) && !told.contains(&"hear paid".to_owned()), "{told:?}");
    assert!(desk.state.variables.is_empty());
}

#[test]
fn what_is_suspended_hears_nothing_until_it_goes_on() {
    let graph = paid("order");
    let mut desk = Desk::started(&graph, &json!({ "order": "O-1" }));
    let to = desk.waits_for("paid");
    desk.act(CHIEF, &suspend(DeadlineClock::Running)).unwrap();
    assert!(desk.state.subscriptions().is_empty());
    assert_eq!(desk.hear_at(&to, &json!({})), NOTHING);
    desk.act(CHIEF, &Command::Resume).unwrap();
    assert_eq!(desk.hear_at(&to, &json!({})), ["hear paid", "over w", "open a"]);
}

#[test]
fn a_call_of_what_waits_for_no_call_is_refused() {
    let graph = paid("order");
    let mut desk = Desk::started(&graph, &json!({ "order": "O-1" }));
    let call = Command::CallWebhook { step: desk.open("w"), payload: map(&json!({})) };
    assert!(matches!(desk.perform(None, &call), Err(Refusal::NotAwaited { offered: "a webhook", .. })));
    desk.act(CHIEF, &suspend(DeadlineClock::Running)).unwrap();
    assert!(matches!(desk.perform(None, &call), Err(Refusal::WrongStatus { .. })));
}

#[test]
fn a_cancelled_request_waits_for_no_message() {
    let graph = region(true);
    let mut desk = Desk::started(&graph, &json!({ "order": "O-1" }));
    desk.act(CHIEF, &Command::Cancel { reason: None }).unwrap();
    assert!(desk.state.subscriptions().is_empty());
    desk.expect_ended(RequestStatus::Cancelled);
}

/// Two waits of one request for the same message: each message ends one of them.
#[test]
fn parallel_waits_are_told_apart() {
    let steps = [vec![fork("f"), join("j"), message("v", "paid", "'k'"), message("w", "paid", "'k'")], tasks(&["a"])];
    let graph = drawn(&steps, &[paths(&["start f v j a end", "f w j"])]);
    let mut desk = Desk::started(&graph, &json!({}));
    let both: Vec<_> = desk.state.subscriptions().into_keys().collect();
    assert_eq!(both.len(), 2);
    desk.hear_at(&both[0], &json!({}));
    assert_eq!(desk.state.subscriptions().into_keys().collect::<Vec<_>>(), both[1..]);
    desk.hear_at(&both[1], &json!({}));
    desk.expect_open(&["a"]);
}

/// The journal says which message was received, where, and that NexusFlow did it.
#[test]
fn a_reception_is_on_record_before_what_it_sets_off() {
    let graph = stoppable(true);
    let mut desk = Desk::started(&graph, &json!({}));
    let host = desk.open("a");
    desk.hear("stop", &json!({ "why": "x" }));
    let received = desk.journal.iter().find(|event| event.name() == "MESSAGE_RECEIVED").unwrap();
    let RequestEvent::MessageReceived { name, step, boundary, variables, .. } = received else { unreachable!() };
    assert_eq!((name.as_str(), *step, boundary.clone()), ("stop", Some(host), Some(key("m"))));
    assert_eq!(*variables, map(&json!({ "why": "x" })));
}

#[test]
fn what_a_message_brings_is_bounded_with_the_other_variables() {
    let graph = paid("order");
    let mut desk = Desk::started(&graph, &json!({ "order": "O-1" }));
    let payload: Value = json!({ "text": "x".repeat(256 * 1024) });
    assert_eq!(desk.hear("paid", &payload), ["fail w"]);
}

//! The token game as the engine plays it: forks, joins, choices, ends.

pub mod support;

use nexusflow_domain::request::{Command, FailureReason, Refusal, RequestEvent, RequestStatus};
use nexusflow_domain::workflow::Graph;
use serde_json::{Value, json};
use support::{CHIEF, CLERK, Desk, STRANGER, approval, edge, graph, graph_of, task, with};

fn decision(key: &str, more: &Value) -> Value {
    with(json!({ "key": key, "name": key, "kind": "DECISION" }), more)
}

fn fork(key: &str) -> Value {
    decision(key, &json!({ "split": "ALL" }))
}

fn join(key: &str) -> Value {
    decision(key, &json!({ "join": "ALL" }))
}

fn when(from: &str, to: &str, field: &str, priority: i32) -> Value {
    let condition = json!({ "field": field, "operator": "exists" });
    with(edge(from, to), &json!({ "condition": condition, "priority": priority }))
}

fn otherwise(from: &str, to: &str) -> Value {
    with(edge(from, to), &json!({ "isDefault": true }))
}

/// What happened, as names with their steps.
fn story(events: &[RequestEvent]) -> Vec<String> {
    let of = |event: &RequestEvent| match event {
        RequestEvent::StepAwaited { step, .. } => format!("await {step}"),
        RequestEvent::StepActivated { step, .. } => format!("open {step}"),
        RequestEvent::StepRouted { step, .. } => format!("pass {step}"),
        RequestEvent::StepCompleted { step, .. } => format!("end {step}"),
        RequestEvent::StepCancelled { step, .. } => format!("cancel {step}"),
        RequestEvent::RequestFailed { reason: FailureReason::Deadlock(step), .. } => format!("deadlock {step}"),
        RequestEvent::RequestFailed { reason: FailureReason::ErrorEnd(step), .. } => format!("failed {step}"),
        other => other.name().to_owned(),
    };
    events.iter().map(of).collect()
}

fn begun<'g>(graph: &'g Graph, variables: &Value) -> (Desk<'g>, Vec<String>) {
    let desk = Desk::started(graph, variables);
    let story = story(&desk.journal)[2..].to_vec();
    (desk, story)
}

/// Branches a and b, and two that pass at once, into one join.
fn wide() -> Graph {
    graph_of(
        &[
            fork("f"),
            task("a", &json!({})),
            task("b", &json!({})),
            decision("c", &json!({})),
            decision("d", &json!({})),
            join("j"),
            task("z", &json!({})),
        ],
        &[
            edge("start", "f"),
            edge("f", "c"),
            edge("f", "a"),
            edge("f", "d"),
            edge("f", "b"),
            edge("a", "j"),
            edge("b", "j"),
            edge("c", "j"),
            edge("d", "j"),
            edge("j", "z"),
            edge("z", "end"),
        ],
    )
}

#[test]
fn a_join_waits_once_though_several_branches_arrive_in_one_go() {
    let graph = wide();
    let (mut desk, story_of_start) = begun(&graph, &json!({}));
    assert_eq!(story_of_start, ["pass start", "pass f", "pass c", "open a", "pass d", "open b", "await j"]);
    let waiting = desk.awaited("j");
    assert_eq!(story(&desk.complete(CLERK, "b", "COMPLETED").unwrap()), ["end b"]);
    let events = desk.complete(CLERK, "a", "COMPLETED").unwrap();
    assert_eq!(story(&events), ["end a", "pass j", "open z"]);
    assert_eq!(events[1].request_step(), Some(waiting), "the execution that waited is the one that passed");
    assert!(desk.state.awaited.is_empty() && desk.state.marking.is_empty());
    desk.complete(CLERK, "z", "COMPLETED").unwrap();
    assert_eq!(desk.state.status(), RequestStatus::Completed);
    desk.check_fold();
}

#[test]
fn a_cancelled_request_takes_its_waiting_join_along() {
    let graph = wide();
    let (mut desk, _) = begun(&graph, &json!({}));
    let events = desk.act(CHIEF, &Command::Cancel { reason: None }).unwrap();
    assert_eq!(story(&events), ["cancel a", "cancel b", "cancel j", "REQUEST_CANCELLED"]);
}

/// Two branches merge before one side of a join.
#[test]
fn a_join_that_is_left_with_a_token_waits_again() {
    let graph = graph_of(
        &[
            fork("f"),
            task("a", &json!({})),
            task("b", &json!({})),
            task("c", &json!({})),
            decision("m", &json!({})),
            join("j"),
        ],
        &[
            edge("start", "f"),
            edge("f", "a"),
            edge("f", "b"),
            edge("f", "c"),
            edge("a", "m"),
            edge("b", "m"),
            edge("m", "j"),
            edge("c", "j"),
            edge("j", "end"),
        ],
    );
    let (mut desk, _) = begun(&graph, &json!({}));
    assert_eq!(story(&desk.complete(CLERK, "a", "COMPLETED").unwrap()), ["end a", "pass m", "await j"]);
    assert_eq!(story(&desk.complete(CLERK, "b", "COMPLETED").unwrap()), ["end b", "pass m"]);
    let last = desk.complete(CLERK, "c", "COMPLETED").unwrap();
    assert_eq!(story(&last), ["end c", "pass j", "pass end", "await j", "cancel j", "deadlock j"]);
    assert_eq!(desk.state.status(), RequestStatus::Failed);
    desk.check_fold();
}

#[test]
fn a_choice_between_the_branches_of_a_join_deadlocks_and_says_where() {
    let graph = graph_of(
        &[decision("d", &json!({})), task("a", &json!({})), task("b", &json!({})), join("j")],
        &[
            edge("start", "d"),
            when("d", "a", "x", 0),
            otherwise("d", "b"),
            edge("a", "j"),
            edge("b", "j"),
            edge("j", "end"),
        ],
    );
    let (mut desk, _) = begun(&graph, &json!({ "x": 1 }));
    let events = desk.complete(CLERK, "a", "COMPLETED").unwrap();
    assert_eq!(story(&events), ["end a", "await j", "cancel j", "deadlock j"]);
    assert!(desk.state.marking.is_empty() && desk.state.awaited.is_empty());
}

#[test]
fn each_arrival_at_a_join_any_starts_its_step_again() {
    let graph = graph_of(
        &[fork("f"), task("a", &json!({})), task("b", &json!({})), task("z", &json!({}))],
        &[edge("start", "f"), edge("f", "a"), edge("f", "b"), edge("a", "z"), edge("b", "z"), edge("z", "end")],
    );
    let (mut desk, _) = begun(&graph, &json!({}));
    desk.complete(CLERK, "a", "COMPLETED").unwrap();
    desk.complete(CLERK, "b", "COMPLETED").unwrap();
    let attempts: Vec<u32> = desk.state.open.values().map(|open| open.attempt).collect();
    assert_eq!((desk.open_keys(), attempts), (vec!["z", "z"], vec![1, 2]));
}

#[test]
fn a_human_step_can_join_and_split_by_outcome() {
    let on = |outcome: &str, to: &str| json!({ "from": "h", "outcome": outcome, "to": to });
    let human = approval("h", &json!({ "join": "ALL", "split": "ALL" }));
    let graph = graph_of(
        &[fork("f"), task("a", &json!({})), task("b", &json!({})), human, task("x", &json!({})), task("y", &json!({}))],
        &[
            edge("start", "f"),
            edge("f", "a"),
            edge("f", "b"),
            edge("a", "h"),
            edge("b", "h"),
            on("APPROVED", "x"),
            on("APPROVED", "y"),
            on("REJECTED", "end"),
            edge("x", "end"),
            edge("y", "end"),
        ],
    );
    let (mut desk, _) = begun(&graph, &json!({}));
    assert_eq!(story(&desk.complete(CLERK, "b", "COMPLETED").unwrap()), ["end b", "await h"]);
    let waiting = desk.awaited("h");
    desk.complete(CLERK, "a", "COMPLETED").unwrap();
    assert_eq!(desk.open("h"), waiting);
    assert_eq!(story(&desk.complete(CHIEF, "h", "APPROVED").unwrap()), ["end h", "open x", "open y"]);
    assert_eq!(story(&desk.complete(CLERK, "x", "COMPLETED").unwrap()), ["end x", "pass end"]);
    assert_eq!(desk.state.status(), RequestStatus::InProgress, "a normal end ends its branch alone");
    assert_eq!(story(&desk.complete(CLERK, "y", "COMPLETED").unwrap()), ["end y", "pass end", "REQUEST_COMPLETED"]);
}

#[test]
fn the_first_way_that_holds_is_taken_by_priority_then_order_then_default() {
    let graph = graph_of(
        &[
            decision("d", &json!({})),
            task("p", &json!({})),
            task("q", &json!({})),
            task("r", &json!({})),
            task("s", &json!({})),
        ],
        &[
            edge("start", "d"),
            otherwise("d", "s"),
            when("d", "p", "p", 5),
            when("d", "q", "q", -1),
            when("d", "r", "r", 5),
            edge("p", "end"),
            edge("q", "end"),
            edge("r", "end"),
            edge("s", "end"),
        ],
    );
    for (variables, taken) in [
        (json!({ "p": 1, "q": 1, "r": 1 }), "q"),
        (json!({ "p": 1, "r": 1 }), "p"),
        (json!({ "r": 1, "p": null }), "r"),
        (json!({}), "s"),
    ] {
        assert_eq!(begun(&graph, &variables).0.open_keys(), [taken], "{variables}");
    }
}

#[test]
fn choices_see_the_variables_that_come_with_the_decision() {
    let graph = graph_of(
        &[task("a", &json!({})), task("b", &json!({}))],
        &[edge("start", "a"), when("a", "b", "go.0", 0), otherwise("a", "end"), edge("b", "end")],
    );
    let (mut desk, _) = begun(&graph, &json!({ "kept": 1, "dropped": 2, "never": null }));
    let first = support::map(&json!({ "kept": 1, "dropped": 2 }));
    assert!(matches!(&desk.journal[0], RequestEvent::RequestCreated { variables, .. } if *variables == first));
    let command = desk.completion("a", "COMPLETED", &json!({ "go": [0], "dropped": null, "never": null }));
    desk.act(CLERK, &command).unwrap();
    assert_eq!(desk.open_keys(), ["b"]);
    assert_eq!(Value::from(desk.state.variables.clone()), json!({ "kept": 1, "go": [0] }));
}

fn ending(kind: &str) -> Graph {
    let end = json!({ "key": "stop", "name": "Stop", "kind": "END", "end": kind });
    graph(support::framed(
        &[fork("f"), task("a", &json!({})), task("b", &json!({})), decision("c", &json!({})), join("j"), end],
        &[
            edge("start", "f"),
            edge("f", "a"),
            edge("f", "b"),
            edge("f", "c"),
            edge("c", "j"),
            edge("b", "j"),
            edge("j", "end"),
            edge("a", "stop"),
        ],
    ))
}

#[test]
fn terminate_and_error_ends_end_everything_at_once() {
    for (kind, last, status) in
        [("TERMINATE", "REQUEST_COMPLETED", RequestStatus::Completed), ("ERROR", "failed stop", RequestStatus::Failed)]
    {
        let graph = ending(kind);
        let (mut desk, _) = begun(&graph, &json!({}));
        let events = desk.complete(CLERK, "a", "COMPLETED").unwrap();
        assert_eq!(story(&events), ["end a", "pass stop", "cancel b", "cancel j", last]);
        assert_eq!(desk.state.status(), status);
        assert!(desk.state.open.is_empty() && desk.state.marking.is_empty() && desk.state.awaited.is_empty());
        desk.check_fold();
    }
}

#[test]
fn outcomes_must_be_declared_and_variables_of_bearable_size() {
    let graph = graph_of(&[task("a", &json!({}))], &[edge("start", "a"), edge("a", "end")]);
    let (mut desk, _) = begun(&graph, &json!({}));
    assert!(
        matches!(desk.complete(CLERK, "a", "APPROVED"), Err(Refusal::UnknownOutcome { expected, .. }) if expected == [support::outcome("COMPLETED")])
    );
    assert!(
        matches!(desk.complete(STRANGER, "a", "APPROVED"), Err(Refusal::NotPermitted { .. })),
        "who comes before what"
    );
    let limit = 256 * 1024;
    for (length, fits) in [(limit - 8, true), (limit - 7, false)] {
        let command = desk.completion("a", "COMPLETED", &json!({ "x": "y".repeat(length) }));
        let refusal = desk.decide(Some(&support::person(CLERK)), &command).err();
        let too_large = Refusal::VariablesTooLarge { bytes: limit + 1, limit };
        assert_eq!(refusal, (!fits).then_some(too_large));
    }
}

//! Triggers from outside: messages that are lost when nothing waits, and messages that are kept (workflow
//! control-flow patterns 23 and 24; BPM-06-22).

pub mod support;

use nexusflow_domain::request::AwaitedMessage;
use serde_json::json;
use support::flow::{drawn, message, paths, step, tasks};
use support::{Desk, at};

/// What waits for a message that was published at a second, when its wait opens at second 10.
fn wants_what_came_at(second: i64, kept: bool) -> bool {
    let on = json!({ "message": { "name": "go", "key": "'k'", "kept": kept } });
    let steps = [tasks(&["a", "b"]), vec![step("w", "WAIT", &json!({ "wait": on }))]];
    let graph = drawn(&steps, &[paths(&["start a w b end"])]);
    let mut desk = Desk::started(&graph, &json!({}));
    desk.now = at(10);
    desk.done("a");
    let subscriptions = desk.state.subscriptions();
    let wanted = subscriptions.into_values().all(|awaited| awaited.is_met_by("go", "k", at(second)));
    if wanted {
        desk.now = at(20);
        assert_eq!(desk.hear("go", &json!({})), ["hear go", "over w", "open b"]);
    }
    desk.expect_open(if wanted { &["b"] } else { &["w"] });
    wanted
}

#[test]
fn wcp_23_transient_trigger_counts_only_while_something_waits_for_it() {
    assert!(!wants_what_came_at(9, false), "it came too early and is of no use");
    assert!(wants_what_came_at(10, false));
    assert!(wants_what_came_at(11, false));
}

#[test]
fn wcp_24_persistent_trigger_is_kept_for_the_wait_that_comes_later() {
    assert!(wants_what_came_at(9, true));
    assert!(wants_what_came_at(11, true));
}

#[test]
fn wcp_23_and_24_triggers_of_another_name_or_key_are_not_meant() {
    let graph = drawn(&[vec![message("w", "go", "'k'")]], &[paths(&["start w end"])]);
    let desk = Desk::started(&graph, &json!({}));
    let awaited: Vec<&AwaitedMessage> = desk.state.subscriptions().into_values().collect();
    for (name, key, meant) in [("go", "k", true), ("go", "K", false), ("stop", "k", false)] {
        assert_eq!(awaited.iter().all(|awaited| awaited.is_met_by(name, key, at(0))), meant, "{name} {key}");
    }
}

//! The verdict on graphs whose steps wait for messages and calls: both may come, at any time, or never.

pub mod support;

use nexusflow_domain::workflow::Graph;
use nexusflow_domain::workflow::verification::{EndSemantics, Limits, Verdict, verify_graph};
use serde_json::json;
use support::flow::{decision, drawn, fork, join, listener, message, paths, scope, scoped, step, tasks};

fn verdict(graph: &Graph) -> Verdict {
    verify_graph(graph, EndSemantics::Bpmn, Limits::without_deadline())
}

fn sound(graph: &Graph) {
    assert_eq!(verdict(graph), Verdict::Sound);
}

/// Checks that it is unsound in this way.
fn unsound(graph: &Graph, words: &str) {
    match verdict(graph) {
        Verdict::Unsound { violation, .. } => assert!(violation.to_string().contains(words), "{violation}"),
        other => panic!("expected {words}, found {other:?}"),
    }
}

#[test]
fn waits_for_messages_and_calls_in_a_sequence_are_sound() {
    let hook = step("h", "WAIT", &json!({ "wait": { "webhook": {} } }));
    sound(&drawn(&[vec![message("m", "go", "'k'"), hook]], &[paths(&["start m h end"])]));
}

#[test]
fn a_race_of_a_person_and_a_message_is_sound_unless_a_join_expects_both() {
    let race = |j| {
        let steps = [vec![step("r", "RACE", &json!({})), message("m", "go", "'k'"), j], tasks(&["a"])];
        drawn(&steps, &[paths(&["start r a j end", "r m j"])])
    };
    sound(&race(decision("j", &json!({}))));
    unsound(&race(join("j")), "deadlock");
}

#[test]
fn a_message_that_leaves_a_step_is_sound_where_its_way_is() {
    for interrupting in [true, false] {
        let steps = [vec![listener("m", "a", "stop", "'k'", interrupting)], tasks(&["a", "b"])];
        sound(&drawn(&steps, &[paths(&["start a end", "m b end"])]));
    }
}

/// The message may come or not, so the join may miss a branch.
#[test]
fn a_message_that_takes_a_branch_away_from_a_join_deadlocks() {
    let steps = [vec![fork("f"), join("j"), listener("m", "a", "stop", "'k'", true)], tasks(&["a", "b"])];
    unsound(&drawn(&steps, &[paths(&["start f a j end", "f b j", "m end"])]), "deadlock");
}

#[test]
fn a_message_that_makes_a_second_token_on_the_way_is_unsound() {
    let graph = |interrupting| {
        let steps = [vec![listener("m", "a", "more", "'k'", interrupting)], tasks(&["a", "b"])];
        drawn(&steps, &[paths(&["start a b end", "m b"])])
    };
    sound(&graph(true));
    unsound(&graph(false), "two tokens");
}

#[test]
fn a_message_that_leaves_a_scope_is_sound() {
    let steps = [vec![listener("m", "s", "stop", "'k'", true)], tasks(&["a", "b", "x"])];
    sound(&scoped(&steps, &[paths(&["start a b end", "m x end"])], &[scope("s", &["a", "b"])]));
}

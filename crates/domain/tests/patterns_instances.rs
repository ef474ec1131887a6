//! Several instances of a step (workflow control-flow patterns 12 to 15, 26, 27 and 34 to 36; BPM-06-22).

pub mod support;

use nexusflow_domain::request::{Command, Refusal, Work};
use serde_json::json;
use support::flow::{deadline, drawn, paths, step};
use support::instances::{each, each_with, with_items};
use support::{Desk, task, with};

#[test]
fn wcp_12_multiple_instances_without_synchronization_go_on_beside_what_follows() {
    let call = json!({ "call": { "workflow": "Check credit", "detached": true }, "multi": { "over": "[1, 2, 3]" } });
    let graph =
        drawn(&[vec![step("check", "CALL", &call), task("after", &json!({}))]], &[paths(&["start check after end"])]);
    let mut desk = Desk::started(&graph, &json!({}));
    let called: Vec<_> = desk.state.calls().into_values().collect();
    assert_eq!(called.len(), 3);
    for index in 0..3 {
        desk.expect_open(&["check"; 4][..4 - index]);
        let step = desk.instance(u32::try_from(index).expect("small"));
        let child = desk.state.calls()[&step];
        desk.perform(None, &Command::CallStarted { step, child }).expect("it is told");
    }
    desk.expect_open(&["after"]);
    assert_eq!(desk.state.calls().len(), 0, "nothing waits for the requests that were called");
}

#[test]
fn wcp_13_multiple_instances_with_design_time_knowledge_are_as_many_as_drawn() {
    let graph = each(&json!({ "over": "['a', 'b', 'c']" }));
    let mut desk = Desk::started(&graph, &json!({}));
    for index in [2, 0] {
        desk.did(index);
    }
    assert_eq!(desk.numbers(), [1]);
    assert_eq!(desk.did(1), ["INSTANCE_COMPLETED", "end each", "open after"]);
}

#[test]
fn wcp_14_multiple_instances_with_run_time_knowledge_are_as_many_as_the_list_has() {
    let graph = each(&json!({}));
    for count in [1, 2, 7] {
        let mut desk = with_items(&graph, count);
        assert_eq!(desk.numbers().len(), count);
        for index in (0..count).rev() {
            desk.did(u32::try_from(index).expect("small"));
        }
        desk.expect_open(&["after"]);
    }
    with_items(&graph, 0).expect_open(&["after"]);
}

#[test]
fn wcp_15_multiple_instances_without_run_time_knowledge_are_added_while_the_step_is_open() {
    let graph = each(&json!({ "mayGrow": true }));
    let mut desk = with_items(&graph, 2);
    desk.did(0);
    let add = Command::AddInstance { step: desk.host(), item: json!("late") };
    assert_eq!(desk.operate(&add).expect("one more"), ["INSTANCE_ADDED", "INSTANCE_ACTIVATED"]);
    desk.did(1);
    assert_eq!(desk.numbers(), [2]);
    desk.did(2);
    desk.expect_open(&["after"]);
    let fixed = each(&json!({}));
    let mut desk = with_items(&fixed, 2);
    let add = Command::AddInstance { step: desk.host(), item: json!("late") };
    assert_eq!(desk.operate(&add), Err(Refusal::DoesNotGrow { step: support::key("each") }));
}

#[test]
fn wcp_26_cancel_multiple_instance_activity_ends_all_instances_and_goes_on_elsewhere() {
    let multi = json!({ "multi": { "over": "items" } });
    let steps = vec![task("each", &multi), task("after", &json!({})), deadline("late", "each", "PT1H", true)];
    let graph = drawn(&[steps], &[paths(&["start each end", "late after end"])]);
    let mut desk = with_items(&graph, 3);
    desk.did(1);
    let story = desk.elapse(3_600);
    assert_eq!(story, ["fire late", "cancel each", "cancel each", "cancel each", "pass late", "open after"]);
    desk.expect_open(&["after"]);
    desk.done("after");
    desk.expect_completed();
}

#[test]
fn wcp_27_complete_multiple_instance_activity_withdraws_the_rest_and_goes_on() {
    let graph = each(&json!({ "collect": "answers" }));
    let mut desk = with_items(&graph, 3);
    desk.end_instance(1, "COMPLETED", &json!({ "sum": 5 })).expect("it ends");
    let close = Command::CloseInstances { step: desk.host(), reason: "enough".to_owned() };
    let story = desk.operate(&close).expect("it closes");
    assert_eq!(story, ["INSTANCES_CLOSED", "cancel each", "cancel each", "end each", "open after"]);
    let answers = &desk.state.variables["answers"];
    assert_eq!((&answers[0], &answers[1]["result"], &answers[2]), (&json!(null), &json!({ "sum": 5 }), &json!(null)));
}

#[test]
fn wcp_34_static_partial_join_goes_on_after_some_and_lets_the_others_end_without_effect() {
    let graph = each(&json!({ "complete": { "atLeast": 2 }, "remaining": "KEEP" }));
    let mut desk = with_items(&graph, 3);
    desk.did(2);
    assert_eq!(desk.did(0), ["INSTANCE_COMPLETED", "end each", "open after"]);
    desk.expect_open(&["after", "each"]);
    desk.done("after");
    desk.expect_open(&["each"]);
    assert_eq!(desk.did(1), ["INSTANCE_COMPLETED", "completed"]);
    desk.expect_completed();
}

#[test]
fn wcp_35_cancelling_partial_join_withdraws_the_others() {
    let graph = each(&json!({ "complete": { "atLeast": 2 } }));
    let mut desk = with_items(&graph, 4);
    desk.did(3);
    assert_eq!(desk.did(1), ["INSTANCE_COMPLETED", "cancel each", "cancel each", "end each", "open after"]);
    desk.expect_open(&["after"]);
    let first = each(&json!({ "complete": "first" }));
    let mut desk = with_items(&first, 2);
    desk.did(1);
    desk.expect_open(&["after"]);
}

#[test]
fn wcp_36_dynamic_partial_join_goes_on_when_a_condition_holds() {
    let condition = json!({ "when": "results.exists(r, r != null && r.result.sum > 10) || ended * 2 > total" });
    let graph = each(&json!({ "complete": condition, "mayGrow": true }));
    let mut desk = with_items(&graph, 5);
    desk.end_instance(0, "COMPLETED", &json!({ "sum": 3 })).expect("it ends");
    assert_eq!(desk.numbers(), [1, 2, 3, 4]);
    desk.end_instance(4, "COMPLETED", &json!({ "sum": 11 })).expect("it ends");
    desk.expect_open(&["after"]);
    let mut desk = with_items(&graph, 3);
    let add = Command::AddInstance { step: desk.host(), item: json!(9) };
    desk.operate(&add).expect("one more");
    for index in 0..2 {
        desk.end_instance(index, "COMPLETED", &json!({ "sum": 1 })).expect("it ends");
        desk.expect_open(&["each"; 5][..4 - usize::try_from(index).expect("small")]);
    }
    desk.end_instance(3, "COMPLETED", &json!({ "sum": 1 })).expect("it ends");
    desk.expect_open(&["after"]);
}

#[test]
fn a_majority_ends_the_step_with_its_outcome() {
    let fields = json!({ "outcomes": ["YES", "NO"] });
    let multi = json!({ "over": "items", "complete": "majority" });
    let steps =
        vec![task("each", &with(fields, &json!({ "multi": multi }))), task("yes", &json!({})), task("no", &json!({}))];
    let ways = vec![support::flow::on("YES", "each", "yes"), support::flow::on("NO", "each", "no")];
    let graph = drawn(&[steps], &[paths(&["start each", "yes end", "no end"]), ways]);
    let mut desk = with_items(&graph, 4);
    for (index, outcome) in [(0, "NO"), (1, "YES"), (3, "NO")] {
        desk.end_instance(index, outcome, &json!({})).expect("it ends");
        assert!(matches!(desk.state.open[&desk.host()].work, Work::Multi(_)));
    }
    let mut tied = Desk::started(&graph, &json!({ "items": [1, 2, 3, 4] }));
    for (index, outcome) in [(0, "NO"), (1, "YES"), (3, "NO"), (2, "YES")] {
        tied.end_instance(index, outcome, &json!({})).expect("it ends");
    }
    tied.expect_open(&["yes"]);
    desk.end_instance(2, "NO", &json!({})).expect("it ends");
    desk.expect_open(&["no"]);
}

#[test]
fn instances_one_after_the_other_open_when_the_one_before_has_ended() {
    let graph = each_with(
        &json!({ "mode": "SEQUENTIAL", "mayGrow": true }),
        &json!({ "input": { "no": "item", "place": "index" } }),
    );
    let mut desk = with_items(&graph, 2);
    assert_eq!(desk.numbers(), [0]);
    let add = Command::AddInstance { step: desk.host(), item: json!("late") };
    assert_eq!(desk.operate(&add).expect("one more"), ["INSTANCE_ADDED"]);
    desk.did(0);
    assert_eq!(desk.numbers(), [1]);
    desk.did(1);
    let input = desk.state.open[&desk.instance(2)].input.clone();
    assert_eq!(input, Some(support::map(&json!({ "no": "late", "place": 2 }))));
    desk.did(2);
    desk.expect_open(&["after"]);
}

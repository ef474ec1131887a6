//! Steps of several instances beside everything else: people, operators, deadlines, errors, limits.

pub mod support;

use nexusflow_domain::request::{Command, JobFailure, Refusal, RequestEvent, Work};
use nexusflow_domain::workflow::Graph;
use serde_json::json;
use support::flow::{catcher, deadline, drawn, on, paths, scope, scoped, step, story};
use support::instances::{each, each_with, with_items};
use support::{CLERK, Desk, SECOND_CLERK, graph_of, key, task};

#[test]
fn each_instance_is_claimed_by_itself_and_the_step_itself_by_nobody() {
    let graph = each(&json!({}));
    let mut desk = with_items(&graph, 2);
    let (first, second) = (desk.instance(0), desk.instance(1));
    desk.act(CLERK, &Command::Claim { step: first }).expect("claimed");
    desk.act(SECOND_CLERK, &Command::Claim { step: second }).expect("claimed");
    assert!(matches!(desk.act(SECOND_CLERK, &Command::Claim { step: first }), Err(Refusal::NotPermitted { .. })));
    let offered = "a person's decision";
    let refused = Refusal::NotAwaited { step: key("each"), offered };
    assert_eq!(desk.act(CLERK, &Command::Claim { step: desk.host() }), Err(refused.clone()));
    let (outcome, variables) = (support::outcome("COMPLETED"), support::map(&json!({})));
    let complete = Command::Complete { step: desk.host(), outcome, comment: None, variables };
    assert_eq!(desk.act(CLERK, &complete), Err(refused));
}

#[test]
fn what_comes_back_of_an_instance_goes_into_the_results_and_not_into_the_variables() {
    let output = json!({ "output": { "double": "result.sum * 2", "no": "index", "of": "item" } });
    for (more, expected) in [(json!({}), json!({ "sum": 4 })), (output, json!({ "double": 8, "no": 1, "of": "b" }))] {
        let graph = each_with(&json!({ "over": "['a', 'b']", "collect": "found" }), &more);
        let mut desk = Desk::started(&graph, &json!({}));
        desk.end_instance(1, "COMPLETED", &json!({ "sum": 4 })).expect("it ends");
        desk.end_instance(0, "COMPLETED", &json!({ "sum": 0 })).expect("it ends");
        assert!(!desk.state.variables.contains_key("sum"));
        let found = &desk.state.variables["found"][1];
        assert_eq!(
            (&found["result"], &found["item"], &found["outcome"]),
            (&expected, &json!("b"), &json!("COMPLETED"))
        );
        assert_eq!(found["by"], json!(support::user(CLERK)));
    }
}

#[test]
fn an_operator_skips_or_cancels_one_instance_and_the_others_go_on() {
    let graph = each(&json!({ "collect": "found" }));
    let mut desk = with_items(&graph, 3);
    let skip = Command::Skip { step: desk.instance(0), outcome: None, reason: "known".to_owned() };
    assert_eq!(desk.operate(&skip).expect("skipped"), ["skip each"]);
    let cancel = Command::CancelStep { step: desk.instance(1), reason: "moot".to_owned() };
    assert_eq!(desk.operate(&cancel).expect("cancelled"), ["cancel each"]);
    assert_eq!(desk.did(2), ["INSTANCE_COMPLETED", "end each", "open after"]);
    let found = &desk.state.variables["found"];
    assert_eq!((&found[0]["result"], &found[1], &found[2]["result"]), (&json!({}), &json!(null), &json!({})));
}

#[test]
fn an_operator_skips_or_cancels_the_step_with_all_its_instances() {
    let graph = each(&json!({}));
    let mut desk = with_items(&graph, 2);
    let skip = Command::Skip { step: desk.host(), outcome: None, reason: "known".to_owned() };
    assert_eq!(desk.operate(&skip).expect("skipped"), ["cancel each", "cancel each", "skip each", "open after"]);
    let mut desk = with_items(&graph, 2);
    let cancel = Command::CancelStep { step: desk.host(), reason: "moot".to_owned() };
    let story = desk.operate(&cancel).expect("cancelled");
    assert_eq!(story, ["cancel each", "cancel each", "cancel each", "completed"]);
}

#[test]
fn a_scope_is_left_with_all_instances() {
    let steps = vec![task("each", &json!({ "multi": { "over": "items" } })), deadline("late", "part", "PT1H", true)];
    let graph = scoped(&[steps], &[paths(&["start each end", "late end"])], &[scope("part", &["each"])]);
    let mut desk = with_items(&graph, 2);
    desk.did(0);
    desk.elapse(3_600);
    desk.expect_completed();
}

#[test]
fn a_race_is_won_when_the_step_ends_and_not_by_its_first_instance() {
    let steps = vec![
        step("race", "RACE", &json!({})),
        task("each", &json!({ "multi": { "over": "items" } })),
        task("other", &json!({})),
    ];
    let graph = drawn(&[steps], &[paths(&["start race each end", "race other end"])]);
    let mut desk = with_items(&graph, 2);
    desk.did(0);
    desk.expect_open(&["each", "each", "other"]);
    assert_eq!(desk.did(1), ["INSTANCE_COMPLETED", "cancel other", "end each", "pass end", "completed"]);
    let mut desk = with_items(&graph, 2);
    desk.done("other");
    desk.expect_completed();
}

#[test]
fn each_instance_has_its_own_deadline() {
    let sla = json!({ "sla": { "dueIn": "PT1H", "escalations": [
        { "after": "PT0S", "action": { "takeOutcome": { "outcome": "EXPIRED" } } }
    ] }, "outcomes": ["DONE", "EXPIRED"] });
    let graph = each_with(&json!({ "mode": "SEQUENTIAL" }), &sla);
    let mut desk = with_items(&graph, 2);
    desk.fire_at(3_601);
    assert_eq!(desk.numbers(), [1]);
    assert_eq!(desk.state.open[&desk.instance(1)].due_at, Some(support::plus_micros(support::at(7_200), 1)));
    desk.fire_at(7_202);
    desk.expect_open(&["after"]);
}

#[test]
fn a_milestone_that_has_passed_ends_the_step_with_its_instances() {
    let steps = vec![
        support::flow::fork("f"),
        task(
            "each",
            &json!({ "multi": { "over": "items" }, "outcomes": ["DONE", "EXPIRED"],
            "enabledWhile": { "before": "over" } }),
        ),
        task("wait", &json!({})),
        task("over", &json!({})),
        support::flow::join("j"),
    ];
    let graph = drawn(&[steps], &[paths(&["start f each j end", "f wait over j"])]);
    let mut desk = with_items(&graph, 2);
    let story = desk.done("wait");
    assert_eq!(story, ["end wait", "open over", "cancel each", "cancel each", "end each", "await j"]);
}

#[test]
fn an_error_of_one_instance_leaves_the_whole_step() {
    let job = json!({ "service": { "jobType": "check" }, "multi": { "over": "items" } });
    let steps =
        vec![step("each", "SERVICE", &job), catcher("broken", "each", Some("BROKEN")), task("mend", &json!({}))];
    let graph = drawn(&[steps], &[paths(&["start each end", "broken mend end"])]);
    let mut desk = with_items(&graph, 3);
    assert_eq!(desk.state.jobs().len(), 3);
    let done = Command::CompleteJob { step: desk.instance(1), outcome: None, result: support::map(&json!({})) };
    desk.perform(None, &done).expect("done");
    let (code, message) = (Some("BROKEN".to_owned()), "it broke".to_owned());
    let failure = JobFailure { code, message, is_final: false, retry_after: None };
    let fails = Command::FailJob { step: desk.instance(2), failure };
    let events = desk.perform(None, &fails).expect("it is noted");
    assert_eq!(
        story(&events),
        ["fire broken", "cancel each", "cancel each", "cancel each", "pass broken", "open mend"]
    );
    desk.expect_open(&["mend"]);
}

#[test]
fn an_error_of_one_instance_that_a_scope_catches_ends_the_race_that_the_step_is_in() {
    let job = json!({ "service": { "jobType": "check" }, "multi": { "over": "items" } });
    let steps = vec![
        step("race", "RACE", &json!({})),
        step("each", "SERVICE", &job),
        task("other", &json!({})),
        catcher("broken", "part", None),
        task("mend", &json!({})),
    ];
    let ways = paths(&["start race each end", "race other end", "broken mend end"]);
    let graph = scoped(&[steps], &[ways], &[scope("part", &["each"])]);
    let mut desk = with_items(&graph, 2);
    let failure =
        JobFailure { code: Some("BROKEN".to_owned()), message: "no".to_owned(), is_final: false, retry_after: None };
    desk.perform(None, &Command::FailJob { step: desk.instance(1), failure }).expect("it is noted");
    desk.expect_open(&["mend"]);
}

#[test]
fn an_instance_that_failed_is_retried_by_itself() {
    let job = json!({ "service": { "jobType": "check", "retry": { "attempts": 1 } }, "multi": { "over": "items" } });
    let graph = drawn(&[vec![step("each", "SERVICE", &job)]], &[paths(&["start each end"])]);
    let mut desk = with_items(&graph, 2);
    let failure = JobFailure { code: None, message: "no".to_owned(), is_final: false, retry_after: None };
    let broken = desk.instance(0);
    desk.perform(None, &Command::FailJob { step: broken, failure }).expect("it is noted");
    assert_eq!(desk.state.jobs().len(), 1);
    desk.operate(&Command::Retry { step: broken }).expect("retried");
    assert_eq!(desk.state.jobs().len(), 2);
}

#[test]
fn a_list_that_is_none_or_too_long_is_refused_to_whoever_would_open_the_step() {
    let steps = vec![task("first", &json!({})), task("each", &json!({ "multi": { "over": "items" } }))];
    let graph = drawn(&[steps], &[paths(&["start first each end"])]);
    for items in [json!(5), json!({}), json!(null)] {
        let mut desk = Desk::started(&graph, &json!({}));
        let command = desk.completion("first", "COMPLETED", &json!({ "items": items }));
        let refused = desk.act(CLERK, &command);
        assert!(matches!(&refused, Err(Refusal::NotMade { field, .. }) if field == "multi.over"), "{refused:?}");
    }
    let mut desk = Desk::started(&graph, &json!({}));
    let command = desk.completion("first", "COMPLETED", &json!({ "items": vec![0; 1_001] }));
    let refused = Refusal::TooManyInstances { step: key("each"), found: 1_001, limit: 1_000 };
    assert_eq!(desk.act(CLERK, &command), Err(refused));
}

#[test]
fn a_condition_that_cannot_be_told_is_refused_to_whoever_ends_an_instance_and_to_nobody_else() {
    let graph = each(&json!({ "complete": { "when": "results[0].result.sum > 1" }, "mayGrow": true }));
    let mut desk = with_items(&graph, 3);
    let refused = desk.end_instance(1, "COMPLETED", &json!({}));
    assert!(matches!(&refused, Err(Refusal::NotMade { field, .. }) if field == "multi.complete.when"), "{refused:?}");
    let add = Command::AddInstance { step: desk.host(), item: json!(7) };
    desk.operate(&add).expect("added");
    desk.end_instance(0, "COMPLETED", &json!({ "sum": 2 })).expect("it ends");
    desk.expect_open(&["after"]);
}

#[test]
fn results_that_would_be_too_large_together_are_refused() {
    let graph = each(&json!({}));
    let mut desk = with_items(&graph, 3);
    let large = json!({ "text": "x".repeat(200_000) });
    desk.end_instance(0, "COMPLETED", &large).expect("it ends");
    let refused = desk.end_instance(1, "COMPLETED", &large);
    assert!(matches!(refused, Err(Refusal::VariablesTooLarge { .. })), "{refused:?}");
}

#[test]
fn items_that_would_be_too_large_together_are_refused() {
    let graph = each(&json!({ "mayGrow": true }));
    let mut desk = with_items(&graph, 1);
    let add = Command::AddInstance { step: desk.host(), item: json!("x".repeat(200_000)) };
    desk.operate(&add).expect("one more");
    assert!(matches!(desk.operate(&add), Err(Refusal::VariablesTooLarge { .. })));
}

#[test]
fn an_item_may_be_null() {
    let graph = each_with(&json!({ "over": "[null]" }), &json!({ "input": { "what": "item", "place": "index" } }));
    let desk = Desk::started(&graph, &json!({}));
    let input = desk.state.open[&desk.instance(0)].input.clone();
    assert_eq!(input, Some(support::map(&json!({ "what": null, "place": 0 }))));
}

#[test]
fn a_cycle_through_a_step_without_instances_is_noticed() {
    let more = json!({ "multi": { "over": "items" }, "outcomes": ["AGAIN", "DONE"] });
    let graph: Graph = graph_of(
        &[task("first", &json!({})), task("each", &more)],
        &[paths(&["start first each"]), vec![on("AGAIN", "each", "each"), on("DONE", "each", "end")]].concat(),
    );
    let mut desk = Desk::started(&graph, &json!({}));
    let command = desk.completion("first", "COMPLETED", &json!({ "items": [] }));
    let refused = desk.act(CLERK, &command);
    assert!(matches!(refused, Err(Refusal::EndlessCycle { .. })), "{refused:?}");
}

#[test]
fn suspension_moves_the_deadlines_of_instances_and_keeps_them() {
    let sla = json!({ "sla": { "dueIn": "PT1H", "escalations": [
        { "after": "PT0S", "action": { "notify": { "requester": {} } } }
    ] } });
    let graph = each_with(&json!({}), &sla);
    let mut desk = with_items(&graph, 2);
    desk.now = support::at(10);
    let suspend = support::suspend(nexusflow_domain::request::DeadlineClock::Stopped);
    desk.operate(&suspend).expect("suspended");
    desk.now = support::at(110);
    desk.operate(&Command::Resume).expect("resumed");
    let dues: Vec<_> = desk.state.open.values().filter_map(|open| open.due_at).collect();
    assert_eq!(dues, [support::at(3_700), support::at(3_700)]);
}

#[test]
fn whoever_decided_an_instance_counts_for_separation_of_duties() {
    let steps = [
        task("each", &json!({ "multi": { "over": "items" } })),
        task("check", &json!({ "separation": { "notDeciderOf": ["each"] } })),
    ];
    let graph = graph_of(&steps, &paths(&["start each check end"]));
    let mut desk = with_items(&graph, 1);
    desk.did(0);
    let refused = desk.complete(CLERK, "check", "COMPLETED");
    assert!(matches!(refused, Err(Refusal::NotPermitted { .. })), "{refused:?}");
    desk.complete(SECOND_CLERK, "check", "COMPLETED").expect("another clerk may");
    let is_work = |event: &RequestEvent| matches!(event, RequestEvent::StepActivated { work: Work::Multi(_), .. });
    assert_eq!(desk.journal.iter().filter(|event| is_work(event)).count(), 1);
}

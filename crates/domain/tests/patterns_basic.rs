//! Basic control flow and structure: sequence, forks, joins, choices, cycles, ends (workflow control-flow
//! patterns 1 to 8, 10, 11, 21, 33 and 43; Russell, ter Hofstede, van der Aalst, Mulyar, BPM-06-22).

pub mod support;

use nexusflow_domain::request::RequestStatus;
use serde_json::{Value, json};
use support::flow::{decision, drawn, error_end, fork, gather, join, on, otherwise, paths, step, tasks, when};
use support::{Desk, task};

fn some(key: &str) -> Value {
    decision(key, &json!({ "split": "SOME" }))
}

#[test]
fn wcp_01_sequence_opens_a_step_only_after_the_one_before() {
    let graph = drawn(&[tasks(&["a", "b"])], &[paths(&["start a b end"])]);
    let mut desk = Desk::started(&graph, &json!({}));
    desk.expect_open(&["a"]);
    desk.done("a");
    desk.expect_open(&["b"]);
    desk.done("b");
    desk.expect_completed();
}

#[test]
fn wcp_02_parallel_split_opens_every_branch() {
    let graph = drawn(&[vec![fork("f")], tasks(&["a", "b", "c"])], &[paths(&["start f a end", "f b end", "f c end"])]);
    let mut desk = Desk::started(&graph, &json!({}));
    desk.expect_open(&["a", "b", "c"]);
    desk.done("b");
    desk.expect_open(&["a", "c"]);
}

#[test]
fn wcp_03_synchronization_waits_for_all_branches_in_any_order_and_goes_on_once() {
    let steps = [vec![fork("f"), join("j")], tasks(&["a", "b", "c", "z"])];
    let graph = drawn(&steps, &[paths(&["start f a j z end", "f b j", "f c j"])]);
    for order in [["a", "b", "c"], ["c", "b", "a"], ["b", "c", "a"]] {
        let mut desk = Desk::started(&graph, &json!({}));
        desk.done(order[0]);
        desk.done(order[1]);
        desk.expect_open(&order[2..]);
        desk.done(order[2]);
        desk.expect_open(&["z"]);
        desk.done("z");
        desk.expect_completed();
    }
}

#[test]
fn wcp_04_exclusive_choice_takes_exactly_one_branch() {
    let transitions = [paths(&["start d"]), vec![when("d", "a", "x"), when("d", "b", "y"), otherwise("d", "c")]];
    let ends = [paths(&["a end", "b end", "c end"])];
    let graph =
        drawn(&[vec![decision("d", &json!({}))], tasks(&["a", "b", "c"])], &[transitions.concat(), ends.concat()]);
    for (variables, taken) in [(json!({ "x": 1, "y": 1 }), "a"), (json!({ "y": 1 }), "b"), (json!({ "x": null }), "c")]
    {
        Desk::started(&graph, &variables).expect_open(&[taken]);
    }
}

#[test]
fn wcp_04_exclusive_choice_by_the_outcome_of_a_person() {
    let ways = [paths(&["start a", "b end", "c end"]), vec![on("YES", "a", "b"), on("NO", "a", "c")]];
    let graph = drawn(&[vec![task("a", &json!({ "outcomes": ["YES", "NO"] }))], tasks(&["b", "c"])], &ways);
    for (outcome, taken) in [("YES", "b"), ("NO", "c")] {
        let mut desk = Desk::started(&graph, &json!({}));
        desk.done_with("a", outcome, &json!({}));
        desk.expect_open(&[taken]);
    }
}

#[test]
fn wcp_05_simple_merge_goes_on_without_waiting() {
    let ways = [paths(&["start d", "a m", "b m", "m end"]), vec![when("d", "a", "x"), otherwise("d", "b")]];
    let graph = drawn(&[vec![decision("d", &json!({}))], tasks(&["a", "b", "m"])], &ways);
    for (variables, taken) in [(json!({ "x": 1 }), "a"), (json!({}), "b")] {
        let mut desk = Desk::started(&graph, &variables);
        desk.done(taken);
        desk.expect_open(&["m"]);
        desk.done("m");
        desk.expect_completed();
    }
}

/// A choice of any of a, b and c (d when none holds), and a join of what was chosen before z.
fn multi_choice() -> nexusflow_domain::workflow::Graph {
    let chosen = vec![when("s", "a", "x"), when("s", "b", "y"), when("s", "c", "w"), otherwise("s", "d")];
    let joined = paths(&["start s", "a j", "b j", "c j", "d j", "j z end"]);
    drawn(&[vec![some("s"), gather("j", "s")], tasks(&["a", "b", "c", "d", "z"])], &[chosen, joined])
}

#[test]
fn wcp_06_multi_choice_takes_every_branch_whose_condition_holds() {
    let graph = multi_choice();
    for (variables, taken) in [
        (json!({ "x": 1 }), vec!["a"]),
        (json!({ "x": 1, "w": 1 }), vec!["a", "c"]),
        (json!({ "x": 1, "y": 1, "w": 1 }), vec!["a", "b", "c"]),
        (json!({}), vec!["d"]),
    ] {
        Desk::started(&graph, &variables).expect_open(&taken);
    }
}

#[test]
fn wcp_07_structured_synchronizing_merge_waits_for_exactly_the_chosen_branches() {
    let graph = multi_choice();
    for variables in [json!({ "x": 1 }), json!({ "x": 1, "w": 1 }), json!({ "x": 1, "y": 1, "w": 1 }), json!({})] {
        let mut desk = Desk::started(&graph, &variables);
        let chosen: Vec<String> = desk.open_keys().into_iter().map(str::to_owned).collect();
        for step in chosen.iter().rev() {
            assert!(!desk.open_keys().contains(&"z"), "{variables}: the merge waits for {step}");
            desk.done(step);
        }
        desk.expect_open(&["z"]);
        desk.done("z");
        desk.expect_completed();
    }
}

/// A person's choice, and a merge that waits for it, around a loop.
#[test]
fn wcp_07_structured_synchronizing_merge_resets_in_a_loop() {
    let again = json!({ "outcomes": ["AGAIN", "DONE"] });
    let chosen = vec![when("s", "a", "x"), when("s", "b", "y"), on("AGAIN", "z", "s"), on("DONE", "z", "end")];
    let steps = [vec![some("s"), gather("j", "s"), task("z", &again)], tasks(&["a", "b", "d"])];
    let graph = drawn(&steps, &[chosen, vec![otherwise("s", "d")], paths(&["start s", "a j", "b j", "d j", "j z"])]);
    let mut desk = Desk::started(&graph, &json!({ "x": 1, "y": 1 }));
    for variables in [json!({ "x": null }), json!({ "x": 1, "y": null }), json!({ "y": 1 })] {
        while let [step, ..] = desk.open_keys()[..] {
            if step == "z" {
                break;
            }
            let step = step.to_owned();
            desk.done(&step);
        }
        desk.expect_open(&["z"]);
        desk.done_with("z", "AGAIN", &variables);
    }
    desk.expect_open(&["a", "b"]);
}

#[test]
fn wcp_08_multi_merge_runs_what_follows_once_per_branch() {
    let steps = [vec![fork("f"), task("m", &json!({ "allowMultiple": true }))], tasks(&["a", "b", "n"])];
    let graph = drawn(&steps, &[paths(&["start f a m n end", "f b m"])]);
    let mut desk = Desk::started(&graph, &json!({}));
    desk.done("a");
    desk.done("m");
    desk.expect_open(&["b", "n"]);
    desk.done("b");
    desk.expect_open(&["m", "n"]);
    desk.done("n");
    desk.done("m");
    desk.done("n");
    desk.expect_completed();
    assert_eq!(desk.state.attempts[&support::key("m")], 2);
}

/// Two ways into a cycle and two out of it, which no structured loop has.
#[test]
fn wcp_10_arbitrary_cycles_may_be_entered_and_left_at_several_points() {
    let outcomes = json!({ "outcomes": ["ON", "OUT"] });
    let ways = vec![
        when("d", "b", "x"),
        otherwise("d", "a"),
        on("ON", "a", "b"),
        on("OUT", "a", "end"),
        on("ON", "b", "a"),
        on("OUT", "b", "end"),
    ];
    let steps = [vec![decision("d", &json!({})), task("a", &outcomes), task("b", &outcomes)]];
    let graph = drawn(&steps, &[paths(&["start d"]), ways]);
    for (variables, entered, left) in [(json!({}), "a", "b"), (json!({ "x": 1 }), "b", "a")] {
        let mut desk = Desk::started(&graph, &variables);
        desk.expect_open(&[entered]);
        for step in [entered, left, entered] {
            desk.done_with(step, "ON", &json!({}));
        }
        desk.expect_open(&[left]);
        desk.done_with(left, "OUT", &json!({}));
        desk.expect_completed();
    }
}

#[test]
fn wcp_11_implicit_termination_completes_when_no_branch_is_left() {
    let steps = [vec![fork("f"), step("other", "END", &json!({}))], tasks(&["a", "b"])];
    let graph = drawn(&steps, &[paths(&["start f a end", "f b other"])]);
    for order in [["a", "b"], ["b", "a"]] {
        let mut desk = Desk::started(&graph, &json!({}));
        desk.done(order[0]);
        desk.expect_open(&order[1..]);
        desk.done(order[1]);
        desk.expect_completed();
    }
}

#[test]
fn wcp_21_structured_loop_repeats_while_the_condition_tested_behind_it_holds() {
    let ways = [paths(&["start a d"]), vec![when("d", "a", "again"), otherwise("d", "end")]];
    let graph = drawn(&[vec![decision("d", &json!({}))], tasks(&["a"])], &ways);
    let mut desk = Desk::started(&graph, &json!({}));
    for _ in 0..3 {
        desk.done_with("a", "COMPLETED", &json!({ "again": true }));
        desk.expect_open(&["a"]);
    }
    desk.done_with("a", "COMPLETED", &json!({ "again": null }));
    desk.expect_completed();
    assert_eq!(desk.state.attempts[&support::key("a")], 4);
}

#[test]
fn wcp_21_structured_loop_tested_before_it_may_be_left_out() {
    let ways = [paths(&["start d", "a d"]), vec![when("d", "a", "again"), otherwise("d", "end")]];
    let graph = drawn(&[vec![decision("d", &json!({}))], tasks(&["a"])], &ways);
    Desk::started(&graph, &json!({})).expect_completed();
    let mut desk = Desk::started(&graph, &json!({ "again": 1 }));
    desk.expect_open(&["a"]);
    desk.done_with("a", "COMPLETED", &json!({ "again": null }));
    desk.expect_completed();
}

/// b runs twice before a ends; what is too much waits for the next run of the join.
#[test]
fn wcp_33_generalized_and_join_keeps_what_arrives_again_for_its_next_start() {
    let again = json!({ "outcomes": ["COMPLETED", "MORE"], "split": "ALL" });
    let steps = [
        vec![
            fork("f"),
            decision("j", &json!({ "join": "ALL", "allowMultiple": true })),
            task("a", &again),
            task("b", &again),
        ],
        tasks(&["z"]),
    ];
    let more = vec![on("MORE", "a", "a"), on("MORE", "b", "b")];
    let graph = drawn(&steps, &[paths(&["start f a j z end", "f b j"]), more]);
    let mut desk = Desk::started(&graph, &json!({}));
    desk.done_with("b", "MORE", &json!({}));
    desk.done_with("b", "COMPLETED", &json!({}));
    desk.expect_open(&["a"]);
    desk.done_with("a", "MORE", &json!({}));
    desk.expect_open(&["a", "z"]);
    desk.done("a");
    desk.expect_open(&["z", "z"]);
}

#[test]
fn wcp_43_explicit_termination_ends_everything_wherever_it_stands() {
    let stop = step("stop", "END", &json!({ "end": "TERMINATE" }));
    let steps = [vec![fork("f"), join("j"), stop], tasks(&["a", "b", "c"])];
    let graph = drawn(&steps, &[paths(&["start f a stop", "f b j end", "f c j"])]);
    let mut desk = Desk::started(&graph, &json!({}));
    desk.done("b");
    let told = desk.done("a");
    assert_eq!(told, ["end a", "pass stop", "cancel c", "cancel j", "completed"]);
    desk.expect_completed();
}

#[test]
fn wcp_43_explicit_termination_by_an_error_fails_the_request() {
    let steps = [vec![fork("f"), error_end("stop", "X")], tasks(&["a", "b"])];
    let graph = drawn(&steps, &[paths(&["start f a stop", "f b end"])]);
    let mut desk = Desk::started(&graph, &json!({}));
    desk.done("a");
    desk.expect_ended(RequestStatus::Failed);
}

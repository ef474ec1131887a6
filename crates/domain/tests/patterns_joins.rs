//! Joins that need not wait for everything, and joins of what was chosen elsewhere: discriminators, partial
//! joins, acyclic synchronizing merges (workflow control-flow patterns 9, 28 to 32 and 37; BPM-06-22).

pub mod support;

use nexusflow_domain::ids::RequestStepId;
use nexusflow_domain::request::Command;
use nexusflow_domain::workflow::Graph;
use serde_json::{Value, json};
use support::flow::{at_least, decision, drawn, fork, gather, join, on, otherwise, paths, tasks, when};
use support::{CLERK, Desk, task};

/// Branches a, b and c; so many of them open z, behind which y goes back to the split when it says AGAIN.
fn partial(count: u32, late: &str) -> Graph {
    let steps = [
        vec![fork("f"), task("z", &at_least(count, "f", late)), task("y", &json!({ "outcomes": ["AGAIN", "DONE"] }))],
        tasks(&["a", "b", "c"]),
    ];
    let back = vec![on("AGAIN", "y", "f"), on("DONE", "y", "end")];
    drawn(&steps, &[paths(&["start f a z y", "f b z", "f c z"]), back])
}

/// A clerk ends one of several open executions.
fn complete(desk: &mut Desk<'_>, step: RequestStepId) {
    let (outcome, variables) = (support::outcome("COMPLETED"), support::map(&json!({})));
    desk.act(CLERK, &Command::Complete { step, outcome, comment: None, variables }).expect("the step completes");
    desk.check_fold();
}

fn again(desk: &mut Desk<'_>) {
    desk.done("z");
    desk.done_with("y", "AGAIN", &json!({}));
}

#[test]
fn wcp_09_structured_discriminator_goes_on_at_the_first_and_ignores_the_others() {
    let graph = partial(1, "IGNORE");
    for order in [["a", "b", "c"], ["c", "a", "b"]] {
        let mut desk = Desk::started(&graph, &json!({}));
        desk.done(order[0]);
        let mut left = [order[1], order[2], "z"];
        left.sort_unstable();
        desk.expect_open(&left);
        assert_eq!(desk.done(order[1]), [format!("end {}", order[1]), "drop 1".to_owned()]);
        desk.done("z");
        desk.done_with("y", "DONE", &json!({}));
        desk.expect_open(&order[2..]);
        desk.done(order[2]);
        desk.expect_completed();
    }
}

#[test]
fn wcp_09_structured_discriminator_resets_in_a_loop_and_never_counts_a_late_branch_twice() {
    let graph = partial(1, "IGNORE");
    let mut desk = Desk::started(&graph, &json!({}));
    for step in ["a", "b", "c"] {
        desk.done(step);
    }
    again(&mut desk);
    desk.expect_open(&["a", "b", "c"]);
    desk.done("b");
    desk.expect_open(&["a", "c", "z"]);
}

/// The second round begins while branches of the first are open: these are late for the first, and only
/// those of the second start it again.
#[test]
fn wcp_09_structured_discriminator_tells_the_branches_of_two_rounds_apart() {
    let graph = partial(1, "IGNORE");
    let mut desk = Desk::started(&graph, &json!({}));
    let first_round_b = desk.open("b");
    desk.done("a");
    again(&mut desk);
    desk.expect_open(&["a", "b", "b", "c", "c"]);
    complete(&mut desk, first_round_b);
    desk.expect_open(&["a", "b", "c", "c"]);
    desk.done("b");
    desk.expect_open(&["a", "c", "c", "z"]);
}

#[test]
fn wcp_28_blocking_discriminator_keeps_the_next_round_waiting_until_the_last_branch_is_in() {
    let graph = partial(1, "BLOCK");
    let mut desk = Desk::started(&graph, &json!({}));
    desk.done("a");
    again(&mut desk);
    let of_round = |desk: &Desk<'_>, step: &str, attempt| {
        let mut found =
            desk.state.open.iter().filter(|(_, open)| open.step.as_str() == step && open.attempt == attempt);
        found.next().map(|(&id, _)| id).expect("the step is open")
    };
    let end = |desk: &mut Desk<'_>, step: &str, attempt: u32| complete(desk, of_round(desk, step, attempt));
    end(&mut desk, "a", 2);
    desk.expect_open(&["b", "b", "c", "c"]);
    end(&mut desk, "b", 1);
    desk.expect_open(&["b", "c", "c"]);
    end(&mut desk, "c", 1);
    desk.expect_open(&["b", "c", "z"]);
}

#[test]
fn wcp_29_cancelling_discriminator_withdraws_the_others_at_the_first() {
    let graph = partial(1, "CANCEL");
    let mut desk = Desk::started(&graph, &json!({}));
    assert_eq!(desk.done("b"), ["end b", "open z", "cancel a", "cancel c"]);
    again(&mut desk);
    desk.expect_open(&["a", "b", "c"]);
    desk.done("c");
    desk.done("z");
    desk.done_with("y", "DONE", &json!({}));
    desk.expect_completed();
}

/// One branch splits again; one of its halves waits at the inner join when the outer one goes on.
#[test]
fn wcp_29_cancelling_discriminator_withdraws_what_waits_at_an_inner_join() {
    let steps =
        [vec![fork("f"), fork("g"), join("k"), task("z", &at_least(1, "f", "CANCEL"))], tasks(&["a", "b", "c"])];
    let graph = drawn(&steps, &[paths(&["start f a z end", "f g b k z", "g c k"])]);
    let mut desk = Desk::started(&graph, &json!({}));
    desk.done("b");
    assert_eq!(desk.done("a"), ["end a", "open z", "cancel c", "drop 1", "cancel k"]);
    desk.done("z");
    desk.expect_completed();
}

/// As before, but the inner join gathers a run of its own split.
#[test]
fn wcp_32_cancelling_partial_join_withdraws_runs_of_inner_splits() {
    let steps = [
        vec![fork("f"), fork("g"), gather("k", "g"), task("z", &at_least(2, "f", "CANCEL"))],
        tasks(&["a", "b", "c", "d"]),
    ];
    let graph = drawn(&steps, &[paths(&["start f a z end", "f d z", "f g b k z", "g c k"])]);
    let mut desk = Desk::started(&graph, &json!({}));
    desk.done("b");
    desk.done("a");
    desk.expect_open(&["c", "d"]);
    assert_eq!(desk.done("d"), ["end d", "open z", "cancel c", "drop 1", "cancel k"]);
    desk.done("z");
    desk.expect_completed();
}

#[test]
fn wcp_30_structured_partial_join_goes_on_at_the_second_of_three_and_ignores_the_third() {
    let graph = partial(2, "IGNORE");
    let mut desk = Desk::started(&graph, &json!({}));
    desk.done("c");
    desk.expect_open(&["a", "b"]);
    desk.done("a");
    desk.expect_open(&["b", "z"]);
    again(&mut desk);
    desk.expect_open(&["a", "b", "b", "c"]);
    desk.done("a");
    desk.done("c");
    desk.expect_open(&["b", "b", "z"]);
}

#[test]
fn wcp_31_blocking_partial_join_keeps_the_next_round_waiting() {
    let graph = partial(2, "BLOCK");
    let mut desk = Desk::started(&graph, &json!({}));
    let late = desk.open("c");
    desk.done("a");
    desk.done("b");
    again(&mut desk);
    desk.done("a");
    desk.done("b");
    desk.expect_open(&["c", "c"]);
    desk.awaited("z");
    complete(&mut desk, late);
    desk.expect_open(&["c", "z"]);
}

#[test]
fn wcp_32_cancelling_partial_join_withdraws_the_third_at_the_second() {
    let graph = partial(2, "CANCEL");
    let mut desk = Desk::started(&graph, &json!({}));
    desk.done("b");
    desk.expect_open(&["a", "c"]);
    assert_eq!(desk.done("a"), ["end a", "open z", "cancel c"]);
    again(&mut desk);
    desk.expect_open(&["a", "b", "c"]);
}

/// When a branch ends elsewhere, fewer are left than the join wants: those that are left start it.
#[test]
fn wcp_30_structured_partial_join_goes_on_with_fewer_when_no_more_can_come() {
    let steps = [vec![fork("f"), task("z", &at_least(2, "f", "IGNORE"))], tasks(&["a", "b"])];
    let graph = drawn(&steps, &[paths(&["start f a z end", "f b end"])]);
    for order in [["a", "b"], ["b", "a"]] {
        let mut desk = Desk::started(&graph, &json!({}));
        desk.done(order[0]);
        desk.expect_open(&order[1..]);
        desk.done(order[1]);
        desk.expect_open(&["z"]);
        desk.done("z");
        desk.expect_completed();
    }
}

/// A split of which one branch goes to the merge, one chooses between it and an end, and one loops and
/// splits again: no block structure at all.
fn unstructured() -> Graph {
    let some = json!({ "split": "SOME" });
    let ways = vec![
        on("ON", "b", "j"),
        on("OUT", "b", "other"),
        on("ON", "c", "g"),
        on("OUT", "c", "c"),
        when("g", "d", "x"),
        otherwise("g", "e"),
    ];
    let outcomes = json!({ "outcomes": ["ON", "OUT"] });
    let steps = [
        vec![fork("f"), decision("g", &some), gather("j", "f"), task("b", &outcomes), task("c", &outcomes)],
        tasks(&["a", "d", "e", "z"]),
        vec![support::flow::step("other", "END", &json!({}))],
    ];
    drawn(&steps, &[paths(&["start f a j z end", "f b", "f c", "d j", "e j"]), ways])
}

fn play(desk: &mut Desk<'_>, acts: &[(&str, &str)]) {
    for (step, outcome) in acts {
        assert!(!desk.open_keys().contains(&"z"), "the merge waits for {step}");
        desk.done_with(step, outcome, &json!({}));
    }
}

#[test]
fn wcp_37_acyclic_synchronizing_merge_waits_for_branches_that_end_early_loop_or_split_again() {
    let graph = unstructured();
    let acts: [(Value, &[(&str, &str)]); 3] = [
        (json!({}), &[("a", "COMPLETED"), ("b", "OUT"), ("c", "OUT"), ("c", "ON"), ("e", "COMPLETED")]),
        (json!({ "x": 1 }), &[("c", "ON"), ("d", "COMPLETED"), ("b", "ON"), ("a", "COMPLETED")]),
        (json!({}), &[("c", "OUT"), ("c", "OUT"), ("a", "COMPLETED"), ("c", "ON"), ("e", "COMPLETED"), ("b", "OUT")]),
    ];
    for (variables, acts) in acts {
        let mut desk = Desk::started(&graph, &variables);
        play(&mut desk, acts);
        desk.expect_open(&["z"]);
        desk.done("z");
        desk.expect_completed();
    }
}

/// Merges of an outer and an inner split that share a branch each wait for their own run.
#[test]
fn wcp_37_acyclic_synchronizing_merge_of_an_outer_split_waits_for_the_inner_ones_run() {
    let steps = [vec![fork("f"), fork("g"), gather("k", "g"), gather("j", "f")], tasks(&["a", "b", "c", "y", "z"])];
    let graph = drawn(&steps, &[paths(&["start f a j z end", "f g b k y j", "g c k"])]);
    let mut desk = Desk::started(&graph, &json!({}));
    play(&mut desk, &[("a", "COMPLETED"), ("b", "COMPLETED"), ("c", "COMPLETED"), ("y", "COMPLETED")]);
    desk.expect_open(&["z"]);
}

/// Every branch ends elsewhere: the merge never starts, and the request ends.
#[test]
fn wcp_37_acyclic_synchronizing_merge_that_no_branch_reaches_does_not_start() {
    let ways = vec![on("ON", "a", "j"), on("OUT", "a", "end"), on("ON", "b", "j"), on("OUT", "b", "end")];
    let outcomes = json!({ "outcomes": ["ON", "OUT"] });
    let steps = [vec![fork("f"), gather("j", "f"), task("a", &outcomes), task("b", &outcomes)], tasks(&["z"])];
    let graph = drawn(&steps, &[paths(&["start f a", "f b", "j z end"]), ways]);
    let mut desk = Desk::started(&graph, &json!({}));
    play(&mut desk, &[("a", "OUT"), ("b", "OUT")]);
    desk.expect_completed();
}

/// A late branch of the first round waits at an inner join; its partner is not the other round's.
#[test]
fn wcp_09_structured_discriminator_keeps_inner_joins_of_two_rounds_apart() {
    let steps = [
        vec![fork("f"), fork("g"), join("k"), task("z", &at_least(1, "f", "IGNORE"))],
        vec![task("y", &json!({ "outcomes": ["AGAIN", "DONE"] }))],
        tasks(&["a", "b", "c"]),
    ];
    let back = vec![on("AGAIN", "y", "f"), on("DONE", "y", "end")];
    let graph = drawn(&steps, &[paths(&["start f a z y", "f g b k z", "g c k"]), back]);
    let mut desk = Desk::started(&graph, &json!({}));
    desk.done("b");
    let late = desk.open("c");
    desk.done("a");
    again(&mut desk);
    let second = desk.state.open.iter().find(|(id, open)| open.step.as_str() == "c" && **id != late);
    let second = second.map(|(&id, _)| id).expect("c is open again");
    complete(&mut desk, second);
    desk.expect_open(&["a", "b", "c"]);
    complete(&mut desk, late);
    desk.expect_open(&["a", "b"]);
    desk.done("b");
    desk.expect_open(&["a", "z"]);
}

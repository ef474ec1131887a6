//! The verdict on a small graph of every form of step, split, join, boundary event and end; and, where
//! it is unsound, the run that shows it.

pub mod support;

use nexusflow_domain::workflow::Graph;
use nexusflow_domain::workflow::verification::{
    EndSemantics, Limits, Trace, TraceStep, Verdict, Violation, verify_graph,
};
use serde_json::{Value, json};
use support::flow::{
    at_least, catcher, deadline, decision, drawn, error_end, fork, gather, join, on, otherwise, paths, scope, scoped,
    step, tasks, wait, when,
};
use support::task;

fn verdict(graph: &Graph) -> Verdict {
    verify_graph(graph, EndSemantics::Bpmn, Limits::without_deadline())
}

fn sound(graph: &Graph) {
    assert_eq!(verdict(graph), Verdict::Sound);
}

/// Checks what is wrong, and the steps of the run that shows it.
fn unsound(graph: &Graph, violation: &str, run: &[&str]) {
    assert!(shown(graph, violation, run).is_shortest);
}

fn shown(graph: &Graph, violation: &str, run: &[&str]) -> Trace {
    let Verdict::Unsound { violation: found, trace } = verdict(graph) else {
        panic!("expected {violation}, found {:?}", verdict(graph));
    };
    let step = |step: &TraceStep| match step.outcome.as_deref() {
        Some("COMPLETED") | None => step.key.clone(),
        Some(outcome) => format!("{} {outcome}", step.key),
    };
    let told: Vec<String> = trace.steps.iter().map(step).collect();
    assert_eq!((found.to_string().as_str(), told.iter().map(String::as_str).collect()), (violation, run.to_vec()));
    trace
}

fn risky(key: &str) -> Value {
    task(key, &json!({ "outcomes": ["FINE", "BAD"] }))
}

fn risks(key: &str, fine: &str, bad: &str) -> Vec<Value> {
    vec![on("FINE", key, fine), on("BAD", key, bad)]
}

fn ending(key: &str, kind: &str) -> Value {
    step(key, "END", &json!({ "end": kind }))
}

#[test]
fn a_wait_in_a_sequence_is_sound() {
    sound(&drawn(&[tasks(&["a"]), vec![wait("w", "PT1H")]], &[paths(&["start a w end"])]));
}

#[test]
fn a_deadline_of_a_step_that_leads_back_to_the_main_path_is_sound() {
    for interrupting in [true, false] {
        let steps = [tasks(&["a", "late"]), vec![deadline("t", "a", "PT1H", interrupting)]];
        sound(&drawn(&steps, &[paths(&["start a end", "t late end"])]));
    }
}

/// Two branches into a join ALL; a deadline of the first leads elsewhere.
fn deadline_beside_a_join(to: &str, interrupting: bool) -> Graph {
    let steps = [vec![fork("f"), join("j"), deadline("t", "a", "PT1H", interrupting)], tasks(&["a", "b"])];
    drawn(&steps, &[paths(&["start f a j end", "f b j", &format!("t {to}")])])
}

#[test]
fn a_join_that_misses_a_branch_because_of_a_deadline_deadlocks() {
    unsound(
        &deadline_beside_a_join("end", true),
        "deadlock: nothing can happen, with tokens left on the edge from b (B) to j",
        &["start", "f", "a", "t", "b", "end"],
    );
}

#[test]
fn a_deadline_that_brings_its_branch_to_the_join_itself_waits_for_two_tokens() {
    unsound(
        &deadline_beside_a_join("j", true),
        "deadlock: nothing can happen, with tokens left on the edge from a (A) to j, the edge from b (B) to j",
        &["start", "f", "a", "b"],
    );
}

#[test]
fn a_deadline_that_rejoins_its_branch_before_the_join_is_sound() {
    let steps = [
        vec![fork("f"), join("j"), decision("m", &json!({})), deadline("t", "a", "PT1H", true)],
        tasks(&["a", "b", "late"]),
    ];
    sound(&drawn(&steps, &[paths(&["start f a m j end", "f b j", "t late m"])]));
}

#[test]
fn a_deadline_that_adds_a_branch_into_the_same_path_puts_two_tokens_there() {
    let steps = [tasks(&["a", "b"]), vec![deadline("t", "a", "PT1H", false)]];
    unsound(
        &drawn(&steps, &[paths(&["start a b end", "t b"])]),
        "two tokens on the way into b (B)",
        &["start", "a", "t"],
    );
}

#[test]
fn a_deadline_that_adds_a_branch_back_into_its_own_step_puts_two_tokens_there() {
    let steps = [tasks(&["a"]), vec![deadline("t", "a", "PT1H", false)]];
    let Verdict::Unsound { violation, .. } = verdict(&drawn(&steps, &[paths(&["start a end", "t a"])])) else {
        panic!("expected unsound")
    };
    assert!(violation.to_string().starts_with("two tokens on the way into a"), "{violation}");
}

/// A part with branches side by side in a scope that a deadline leaves.
fn parallel_scope(inside: &[&str], interrupting: bool) -> Graph {
    let steps = [vec![fork("f"), join("j"), deadline("t", "s", "PT1H", interrupting)], tasks(&["a", "b", "late"])];
    scoped(&steps, &[paths(&["start f a j end", "f b j", "t late end"])], &[scope("s", inside)])
}

#[test]
fn a_scope_with_branches_side_by_side_is_left_properly() {
    for interrupting in [true, false] {
        sound(&parallel_scope(&["f", "a", "b", "j"], interrupting));
    }
}

#[test]
fn a_scope_around_one_of_two_branches_leaves_the_join_waiting() {
    unsound(
        &parallel_scope(&["a"], true),
        "deadlock: nothing can happen, with tokens left on the edge from b (B) to j",
        &["start", "f", "b", "t", "late", "end"],
    );
}

/// b is outside, and so is its token on the way to the join inside.
#[test]
fn a_token_on_its_way_into_a_scope_stays_when_the_scope_is_left() {
    unsound(
        &parallel_scope(&["f", "a", "j"], true),
        "deadlock: nothing can happen, with tokens left on the edge from b (B) to j",
        &["start", "f", "b", "t", "late", "end"],
    );
}

/// The join inside waits for two branches from outside; until both are there, nobody is in the scope.
#[test]
fn a_scope_is_not_entered_before_its_first_join_starts() {
    let steps = [
        vec![fork("f"), deadline("t", "s", "PT1H", true)],
        tasks(&["a", "b"]),
        vec![task("k", &json!({ "join": "ALL" }))],
    ];
    sound(&scoped(&steps, &[paths(&["start f a k end", "f b k", "t end"])], &[scope("s", &["k"])]));
}

#[test]
fn a_deadline_of_a_nested_scope_cancels_only_what_is_inside_it() {
    let steps = [
        vec![fork("f"), join("j"), decision("m", &json!({}))],
        vec![deadline("t", "inner", "PT1H", true), deadline("u", "outer", "PT9H", true)],
        tasks(&["a", "b", "c", "fix", "late"]),
    ];
    let ways = paths(&["start f a b m j end", "f c j", "t fix m", "u late end"]);
    let scopes = [scope("inner", &["a", "b"]), scope("outer", &["f", "a", "b", "c", "m", "j", "t", "fix"])];
    sound(&scoped(&steps, &[ways], &scopes));
}

#[test]
fn a_scope_whose_deadline_leads_back_into_it_is_sound() {
    let steps = [vec![deadline("t", "s", "PT1H", true)], tasks(&["a", "b"])];
    sound(&scoped(&steps, &[paths(&["start a b end", "t a"])], &[scope("s", &["a", "b"])]));
}

/// The join before the scope also waits for what comes after it; the other branch ends the request.
#[test]
fn a_deadline_of_a_scope_that_is_never_entered_is_dead() {
    let a = task("a", &json!({ "outcomes": ["AGAIN", "DONE"] }));
    let steps = [
        vec![fork("f"), join("j"), a, ending("stop", "TERMINATE"), deadline("t", "s", "PT1H", true)],
        tasks(&["m", "late"]),
    ];
    let ways = [paths(&["start f j a", "f m stop", "t late end"]), vec![on("AGAIN", "a", "j"), on("DONE", "a", "end")]];
    let Verdict::Unsound { violation: Violation::DeadSteps { steps }, .. } =
        verdict(&scoped(&steps, &ways, &[scope("s", &["a"])]))
    else {
        panic!("expected dead steps")
    };
    let dead: Vec<&str> = steps.iter().map(|step| step.key.as_str()).collect();
    assert_eq!(dead, ["j", "a", "t", "late", "end"]);
}

fn throwing(inside: &[&str], code: Option<&str>) -> Graph {
    let steps =
        [vec![fork("f"), join("j"), risky("a"), error_end("bad", "X"), catcher("c", "s", code)], tasks(&["b", "fix"])];
    let ways = [paths(&["start f a", "f b j end", "c fix end"]), risks("a", "j", "bad")];
    scoped(&steps, &ways, &[scope("s", inside)])
}

#[test]
fn an_error_that_a_scope_around_all_branches_catches_is_sound() {
    for code in [None, Some("X")] {
        sound(&throwing(&["f", "a", "b", "j", "bad"], code));
    }
}

#[test]
fn an_error_that_a_scope_around_one_branch_catches_leaves_the_join_waiting() {
    unsound(
        &throwing(&["a", "bad"], None),
        "deadlock: nothing can happen, with tokens left on the edge from b (B) to j",
        &["start", "f", "a BAD", "bad", "c", "b", "fix", "end"],
    );
}

#[test]
fn an_error_that_nothing_catches_ends_the_request_and_its_catcher_is_dead() {
    unsound(
        &throwing(&["f", "a", "b", "j", "bad"], Some("Y")),
        "never occurs: c, since no token ever comes to the way into c; fix (FIX), since no token ever comes to the way into fix (FIX)",
        &[],
    );
}

#[test]
fn a_visit_limit_that_fails_the_request_or_is_caught_is_sound() {
    for inside in [["a"], ["b"]] {
        let a = task("a", &json!({ "maxVisits": 2, "outcomes": ["AGAIN", "DONE"] }));
        let steps = [vec![a], tasks(&["b", "fix"])];
        let ways = vec![on("AGAIN", "a", "a"), on("DONE", "a", "b")];
        let caught = inside == ["a"];
        let catch = if caught { vec![catcher("c", "s", Some("VISIT_LIMIT"))] } else { Vec::new() };
        let then = if caught { paths(&["c fix end"]) } else { paths(&["b fix"]) };
        let last = if caught { paths(&["b end"]) } else { paths(&["fix end"]) };
        let steps = [steps.concat(), catch];
        sound(&scoped(&steps, &[paths(&["start a"]), ways, then, last], &[scope("s", &inside)]));
    }
}

/// A task against a time.
fn race(way_of_task: &str, way_of_time: &str) -> Graph {
    let steps = [vec![step("r", "RACE", &json!({})), wait("w", "PT1H"), join("j")], tasks(&["a", "b"])];
    drawn(&steps, &[paths(&["start r a", "r w", way_of_task, way_of_time])])
}

#[test]
fn a_race_whose_ways_meet_again_without_a_join_is_sound() {
    let steps = [vec![step("r", "RACE", &json!({})), wait("w", "PT1H")], tasks(&["a", "b"])];
    sound(&drawn(&steps, &[paths(&["start r a b end", "r w b"])]));
}

#[test]
fn a_race_whose_ways_are_joined_deadlocks() {
    unsound(
        &race("a j b end", "w j"),
        "deadlock: nothing can happen, with tokens left on the edge from a (A) to j",
        &["start", "r", "a"],
    );
}

/// Any of two branches, or the default.
fn inclusive(last: Value) -> Graph {
    let key = last["key"].as_str().expect("a key").to_owned();
    let steps = [vec![decision("o", &json!({ "split": "SOME" })), last], tasks(&["a", "b", "c"])];
    let ways = vec![when("o", "a", "x"), when("o", "b", "y"), otherwise("o", "c")];
    let out = ["a", "b", "c"].map(|task| format!("{task} {key}"));
    let out: Vec<&str> = out.iter().map(String::as_str).collect();
    drawn(&steps, &[ways, paths(&out), paths(&["start o", &format!("{key} end")])])
}

#[test]
fn an_inclusive_split_whose_branches_a_join_some_gathers_is_sound() {
    sound(&inclusive(gather("k", "o")));
}

#[test]
fn an_inclusive_split_before_a_join_all_deadlocks() {
    unsound(
        &inclusive(join("k")),
        "deadlock: nothing can happen, with tokens left on the edge from c (C) to k",
        &["start", "o", "c"],
    );
}

#[test]
fn an_inclusive_split_before_a_step_without_a_join_puts_two_tokens_there() {
    unsound(&inclusive(tasks(&["k"]).remove(0)), "two tokens on the way into k (K)", &["start", "o", "a", "b"]);
}

#[test]
fn several_tokens_where_they_are_allowed_are_sound() {
    sound(&inclusive(task("k", &json!({ "allowMultiple": true }))));
}

#[test]
fn joins_of_so_many_branches_are_sound_whatever_becomes_of_late_arrivals() {
    for late in ["IGNORE", "CANCEL", "BLOCK"] {
        for count in 1..=3 {
            let steps = [vec![fork("f"), decision("k", &at_least(count, "f", late))], tasks(&["a", "b", "c", "z"])];
            let ways = paths(&["start f a k z end", "f b k", "f c k"]);
            sound(&drawn(&steps, &[ways]));
        }
    }
}

#[test]
fn a_join_of_so_many_branches_within_a_loop_is_sound_if_it_cancels_the_others() {
    for late in ["IGNORE", "CANCEL"] {
        let again = task("z", &json!({ "outcomes": ["AGAIN", "DONE"] }));
        let steps = [vec![fork("f"), decision("k", &at_least(1, "f", late)), again], tasks(&["a", "b"])];
        let ways = paths(&["start f a k z", "f b k"]);
        let graph = drawn(&steps, &[ways, vec![on("AGAIN", "z", "f"), on("DONE", "z", "end")]]);
        if late == "CANCEL" {
            sound(&graph);
        } else {
            shown(&graph, "two tokens on the way into b (B)", &["start", "f", "a", "k", "z AGAIN", "f"]);
        }
    }
}

/// The net waits for the branch that never comes; the token game does not.
#[test]
fn a_branch_that_ends_before_a_gathering_join_is_sound() {
    let steps = [vec![fork("f"), gather("k", "f"), risky("a")], tasks(&["b"])];
    let ways = [paths(&["start f a", "f b k end"]), risks("a", "k", "end")];
    sound(&drawn(&steps, &ways));
}

#[test]
fn an_end_that_terminates_all_branches_is_sound() {
    let steps = [vec![fork("f"), join("j"), risky("a"), ending("stop", "TERMINATE")], tasks(&["b"])];
    sound(&drawn(&steps, &[paths(&["start f a", "f b j end"]), risks("a", "j", "stop")]));
}

#[test]
fn an_end_that_ends_only_its_branch_leaves_the_join_waiting() {
    let steps = [vec![fork("f"), join("j"), risky("a"), ending("stop", "NORMAL")], tasks(&["b"])];
    unsound(
        &drawn(&steps, &[paths(&["start f a", "f b j end"]), risks("a", "j", "stop")]),
        "deadlock: nothing can happen, with tokens left on the edge from b (B) to j",
        &["start", "f", "a BAD", "stop", "b"],
    );
}

/// The step behind the milestone comes after what it waits for, or before.
fn milestone(first: &str, second: &str) -> Graph {
    let b = task("b", &json!({ "enabledWhile": { "after": "a" } }));
    let steps = [vec![b], tasks(&["a"])];
    drawn(&steps, &[paths(&[&format!("start {first} {second} end")])])
}

#[test]
fn a_milestone_that_is_reached_before_is_sound() {
    sound(&milestone("a", "b"));
}

#[test]
fn a_milestone_that_only_comes_afterwards_is_not_called_sound() {
    let verdict = verdict(&milestone("b", "a"));
    assert_ne!(verdict, Verdict::Sound);
}

/// A join in one critical section waits for a step in another one of the same mutex.
#[test]
fn critical_sections_that_wait_for_each_other_are_not_called_sound() {
    let steps = [vec![fork("f"), join("j")], tasks(&["a", "b"])];
    let section = |key: &str, steps: &[&str]| support::with(scope(key, steps), &json!({ "mutex": "vault" }));
    let graph =
        scoped(&steps, &[paths(&["start f a j end", "f b j"])], &[section("s", &["a", "j"]), section("t", &["b"])]);
    assert_ne!(verdict(&graph), Verdict::Sound);
}

/// Each of two branches holds one mutex and then wants the other's.
#[test]
fn critical_sections_within_others_are_not_called_sound() {
    let steps = [vec![fork("f"), join("j")], tasks(&["a", "b", "c", "d"])];
    let section = |key: &str, steps: &[&str], mutex: &str| support::with(scope(key, steps), &json!({ "mutex": mutex }));
    let sections = [
        section("ab", &["a", "b"], "vault"),
        section("inner_b", &["b"], "desk"),
        section("cd", &["c", "d"], "desk"),
        section("inner_d", &["d"], "vault"),
    ];
    let graph = scoped(&steps, &[paths(&["start f a b j end", "f c d j"])], &sections);
    assert_ne!(verdict(&graph), Verdict::Sound);
}

#[test]
fn critical_sections_that_do_not_wait_for_each_other_are_sound() {
    let steps = [vec![fork("f"), join("j")], tasks(&["a", "b"])];
    let section = |key: &str, steps: &[&str]| support::with(scope(key, steps), &json!({ "mutex": "vault" }));
    sound(&scoped(&steps, &[paths(&["start f a j end", "f b j"])], &[section("s", &["a"]), section("t", &["b"])]));
}

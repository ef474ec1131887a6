//! Every kind of problem with joins, splits, waits, races, boundary events, scopes, mutexes, milestones and
//! visit limits, each from one small broken document, with its place.

pub mod support;

use nexusflow_domain::problem::ProblemCode as P;
use nexusflow_domain::workflow::compile;
use serde_json::{Value, json};
use support::flow::{
    at_least, catcher, deadline, decision, error_end, fork, gather, on, otherwise, paths, scope, step, tasks, wait,
    when,
};
use support::{directory, document, edge, framed, task, with};

type Table = Vec<(Value, Vec<(P, &'static str)>)>;

fn problems(json: Value) -> Vec<(P, String)> {
    let found = compile(&document(json), &directory()).err().unwrap_or_default();
    assert!(found.iter().all(|problem| !problem.message.is_empty()));
    found.into_iter().map(|problem| (problem.code, problem.path)).collect()
}

fn check(table: Table) {
    for (json, expected) in table {
        let expected: Vec<_> = expected.into_iter().map(|(code, path)| (code, path.to_owned())).collect();
        assert_eq!(problems(json.clone()), expected, "{json}");
    }
}

fn invalid(path: &'static str) -> Vec<(P, &'static str)> {
    vec![(P::InvalidValue, path)]
}

fn bad_expression(path: &'static str) -> Vec<(P, &'static str)> {
    vec![(P::InvalidExpression, path)]
}

fn drawn(steps: &[Vec<Value>], transitions: &[Vec<Value>]) -> Value {
    framed(&steps.concat(), &transitions.concat())
}

/// start → a → end, with `more` laid over the step a.
fn one_task(more: &Value) -> Value {
    framed(&[task("a", more)], &paths(&["start a end"]))
}

/// start → a → b → end with these scopes and further steps and transitions.
fn with_scopes(scopes: &[Value], steps: &[Value], more: &[&str]) -> Value {
    let all = [tasks(&["a", "b"]), steps.to_vec()].concat();
    with(framed(&all, &[paths(&["start a b end"]), paths(more)].concat()), &json!({ "scopes": scopes }))
}

/// A boundary event t on `host` that leads to the end.
fn bounded(boundary: &Value) -> Value {
    with_scopes(&[scope("s", &["a"])], &[step("t", "BOUNDARY", &json!({ "boundary": boundary }))], &["t end"])
}

/// A fork f of a and b, gathered by z with this join.
fn gathered(join: &Value) -> Value {
    drawn(&[vec![fork("f"), task("z", join)], tasks(&["a", "b"])], &[paths(&["start f a z end", "f b z"])])
}

#[test]
fn joins() {
    let some = |split: &str| json!({ "join": { "SOME": { "split": split } } });
    check(vec![
        (gathered(&some("f")), vec![]),
        (gathered(&some("nowhere")), vec![(P::UnknownStep, "steps[z].join.SOME.split")]),
        (gathered(&some("z")), invalid("steps[z].join.SOME.split")),
        (gathered(&some("end")), invalid("steps[z].join.SOME.split")),
        (gathered(&at_least(0, "f", "IGNORE")), invalid("steps[z].join.AT_LEAST.count")),
        (gathered(&at_least(1, "nowhere", "BLOCK")), vec![(P::UnknownStep, "steps[z].join.AT_LEAST.split")]),
        (
            gathered(&at_least(0, "z", "CANCEL")),
            vec![(P::InvalidValue, "steps[z].join.AT_LEAST.count"), (P::InvalidValue, "steps[z].join.AT_LEAST.split")],
        ),
        (
            drawn(
                &[vec![step("r", "RACE", &json!({})), gather("j", "r")], tasks(&["a", "b"])],
                &[paths(&["start r a j end", "r b j"])],
            ),
            invalid("steps[j].join.SOME.split"),
        ),
    ]);
}

#[test]
fn splits() {
    let some = decision("s", &json!({ "split": "SOME" }));
    let chosen = |out: Vec<Value>| {
        drawn(&[vec![some.clone()], tasks(&["a", "b"])], &[paths(&["start s", "a end", "b end"]), out])
    };
    check(vec![
        (chosen(vec![when("s", "a", "x"), when("s", "b", "y"), edge("s", "end")]), vec![]),
        (chosen(vec![when("s", "a", "x"), otherwise("s", "b")]), vec![]),
        (chosen(vec![when("s", "a", "x"), when("s", "b", "y")]), vec![(P::DecisionWithoutDefault, "steps[s]")]),
    ]);
}

#[test]
fn waits() {
    let waiting = |wait: &Value| framed(&[step("w", "WAIT", &json!({ "wait": wait }))], &paths(&["start w end"]));
    check(vec![
        (framed(&[wait("w", "PT1H")], &paths(&["start w end"])), vec![]),
        (framed(&[step("w", "WAIT", &json!({}))], &paths(&["start w end"])), invalid("steps[w].wait")),
        (waiting(&json!({ "timer": { "after": "PT0S" } })), invalid("steps[w].wait.timer.after")),
        (waiting(&json!({ "timer": { "until": "" } })), bad_expression("steps[w].wait.timer.until")),
        (waiting(&json!({ "timer": { "until": "x".repeat(5_000) } })), bad_expression("steps[w].wait.timer.until")),
        (one_task(&json!({ "wait": { "timer": { "after": "PT1H" } } })), invalid("steps[a].wait")),
        (
            framed(&[wait("w", "PT1H")], &paths(&["start w w"])),
            vec![(P::NoWayToEnd, "steps[start]"), (P::NoWayToEnd, "steps[w]"), (P::UnreachableStep, "steps[end]")],
        ),
        (
            framed(&[with(wait("w", "PT1H"), &json!({ "outcomes": ["DONE"] }))], &paths(&["start w end"])),
            invalid("steps[w].outcomes"),
        ),
        (
            drawn(
                &[vec![wait("w", "PT1H")], tasks(&["a"])],
                &[paths(&["start w a end"]), vec![on("DONE", "w", "end")]],
            ),
            vec![(P::UnknownOutcome, "transitions[3].outcome")],
        ),
    ]);
}

#[test]
fn races() {
    let race = |more: &Value, steps: &[Value], out: &[Value]| {
        let all = [vec![step("r", "RACE", more)], tasks(&["a", "b"]), steps.to_vec()].concat();
        framed(&all, &[paths(&["start r a end", "b end"]), out.to_vec()].concat())
    };
    let plain = json!({});
    let decided = [decision("d", &json!({}))];
    check(vec![
        (race(&plain, &[], &[edge("r", "b")]), vec![]),
        (
            race(&plain, &[], &[edge("a", "b")]),
            vec![(P::InvalidValue, "steps[r]"), (P::AmbiguousTransition, "steps[a]")],
        ),
        (race(&json!({ "split": "ALL" }), &[], &[edge("r", "b")]), invalid("steps[r].split")),
        (race(&plain, &[], &[when("r", "b", "x")]), invalid("steps[r]")),
        (race(&plain, &[], &[otherwise("r", "b")]), invalid("steps[r]")),
        (race(&plain, &decided, &[edge("r", "b"), edge("r", "d"), edge("d", "end")]), invalid("steps[r]")),
        (
            race(&plain, &decided, &[edge("r", "b"), when("r", "d", "x"), edge("d", "b")]),
            [invalid("steps[r]"), invalid("steps[r]"), invalid("steps[r]")].concat(),
        ),
        (
            with(
                race(&plain, &[], &[edge("r", "b")]),
                &json!({ "scopes": [with(scope("s", &["b"]), &json!({ "mutex": "m" }))] }),
            ),
            invalid("steps[b]"),
        ),
    ]);
}

#[test]
fn boundary_events() {
    let timer = json!({ "timer": { "after": "PT1H" } });
    let on_host = |host: &str, on: &Value| bounded(&json!({ "attachedTo": host, "on": on }));
    let error = |error: &Value| json!({ "attachedTo": "s", "on": { "error": error } });
    check(vec![
        (on_host("a", &timer), vec![]),
        (on_host("s", &timer), vec![]),
        (
            on_host("nowhere", &timer),
            vec![(P::UnknownStep, "steps[t].boundary.attachedTo"), (P::UnreachableStep, "steps[t]")],
        ),
        (on_host("end", &timer), invalid("steps[t].boundary.attachedTo")),
        (on_host("a", &json!({ "timer": { "after": "PT0S" } })), invalid("steps[t].boundary.on.timer.after")),
        (on_host("a", &json!({ "error": {} })), invalid("steps[t].boundary.on")),
        (
            bounded(&with(error(&json!({})), &json!({ "interrupting": false }))),
            invalid("steps[t].boundary.interrupting"),
        ),
        (bounded(&error(&json!({ "code": "" }))), invalid("steps[t].boundary.on.error.code")),
        (bounded(&error(&json!({ "code": "x".repeat(65) }))), invalid("steps[t].boundary.on.error.code")),
        (with_scopes(&[], &[step("t", "BOUNDARY", &json!({}))], &["t end"]), invalid("steps[t].boundary")),
        (one_task(&json!({ "boundary": { "attachedTo": "a", "on": timer } })), invalid("steps[a].boundary")),
        (
            drawn(
                &[vec![deadline("t", "a", "PT1H", true)], tasks(&["a", "b"])],
                &[paths(&["start b a end", "t end"]), vec![on("COMPLETED", "b", "t")]],
            ),
            vec![(P::MisplacedTransition, "steps[t]"), (P::AmbiguousTransition, "steps[b]")],
        ),
        (
            with_scopes(&[], &[deadline("t", "a", "PT1H", true)], &[]),
            vec![(P::NoWayToEnd, "steps[t]"), (P::NoWayToEnd, "steps[t]")],
        ),
        (
            with_scopes(
                &[scope("s", &["a"])],
                &[catcher("t", "s", Some("X")), catcher("u", "s", Some("X")), catcher("v", "s", None)],
                &["t end", "u end", "v end"],
            ),
            vec![(P::Duplicate, "steps[u].boundary.on.error")],
        ),
        (
            with_scopes(
                &[with(scope("s", &["t"]), &json!({ "mutex": "m" }))],
                &[deadline("t", "a", "PT1H", true)],
                &["t end"],
            ),
            invalid("steps[t].boundary.attachedTo"),
        ),
        (
            with_scopes(
                &[with(scope("s", &["a", "t"]), &json!({ "mutex": "m" }))],
                &[deadline("t", "a", "PT1H", true)],
                &["t end"],
            ),
            vec![],
        ),
    ]);
}

#[test]
fn scopes() {
    let many: Vec<Value> = (0..501).map(|n| scope(&format!("s{n}"), &["a"])).collect();
    check(vec![
        (with_scopes(&[scope("s", &["a"]), scope("t", &["b"])], &[], &[]), vec![]),
        (with_scopes(&[scope("s", &["a"]), scope("t", &["a", "b"])], &[], &[]), vec![]),
        (with_scopes(&[scope("s", &[])], &[], &[]), invalid("scopes[s].steps")),
        (with_scopes(&[scope("s", &["nowhere", "a"])], &[], &[]), vec![(P::UnknownStep, "scopes[s].steps")]),
        (with_scopes(&[scope("s", &["a", "start"])], &[], &[]), invalid("scopes[s].steps")),
        (with_scopes(&[scope("a", &["a"])], &[], &[]), vec![(P::Duplicate, "scopes[a].key")]),
        (with_scopes(&[scope("s", &["a"]), scope("s", &["b"])], &[], &[]), vec![(P::Duplicate, "scopes[s].key")]),
        (with_scopes(&[scope("s", &["a", "b"]), scope("t", &["b", "end"])], &[], &[]), invalid("scopes[t].steps")),
        (with_scopes(&[with(scope("s", &["a"]), &json!({ "name": " " }))], &[], &[]), invalid("scopes[s].name")),
        (with_scopes(&[with(scope("s", &["a"]), &json!({ "mutex": "" }))], &[], &[]), invalid("scopes[s].mutex")),
        (
            with_scopes(&[scope("s", &["a", "t"])], &[deadline("t", "s", "PT1H", true)], &["t end"]),
            invalid("scopes[s].steps"),
        ),
        (
            with_scopes(
                &[scope("s", &["a", "b"]), scope("t", &["a"])].map(|scope| with(scope, &json!({ "mutex": "m" }))),
                &[],
                &[],
            ),
            invalid("scopes[t].mutex"),
        ),
        (with_scopes(&many, &[], &[]), vec![(P::TooLarge, "scopes")]),
    ]);
}

#[test]
fn mutexes_milestones_limits_and_error_codes() {
    let milestone = |window: &Value| {
        let m = task("m", &json!({ "outcomes": ["DONE", "EXPIRED"], "enabledWhile": window }));
        drawn(&[vec![m], tasks(&["a"])], &[paths(&["start a m end"])])
    };
    let no_outcome = task("m", &json!({ "enabledWhile": { "before": "a" } }));
    let ended = |more: &Value| {
        with(
            framed(&[], &[]),
            &json!({ "transitions": [edge("start", "stop")], "steps": [
        step("start", "START", &json!({})), with(error_end("stop", "X"), more)] }),
        )
    };
    check(vec![
        (one_task(&json!({ "mutex": "m" })), vec![]),
        (one_task(&json!({ "mutex": "x".repeat(65) })), invalid("steps[a].mutex")),
        (
            framed(&[with(wait("w", "PT1H"), &json!({ "mutex": "m" }))], &paths(&["start w end"])),
            invalid("steps[w].mutex"),
        ),
        (
            framed(&[decision("d", &json!({ "enabledWhile": { "after": "start" } }))], &paths(&["start d end"])),
            invalid("steps[d].enabledWhile"),
        ),
        (milestone(&json!({ "after": "a" })), vec![]),
        (milestone(&json!({})), invalid("steps[m].enabledWhile")),
        (milestone(&json!({ "after": "m" })), invalid("steps[m].enabledWhile.after")),
        (milestone(&json!({ "before": "nowhere" })), vec![(P::UnknownStep, "steps[m].enabledWhile.before")]),
        (drawn(&[vec![no_outcome], tasks(&["a"])], &[paths(&["start m a end"])]), invalid("steps[m].outcomes")),
        (one_task(&json!({ "maxVisits": 0 })), invalid("steps[a].maxVisits")),
        (one_task(&json!({ "maxVisits": 100_001 })), invalid("steps[a].maxVisits")),
        (one_task(&json!({ "errorCode": "X" })), invalid("steps[a].errorCode")),
        (ended(&json!({})), vec![]),
        (ended(&json!({ "end": "NORMAL" })), invalid("steps[stop].errorCode")),
        (ended(&json!({ "errorCode": "" })), invalid("steps[stop].errorCode")),
    ]);
}

#[test]
fn a_cycle_needs_a_wait_a_race_or_a_visit_limit() {
    let cycle = |more: &Value| {
        let ways = vec![when("d", "e", "x"), otherwise("d", "end")];
        drawn(&[vec![decision("d", more), decision("e", &json!({}))]], &[paths(&["start d", "e d"]), ways])
    };
    let waiting = drawn(
        &[vec![decision("d", &json!({})), wait("e", "PT1H")]],
        &[paths(&["start d", "e d"]), vec![when("d", "e", "x"), otherwise("d", "end")]],
    );
    check(vec![
        (cycle(&json!({})), vec![(P::UnboundedCycle, "steps[d]")]),
        (cycle(&json!({ "maxVisits": 9 })), vec![]),
        (waiting, vec![]),
    ]);
}

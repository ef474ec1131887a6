//! Every kind of problem, each from one small broken document, with its place.

pub mod support;

use std::collections::BTreeSet;

use nexusflow_domain::problem::ProblemCode as P;
use nexusflow_domain::workflow::{Directory, Holders, RoleFacts, compile};
use serde_json::{Value, json};
use support::{approval, directory, document, edge, framed, role, task, with};

/// The tests' directory with a role that nobody holds.
fn people() -> Directory {
    let mut directory = directory();
    directory
        .roles
        .insert("nobody".to_owned(), RoleFacts { id: role("clerk"), holders: Holders::Known(BTreeSet::new()) });
    directory
}

/// Code and place of everything wrong with a document.
fn problems(json: Value) -> Vec<(P, String)> {
    let found = compile(&document(json), &people()).err().unwrap_or_default();
    assert!(found.iter().all(|problem| !problem.message.is_empty()));
    found.into_iter().map(|problem| (problem.code, problem.path)).collect()
}

/// start → a → end, with `more` laid over the step a.
fn one_task(more: &Value) -> Value {
    framed(&[task("a", more)], &[edge("start", "a"), edge("a", "end")])
}

/// start → a → end, with `more` laid over the approval a.
fn one_approval(more: &Value) -> Value {
    framed(&[approval("a", more)], &[edge("start", "a"), edge("a", "end")])
}

/// start → a → end, `step` saying what a is.
fn worked(step: &Value) -> Value {
    framed(&[with(json!({ "key": "a", "name": "A" }), step)], &[edge("start", "a"), edge("a", "end")])
}

/// start → d → end, the transitions out of the decision d as given.
fn one_decision(more: &Value, out: &[Value]) -> Value {
    let decision = with(json!({ "key": "d", "name": "D", "kind": "DECISION" }), more);
    framed(&[decision], &[&[edge("start", "d")], out].concat())
}

fn edge_with(from: &str, to: &str, more: &Value) -> Value {
    with(edge(from, to), more)
}

fn condition(n: usize) -> Value {
    json!({ "field": "x", "operator": "equals", "value": n })
}

fn rung(after: &str, action: &Value) -> Value {
    json!({ "after": after, "action": action })
}

fn step_sla(rungs: &[Value]) -> Value {
    json!({ "sla": { "dueIn": "PT1H", "escalations": rungs } })
}

fn decision(key: &str) -> Value {
    json!({ "key": key, "name": key, "kind": "DECISION" })
}

fn broken_values() -> Vec<(Value, Vec<(P, &'static str)>)> {
    let end = |more: &Value| with(json!({ "key": "end", "name": "End", "kind": "END" }), more);
    let start = json!({ "key": "start", "name": "Start", "kind": "START" });
    let on_end = |more| json!({ "steps": [start, end(&more)], "transitions": [edge("start", "end")] });
    let invalid = |path| vec![(P::InvalidValue, path)];
    vec![
        (one_task(&json!({ "name": " " })), invalid("steps[a].name")),
        (one_task(&json!({ "name": "é".repeat(201) })), invalid("steps[a].name")),
        (one_task(&json!({ "description": "x".repeat(4_001) })), invalid("steps[a].description")),
        (one_task(&json!({ "config": [] })), invalid("steps[a].config")),
        (one_task(&json!({ "end": "ERROR" })), invalid("steps[a].end")),
        (on_end(json!({ "candidate": { "role": "clerk" } })), invalid("steps[end].candidate")),
        (on_end(json!({ "outcomes": ["DONE"] })), invalid("steps[end].outcomes")),
        (on_end(json!({ "separation": { "notRequester": true } })), invalid("steps[end].separation")),
        (on_end(json!({ "sla": { "dueIn": "PT1H" } })), invalid("steps[end].sla")),
        (one_approval(&json!({ "outcomes": ["YES"] })), invalid("steps[a].outcomes")),
        (one_task(&json!({ "separation": { "notDeciderOf": ["end"] } })), invalid("steps[a].separation.notDeciderOf")),
        (
            one_decision(&json!({ "split": "ALL" }), &[edge_with("d", "end", &json!({ "isDefault": true }))]),
            invalid("steps[d]"),
        ),
        (
            one_decision(
                &json!({}),
                &[edge_with("d", "end", &json!({ "isDefault": true, "condition": condition(1) }))],
            ),
            invalid("transitions[1].condition"),
        ),
        (one_task(&json!({ "outcomes": ["A", "B", "A"] })), vec![(P::Duplicate, "steps[a].outcomes")]),
        (
            framed(&[task("a", &json!({})), task("a", &json!({}))], &[edge("start", "a"), edge("a", "end")]),
            vec![
                (P::Duplicate, "steps[a].key"),
                (P::UnreachableStep, "steps[a]"),
                (P::NoWayToEnd, "steps[a]"),
                (P::OutcomeWithoutTransition, "steps[a]"),
            ],
        ),
        (
            framed(&[task("a", &json!({ "split": "ALL" }))], &[edge("start", "a"), edge("a", "end"), edge("a", "end")]),
            vec![(P::Duplicate, "transitions[2]")],
        ),
    ]
}

fn broken_graphs() -> Vec<(Value, Vec<(P, &'static str)>)> {
    let steps = |steps: &[Value], transitions: &[Value]| json!({ "steps": steps, "transitions": transitions });
    let plain = |key: &str, kind: &str| json!({ "key": key, "name": key, "kind": kind });
    let (a, b) = (task("a", &json!({})), task("b", &json!({})));
    vec![
        (framed(&[], &[edge("start", "nowhere"), edge("start", "end")]), vec![(P::UnknownStep, "transitions[0].to")]),
        (framed(&[], &[edge("nowhere", "end"), edge("start", "end")]), vec![(P::UnknownStep, "transitions[0].from")]),
        (
            one_task(&json!({ "separation": { "notDeciderOf": ["x"] } })),
            vec![(P::UnknownStep, "steps[a].separation.notDeciderOf")],
        ),
        (steps(&[plain("end", "END")], &[]), vec![(P::NoStart, "steps")]),
        (
            steps(
                &[plain("s", "START"), plain("t", "START"), plain("end", "END")],
                &[edge("s", "end"), edge("t", "end")],
            ),
            vec![(P::SeveralStarts, "steps"), (P::UnreachableStep, "steps[t]")],
        ),
        (
            steps(&[plain("start", "START"), a.clone()], &[edge("start", "a"), edge("a", "a")]),
            vec![(P::NoEnd, "steps"), (P::NoWayToEnd, "steps[start]"), (P::NoWayToEnd, "steps[a]")],
        ),
        (
            framed(&[a.clone(), b.clone()], &[edge("start", "a"), edge("a", "end"), edge("b", "end")]),
            vec![(P::UnreachableStep, "steps[b]")],
        ),
        (
            framed(
                &[task("a", &json!({ "outcomes": ["X", "Y"] })), b],
                &[
                    edge("start", "a"),
                    edge_with("a", "end", &json!({ "outcome": "X" })),
                    edge_with("a", "b", &json!({ "outcome": "Y" })),
                    edge("b", "b"),
                ],
            ),
            vec![(P::NoWayToEnd, "steps[b]")],
        ),
    ]
}

fn broken_choices() -> Vec<(Value, Vec<(P, &'static str)>)> {
    let a = task("a", &json!({}));
    vec![
        (
            framed(
                &[approval("a", &json!({}))],
                &[edge("start", "a"), edge_with("a", "end", &json!({ "outcome": "APPROVED" }))],
            ),
            vec![(P::OutcomeWithoutTransition, "steps[a]")],
        ),
        (
            framed(
                std::slice::from_ref(&a),
                &[edge("start", "a"), edge("a", "end"), edge_with("a", "end", &json!({ "outcome": "MAYBE" }))],
            ),
            vec![(P::UnknownOutcome, "transitions[2].outcome")],
        ),
        (
            one_decision(&json!({}), &[edge("d", "end"), edge_with("d", "end", &json!({ "outcome": "COMPLETED" }))]),
            vec![(P::UnknownOutcome, "transitions[2].outcome")],
        ),
        (
            one_decision(&json!({}), &[edge_with("d", "end", &json!({ "condition": condition(1) }))]),
            vec![(P::DecisionWithoutDefault, "steps[d]")],
        ),
        (
            framed(std::slice::from_ref(&a), &[edge("start", "a"), edge("a", "end"), edge("end", "a")]),
            vec![(P::MisplacedTransition, "steps[end]")],
        ),
        (
            framed(
                &[task("a", &json!({ "outcomes": ["X", "Y"] }))],
                &[
                    edge("start", "a"),
                    edge_with("a", "end", &json!({ "outcome": "X" })),
                    edge_with("a", "start", &json!({ "outcome": "Y" })),
                ],
            ),
            vec![(P::MisplacedTransition, "steps[start]")],
        ),
        (
            framed(std::slice::from_ref(&a), &[edge("start", "a"), edge("start", "end"), edge("a", "end")]),
            vec![(P::AmbiguousTransition, "steps[start]")],
        ),
        (
            one_decision(&json!({}), &[edge("d", "end"), edge_with("d", "end", &json!({ "isDefault": true }))]),
            vec![(P::AmbiguousTransition, "steps[d]")],
        ),
        (
            // The step named lies on the cycle c ↔ d, not behind it, as b, e and the end do.
            framed(
                &[decision("b"), decision("e"), decision("c"), decision("d")],
                &[
                    edge("start", "c"),
                    edge("c", "d"),
                    edge_with("d", "c", &json!({ "condition": condition(1) })),
                    edge_with("d", "e", &json!({ "isDefault": true })),
                    edge("e", "b"),
                    edge("b", "end"),
                ],
            ),
            vec![(P::UnboundedCycle, "steps[d]")],
        ),
        (
            one_decision(
                &json!({}),
                &[
                    edge("d", "end"),
                    edge_with("d", "end", &json!({ "condition": { "all": [condition(1), { "field": "x" }] } })),
                ],
            ),
            vec![(P::InvalidCondition, "transitions[2].condition.all[1].operator")],
        ),
    ]
}

fn broken_people_and_deadlines() -> Vec<(Value, Vec<(P, &'static str)>)> {
    let raise = json!({ "raise": {} });
    let take = |outcome: &str| json!({ "takeOutcome": { "outcome": outcome } });
    let request = |more: &Value| with(one_task(&json!({})), more);
    let ladder = |rungs: &[Value]| one_approval(&step_sla(rungs));
    vec![
        (one_task(&json!({ "candidate": null })), vec![(P::NobodyResponsible, "steps[a].candidate")]),
        (
            one_task(&json!({ "candidate": { "requester": {} }, "separation": { "notRequester": true } })),
            vec![(P::NobodyResponsible, "steps[a].separation")],
        ),
        (one_task(&json!({ "candidate": { "role": "x" } })), vec![(P::UnknownCandidate, "steps[a].candidate")]),
        (
            one_task(&json!({ "candidate": { "user": "x@example.org" } })),
            vec![(P::UnknownCandidate, "steps[a].candidate")],
        ),
        (one_task(&json!({ "candidate": { "role": "nobody" } })), vec![(P::RoleWithoutHolder, "steps[a].candidate")]),
        (
            ladder(&[rung("PT0S", &json!({ "reassign": { "role": "x" } }))]),
            vec![(P::UnknownCandidate, "steps[a].sla.escalations[0].action.reassign.role")],
        ),
        (
            ladder(&[rung("PT0S", &json!({ "notify": { "role": "nobody" } }))]),
            vec![(P::RoleWithoutHolder, "steps[a].sla.escalations[0].action.notify.role")],
        ),
        (one_task(&json!({ "sla": { "dueIn": "PT0S" } })), vec![(P::BadSla, "steps[a].sla.dueIn")]),
        (ladder(&[rung("PT2H", &raise), rung("PT1H", &raise)]), vec![(P::BadSla, "steps[a].sla.escalations[1].after")]),
        (
            ladder(&[rung("PT0S", &take("REJECTED")), rung("PT1H", &raise)]),
            vec![(P::BadSla, "steps[a].sla.escalations[0].action")],
        ),
        (ladder(&[rung("PT0S", &take("APPROVED"))]), vec![(P::SilentApproval, "steps[a].sla.escalations[0].action")]),
        (
            one_task(&with(json!({ "outcomes": ["APPROVED", "X"] }), &step_sla(&[rung("PT0S", &take("APPROVED"))]))),
            vec![(P::SilentApproval, "steps[a].sla.escalations[0].action")],
        ),
        (ladder(&[rung("PT0S", &take("MAYBE"))]), vec![(P::UnknownOutcome, "steps[a].sla.escalations[0].action")]),
        (request(&json!({ "sla": { "dueIn": "PT0S" } })), vec![(P::BadSla, "sla.dueIn")]),
        (
            request(&json!({ "sla": { "dueIn": "PT1H", "escalations": [rung("PT0S", &take("COMPLETED"))] } })),
            vec![(P::BadSla, "sla.escalations[0].action")],
        ),
        (
            request(&json!({ "dueDateEscalations": [rung("PT0S", &json!({ "reassign": { "role": "chief" } }))] })),
            vec![(P::BadSla, "dueDateEscalations[0].action")],
        ),
        (
            request(&json!({ "sla": { "dueIn": "PT1H" }, "dueDateEscalations": [rung("PT0S", &raise)] })),
            vec![(P::BadSla, "dueDateEscalations")],
        ),
        (ladder(&vec![rung("PT0S", &raise); 21]), vec![(P::TooLarge, "steps[a].sla.escalations")]),
        (
            worked(&json!({ "kind": "SERVICE", "service": { "jobType": "mail" }, "input": { "to": "1 +" } })),
            vec![(P::InvalidValue, "steps[a].input.to")],
        ),
        (
            worked(&json!({ "kind": "WAIT", "wait": { "timer": { "until": "visit." } } })),
            vec![(P::InvalidExpression, "steps[a].wait.timer.until")],
        ),
        (
            worked(&json!({ "kind": "CALL", "call": { "workflow": "Unheard of" } })),
            vec![(P::UnknownWorkflow, "steps[a].call.workflow")],
        ),
    ]
}

/// Every kind of problem that compiling finds; one that is not listed does not compile.
macro_rules! codes {
    ($($code:ident)+) => {
        const ALL: &[P] = &[$(P::$code),+];

        fn listed(code: P) -> P {
            match code {
                $(P::$code)|+ => code,
                P::Unsound | P::SoundnessUnknown => panic!("found by verification, not by compiling"),
            }
        }
    };
}

codes! {
    InvalidValue Duplicate TooLarge UnknownStep NoStart SeveralStarts NoEnd UnreachableStep NoWayToEnd
    OutcomeWithoutTransition UnknownOutcome DecisionWithoutDefault MisplacedTransition AmbiguousTransition
    UnboundedCycle InvalidCondition InvalidExpression UnknownWorkflow BadSla SilentApproval NobodyResponsible UnknownCandidate RoleWithoutHolder
}

#[test]
fn each_broken_document_has_exactly_its_problems() {
    let mut produced = Vec::new();
    for (json, expected) in [broken_values(), broken_graphs(), broken_choices(), broken_people_and_deadlines()].concat()
    {
        let found = problems(json.clone());
        let expected: Vec<_> = expected.into_iter().map(|(code, path)| (code, path.to_owned())).collect();
        assert_eq!(found, expected, "{json}");
        produced.extend(found.into_iter().map(|(code, _)| code));
    }
    for code in ALL.iter().copied().map(listed) {
        assert!(produced.contains(&code), "no document produces {code:?}");
    }
}

#[test]
fn several_problems_are_reported_together() {
    let steps = [
        task("a", &json!({ "name": "", "candidate": { "role": "clerks" }, "sla": { "dueIn": "PT0S" } })),
        approval("b", &json!({ "outcomes": ["NO", "NO"], "config": 5 })),
    ];
    let transitions = [edge("start", "a"), edge("a", "x"), edge_with("b", "end", &json!({ "condition": {} }))];
    let expected = [
        (P::InvalidValue, "steps[a].name"),
        (P::UnknownCandidate, "steps[a].candidate"),
        (P::InvalidValue, "steps[b].config"),
        (P::Duplicate, "steps[b].outcomes"),
        (P::InvalidValue, "steps[b].outcomes"),
        (P::UnknownStep, "transitions[1].to"),
        (P::InvalidCondition, "transitions[2].condition.field"),
        (P::BadSla, "steps[a].sla.dueIn"),
    ];
    assert_eq!(problems(framed(&steps, &transitions)), expected.map(|(code, path)| (code, path.to_owned())));
}

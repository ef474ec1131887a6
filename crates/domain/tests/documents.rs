//! Documents: what a full one carries there and back, what is refused as unknown, and how large one
//! may be.

pub mod support;

use nexusflow_domain::problem::{Problem, ProblemCode};
use nexusflow_domain::workflow::{
    Candidate, HumanKind, MAX_STEPS, MAX_TRANSITIONS, StepKind, WorkflowDocument, compile,
};
use serde_json::{Value, json};
use support::{directory, document, edge, framed, key, role, task, user, with};

/// A valid document that uses every field.
fn full() -> Value {
    json!({
        "steps": [
            { "key": "start", "name": "Start", "kind": "START", "join": "ANY", "split": "ONE", "order": -1 },
            {
                "key": "0-check_it", "name": "Check", "description": "Look at it", "kind": "TASK", "join": "ANY", "split": "ONE",
                "candidate": { "user": "P2@Example.org" }, "outcomes": ["FINE", "UNCLEAR_2"], "required": false, "order": 7,
                "sla": { "dueIn": "P1DT2H", "escalations": [
                    { "after": "PT0S", "action": { "notify": { "candidates": {} } } },
                    { "after": "PT0S", "action": { "notify": { "requester": {} } } },
                    { "after": "PT1H", "action": { "notify": { "role": "chief" } } },
                    { "after": "PT1H", "action": { "raise": {} } },
                    { "after": "PT2H", "action": { "reassign": { "role": "deputy" } } },
                    { "after": "P7D", "action": { "takeOutcome": { "outcome": "UNCLEAR_2" } } },
                ] },
                "config": { "form": [1, 2.5, null] },
            },
            {
                "key": "decide", "name": "Decide", "kind": "APPROVAL", "join": "ALL", "split": "ALL",
                "candidate": { "role": "chief" }, "order": 0,
                "separation": { "notRequester": true, "notDeciderOf": ["0-check_it", "own"] },
            },
            { "key": "own", "name": "Own", "kind": "TASK", "join": "ANY", "split": "ONE", "candidate": { "requester": {} }, "order": 0 },
            { "key": "choose", "name": "Choose", "kind": "DECISION", "join": "ANY", "split": "ONE", "order": 0 },
            { "key": "done", "name": "Done", "kind": "END", "join": "ANY", "split": "ONE", "end": "TERMINATE", "order": 0 },
            { "key": "bad", "name": "Bad", "kind": "END", "join": "ANY", "split": "ONE", "end": "ERROR", "order": 0 },
        ],
        "transitions": [
            { "from": "start", "to": "0-check_it", "priority": 0 },
            { "from": "0-check_it", "outcome": "FINE", "to": "decide", "priority": 0 },
            { "from": "0-check_it", "outcome": "UNCLEAR_2", "to": "own", "priority": 0 },
            { "from": "own", "to": "choose", "priority": 0 },
            { "from": "choose", "to": "0-check_it", "priority": 2, "condition": { "field": "amount", "operator": "less", "value": 10 } },
            { "from": "choose", "to": "bad", "priority": -1, "isDefault": true },
            { "from": "decide", "outcome": "APPROVED", "to": "done", "priority": 0 },
            { "from": "decide", "outcome": "REJECTED", "to": "bad", "priority": 0 },
        ],
        "sla": { "dueIn": "P30D", "escalations": [{ "after": "PT0S", "action": { "raise": {} } }] },
    })
}

#[test]
fn a_full_document_goes_there_and_back_unchanged() {
    let read = document(full());
    assert_eq!(serde_json::to_value(&read).unwrap(), full());
    assert_eq!(document(serde_json::to_value(&read).unwrap()), read);
    assert_eq!(serde_json::from_str::<WorkflowDocument>(&serde_json::to_string(&read).unwrap()).unwrap(), read);
}

#[test]
fn what_is_left_out_has_its_default() {
    let read = document(framed(&[task("a", &json!({}))], &[edge("start", "a"), edge("a", "end")]));
    let written = serde_json::to_value(&read).unwrap();
    let spelled = json!({
        "key": "a", "name": "A", "description": "", "kind": "TASK", "join": "ANY", "split": "ONE", "candidate": { "role": "clerk" },
        "outcomes": [], "separation": { "notRequester": false, "notDeciderOf": [] }, "sla": null, "end": "NORMAL",
        "required": true, "order": 0, "config": null,
    });
    assert_eq!(
        serde_json::to_value(&read.steps[1]).unwrap(),
        json!({
            "key": "a", "name": "A", "kind": "TASK", "join": "ANY", "split": "ONE", "candidate": { "role": "clerk" }, "order": 0,
        })
    );
    assert_eq!(document(with(written.clone(), &json!({ "steps": [spelled] }))).steps[0], read.steps[1]);
    assert_eq!(written["transitions"][0], json!({ "from": "start", "to": "a", "priority": 0 }));
}

#[test]
fn a_full_document_is_valid_and_compiles_to_what_it_says() {
    let graph = compile(&document(full()), &directory()).unwrap();
    let human = |name: &str| graph.step(graph.find(&key(name)).unwrap()).human().cloned().unwrap();
    assert_eq!((human("0-check_it").kind, human("0-check_it").candidate), (HumanKind::Task, Candidate::User(user(2))));
    assert_eq!(
        (human("decide").kind, human("decide").candidate),
        (HumanKind::Approval, Candidate::Role(role("chief")))
    );
    assert_eq!(human("own").candidate, Candidate::Requester);
    assert_eq!(human("own").outcomes, [support::outcome("COMPLETED")]);
    assert_eq!(human("decide").outcomes, [support::outcome("APPROVED"), support::outcome("REJECTED")]);
    assert_eq!(graph.step(graph.start()).kind, StepKind::Start);
    let tried: Vec<u32> = graph.outgoing(graph.find(&key("choose")).unwrap()).iter().map(|t| t.ordinal()).collect();
    assert_eq!(tried, [5, 4], "lower priorities first");
    assert_eq!((graph.role_id("deputy"), graph.role_id("clerk")), (Some(role("deputy")), None));
    assert_eq!(graph.step_ladder(&key("0-check_it")).len(), 6);
    assert_eq!(graph.step_ladder(&key("decide")), []);
}

#[test]
fn unknown_fields_are_refused_at_every_level() {
    let unknown = json!({ "surprise": 1 });
    let places = [
        "",
        "/steps/1",
        "/transitions/0",
        "/sla",
        "/sla/escalations/0",
        "/steps/1/candidate",
        "/steps/3/candidate/requester",
        "/steps/2/separation",
        "/steps/1/sla/escalations/0/action",
        "/steps/1/sla/escalations/0/action/notify",
        "/steps/1/sla/escalations/0/action/notify/candidates",
        "/steps/1/sla/escalations/3/action/raise",
        "/steps/1/sla/escalations/4/action/reassign",
        "/steps/1/sla/escalations/5/action/takeOutcome",
    ];
    for place in places {
        let mut json = full();
        let at = json.pointer_mut(place).unwrap();
        *at = with(at.take(), &unknown);
        assert!(serde_json::from_value::<WorkflowDocument>(json).is_err(), "{place}");
    }
}

#[test]
fn malformed_values_are_refused() {
    let long = "k".repeat(65);
    for (place, value) in [
        ("/steps/1/key", json!("")),
        ("/steps/1/key", json!("-a")),
        ("/steps/1/key", json!("A")),
        ("/steps/1/key", json!("a b")),
        ("/steps/1/key", json!("é")),
        ("/steps/1/key", json!(long)),
        ("/steps/1/kind", json!("task")),
        ("/steps/1/outcomes/0", json!("fine")),
        ("/steps/1/outcomes/0", json!("2_FINE")),
        ("/steps/1/outcomes/0", json!("F".repeat(65))),
        ("/steps/1/sla/dueIn", json!("1h")),
        ("/steps/1/sla/dueIn", json!(3_600)),
        ("/steps/1/sla/escalations/0/action", json!({ "raise": {}, "notify": { "requester": {} } })),
        ("/steps/1/order", json!(1.5)),
        ("/transitions/0/priority", json!(1u64 << 40)),
    ] {
        let mut json = full();
        *json.pointer_mut(place).unwrap() = value.clone();
        assert!(serde_json::from_value::<WorkflowDocument>(json).is_err(), "{place} {value}");
    }
    let longest = "k".repeat(64);
    assert_eq!(key(&longest).as_str(), longest);
}

/// A chain of tasks; with it, the number of transitions can be chosen.
fn chain(tasks: usize, further: usize) -> Value {
    let outcomes: Vec<String> = (0..50).map(|n| format!("O{n}")).collect();
    let name = |n: usize| format!("t{n}");
    let steps: Vec<Value> = (0..tasks).map(|n| task(&name(n), &json!({ "outcomes": outcomes }))).collect();
    let mut transitions = vec![edge("start", &name(0)), edge(&name(tasks - 1), "end")];
    transitions.extend((1..tasks).map(|n| edge(&name(n - 1), &name(n))));
    let missing = further.saturating_sub(transitions.len());
    transitions.extend((0..missing).map(|n| {
        let condition = json!({ "field": "x", "operator": "equals", "value": n });
        json!({ "from": "t0", "to": "t0", "condition": condition })
    }));
    framed(&steps, &transitions)
}

fn problems(json: Value) -> Vec<Problem> {
    compile(&document(json), &directory()).err().unwrap_or_default()
}

#[test]
fn the_largest_documents_compile_and_larger_ones_are_refused() {
    assert_eq!(problems(chain(MAX_STEPS - 2, 0)), []);
    let too_large = problems(chain(MAX_STEPS - 1, MAX_TRANSITIONS + 1));
    let found: Vec<_> = too_large.iter().map(|problem| (problem.code, problem.path.as_str())).collect();
    assert_eq!(found, [(ProblemCode::TooLarge, "steps"), (ProblemCode::TooLarge, "transitions")]);
}

#[test]
fn thousands_of_conditional_ways_out_of_one_step_compile() {
    let mut json = chain(1, MAX_TRANSITIONS);
    json["transitions"][1]["isDefault"] = json!(true);
    assert_eq!(problems(json), []);
}

#[test]
fn outcomes_are_limited() {
    let with_outcomes = |n: usize| {
        let outcomes: Vec<String> = (0..n).map(|n| format!("O{n}")).collect();
        framed(&[task("a", &json!({ "outcomes": outcomes }))], &[edge("start", "a"), edge("a", "end")])
    };
    assert_eq!(problems(with_outcomes(50)), []);
    let found = problems(with_outcomes(51));
    assert_eq!((found.len(), found[0].code, found[0].path.as_str()), (1, ProblemCode::TooLarge, "steps[a].outcomes"));
}

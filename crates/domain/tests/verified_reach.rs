//! What can happen on a graph: steps, outcomes, ends and the shortest run to each; and warnings of types.

pub mod support;

use nexusflow_domain::problem::ProblemCode;
use nexusflow_domain::workflow::verification::{EndSemantics, Finding, Limits, Soundness, reach, verify_graph};
use nexusflow_domain::workflow::{Graph, type_warnings};
use serde_json::{Value, json};
use support::flow::{at_least, deadline, decision, drawn, fork, gather, join, on, otherwise, paths, step, tasks, when};
use support::{edge, graph, task, with};

fn end(key: &str) -> Value {
    step(key, "END", &json!({}))
}

/// What cannot happen, as `step` or `step outcome`, and the shortest run to each end.
fn told(graph: &Graph) -> (Vec<String>, Vec<String>) {
    let reach = reach(graph, Limits::without_deadline()).expect("a small graph");
    let mut never = Vec::new();
    let mut runs = Vec::new();
    for step in reach.steps {
        if !step.occurs {
            never.push(step.key.clone());
        }
        let missing = step.outcomes.iter().filter(|(_, occurs)| !occurs);
        never.extend(missing.map(|(outcome, _)| format!("{} {outcome}", step.key)));
        if step.is_end {
            runs.push(step.shortest_run.map_or_else(|| "none".to_owned(), |run| run.join(" ")));
        } else {
            assert_eq!(step.shortest_run, None);
        }
    }
    (never, runs)
}

#[test]
fn every_end_has_its_shortest_run() {
    let a = task("a", &json!({ "outcomes": ["AGAIN", "DONE", "BAD"] }));
    let steps = [vec![a, end("bad"), deadline("t", "b", "PT1H", true)], tasks(&["b", "late"])];
    let ways = [paths(&["start a", "b end", "t late bad"])];
    let ways = [ways.concat(), vec![on("AGAIN", "a", "a"), on("DONE", "a", "b"), on("BAD", "a", "bad")]];
    assert_eq!(told(&drawn(&steps, &ways)), (vec![], vec!["Start A bad".to_owned(), "Start A B End".to_owned()]));
}

#[test]
fn what_lies_behind_a_deadlock_cannot_happen() {
    let b = task("b", &json!({ "outcomes": ["YES", "NO"] }));
    let steps = [vec![decision("d", &json!({})), join("j"), b, end("other")], tasks(&["a", "c"])];
    let ways = [
        vec![when("d", "a", "x"), when("d", "other", "z"), otherwise("d", "c")],
        paths(&["start d", "a j", "c j", "j b"]),
        vec![on("YES", "b", "end"), on("NO", "b", "end")],
    ];
    let never = ["j", "b", "b YES", "b NO", "end"].map(str::to_owned);
    assert_eq!(told(&drawn(&steps, &ways)), (never.to_vec(), vec!["Start d other".to_owned(), "none".to_owned()]));
}

/// The net waits for a branch that ends early; only the token game shows what can happen.
#[test]
fn structured_joins_are_played() {
    let a = task("a", &json!({ "outcomes": ["ON", "OUT"] }));
    let steps = [vec![fork("f"), gather("k", "f"), a], tasks(&["b", "z"])];
    let ways = [paths(&["start f a", "f b k z end"]), vec![on("ON", "a", "k"), on("OUT", "a", "end")]];
    assert_eq!(told(&drawn(&steps, &ways)), (vec![], vec!["Start f A end".replace("end", "End")]));
    let steps = [vec![fork("f"), gather("k", "f"), decision("l", &at_least(1, "f", "CANCEL"))], tasks(&["a", "b"])];
    let graph = drawn(&steps, &[paths(&["start f a k end", "f b l end"])]);
    assert_eq!(told(&graph), (vec!["k".to_owned()], vec!["Start f B l End".to_owned()]));
}

#[test]
fn conditions_that_may_fail_are_warned_of() {
    let warnings = |condition: &str| {
        let ways = [
            edge("start", "d"),
            with(edge("d", "end"), &json!({ "condition": condition })),
            with(edge("d", "end"), &json!({ "isDefault": true, "priority": 1 })),
        ];
        let schema = json!({ "type": "object", "properties": { "amount": { "type": "integer" } } });
        let document = with(support::framed(&[decision("d", &json!({}))], &ways), &json!({ "inputSchema": schema }));
        let found = type_warnings(&graph(document));
        found.into_iter().map(|found| (found.code, found.path, found.message)).collect::<Vec<_>>()
    };
    assert_eq!(warnings("amount > 5"), []);
    let [(code, path, message)] = &warnings("amuont > 5")[..] else { panic!("expected one warning") };
    assert_eq!((*code, path.as_str()), (ProblemCode::InvalidCondition, "transitions[1].condition"));
    assert!(message.contains("did you mean amount?"), "{message}");
}

#[test]
fn only_what_is_not_known_is_warned_of() {
    let verdict = |graph: &Graph| {
        let verdict = verify_graph(graph, EndSemantics::Bpmn, Limits::without_deadline());
        let finding = Finding::from(&verdict);
        let text = serde_json::to_string(&finding).expect("JSON");
        assert_eq!(serde_json::from_str::<Finding>(&text).expect("a finding"), finding);
        (finding.soundness, finding.warning().map(|problem| problem.code))
    };
    let sound = drawn(&[tasks(&["a"])], &[paths(&["start a end"])]);
    assert_eq!(verdict(&sound), (Soundness::Sound, None));
    let steps = [vec![decision("d", &json!({})), join("j")], tasks(&["a", "b"])];
    let unsound =
        drawn(&steps, &[paths(&["start d", "a j end", "b j"]), vec![when("d", "a", "x"), otherwise("d", "b")]]);
    assert_eq!(verdict(&unsound), (Soundness::Unsound, None));
    let b = task("b", &json!({ "enabledWhile": { "after": "a" } }));
    let unknown = drawn(&[vec![b], tasks(&["a"])], &[paths(&["start b a end"])]);
    assert_eq!(verdict(&unknown), (Soundness::Unknown, Some(ProblemCode::SoundnessUnknown)));
}

//! Import of mined graphs: what becomes of each node, and that nothing is dropped silently.

pub mod support;

use nexusflow_domain::problem::ProblemCode;
use nexusflow_domain::workflow::{
    CandidateDocument, JoinDocument, MinedGraph, SplitDocument, StepKindDocument, WorkflowDocument, compile,
    import_mined_graph,
};
use proptest::prelude::*;
use serde_json::{Value, json};
use support::directory;

fn mined(json: Value) -> MinedGraph {
    serde_json::from_value(json).expect("a mined graph")
}

/// The document, and code and place of each note.
fn import(json: Value) -> (WorkflowDocument, Vec<(ProblemCode, String)>) {
    let (document, report) =
        import_mined_graph(&mined(json), &|activity| if activity == "Pay" { "chief" } else { "clerk" }.to_owned());
    (document, report.notes.into_iter().map(|note| (note.code, note.path)).collect())
}

fn node(id: &str, kind: &str) -> Value {
    json!({ "id": id, "type": kind, "label": kind, "split": "xor", "join": "xor" })
}

fn edges(edges: &[(&str, &str)]) -> Value {
    edges.iter().map(|(from, to)| json!({ "from": from, "to": to })).collect()
}

#[test]
fn each_kind_of_node_becomes_its_step() {
    let nodes = json!([
        node("s", "start"),
        { "id": "f", "type": "and", "label": "and", "split": "and", "join": "and" },
        { "id": "pay", "type": "task", "label": "Pay", "frequency": 7 },
        { "id": "b", "type": "task" },
        { "id": "j", "type": "and", "label": "and", "split": "and", "join": "and" },
        node("x", "xor"),
        node("e", "end"),
    ]);
    let edges =
        edges(&[("s", "f"), ("f", "pay"), ("f", "b"), ("pay", "j"), ("b", "j"), ("j", "x"), ("x", "b"), ("x", "e")]);
    let (document, noted) = import(json!({ "name": "n", "nodes": nodes, "edges": edges, "remark": 1 }));
    assert_eq!(noted, []);
    let steps: Vec<_> =
        document.steps.iter().map(|s| (s.key.as_str(), s.kind, &s.join, s.split, s.name.as_str())).collect();
    let (any, all) = (&JoinDocument::Any, &JoinDocument::All);
    assert_eq!(
        steps,
        [
            ("s", StepKindDocument::Start, any, SplitDocument::One, "start"),
            ("f", StepKindDocument::Decision, any, SplitDocument::All, "and"),
            ("pay", StepKindDocument::Task, any, SplitDocument::One, "Pay"),
            ("b", StepKindDocument::Task, any, SplitDocument::One, "b"),
            ("j", StepKindDocument::Decision, all, SplitDocument::One, "and"),
            ("x", StepKindDocument::Decision, any, SplitDocument::One, "xor"),
            ("e", StepKindDocument::End, any, SplitDocument::One, "end"),
        ]
    );
    assert_eq!(document.steps[2].candidate, Some(CandidateDocument::Role("chief".to_owned())));
    let conditional: Vec<_> = document.transitions.iter().filter(|t| t.condition.is_some() || t.is_default).collect();
    assert_eq!(conditional.len(), 2);
    assert_eq!(conditional[0].condition, Some(json!({ "field": "next_x", "operator": "equals", "value": "b" })));
    assert_eq!((conditional[1].to.as_str(), conditional[1].is_default), ("e", true));
    assert!(compile(&document, &directory()).is_ok());
}

#[test]
fn what_cannot_be_carried_over_is_noted_and_the_rest_stays() {
    let nodes = json!([
        node("s", "start"),
        node("odd", "gateway"),
        { "id": "or", "type": "xor", "split": "or", "join": "many" },
        { "id": "a", "type": "task", "label": "A" },
        node("e", "end"),
    ]);
    let edges =
        edges(&[("s", "odd"), ("odd", "or"), ("or", "a"), ("or", "e"), ("a", "e"), ("a", "ghost"), ("ghost", "e")]);
    let (document, noted) = import(json!({ "nodes": nodes, "edges": edges }));
    assert_eq!(
        noted,
        [
            (ProblemCode::UnknownStep, "edges[5]".to_owned()),
            (ProblemCode::UnknownStep, "edges[6]".to_owned()),
            (ProblemCode::InvalidValue, "nodes[odd].type".to_owned()),
            (ProblemCode::InvalidValue, "nodes[or].split".to_owned()),
            (ProblemCode::InvalidValue, "nodes[or].join".to_owned()),
        ]
    );
    assert_eq!((document.steps.len(), document.transitions.len()), (5, 5));
    assert!(compile(&document, &directory()).is_ok(), "an unknown node keeps its edges");
}

#[test]
fn ids_that_are_no_keys_get_keys_of_their_own() {
    let nodes = json!([
        node("Start!", "start"),
        { "id": "Take order", "type": "task" },
        { "id": "node-1", "type": "task" },
        { "id": "node-0", "type": "task" },
        node("END", "end"),
    ]);
    let edges = edges(&[("Start!", "Take order"), ("Take order", "node-1"), ("node-1", "node-0"), ("node-0", "END")]);
    let (document, noted) = import(json!({ "nodes": nodes, "edges": edges }));
    let names: Vec<_> = document.steps.iter().map(|step| step.name.as_str()).collect();
    assert_eq!((names, noted), (vec!["start", "Take order", "node-1", "node-0", "end"], vec![]));
    assert_eq!(document.steps[2].key.as_str(), "node-1");
    let graph = compile(&document, &directory()).expect("every key is unique");
    assert_eq!(graph.steps().len(), 5);
}

fn arbitrary_mined() -> impl Strategy<Value = Value> {
    let text = |texts: &'static [&'static str]| prop::sample::select(texts);
    let ids = text(&["a", "b", "C", "", "node-1", "node-2", "ä", "s", "e"]);
    let kinds = text(&["start", "end", "task", "xor", "and", "AND", ""]);
    let gates = prop::option::of(text(&["xor", "and", "or"]));
    let node = (ids.clone(), kinds, prop::option::of(text(&["", "A", "B"])), gates.clone(), gates)
        .prop_map(|(id, kind, label, split, join)| json!({ "id": id, "type": kind, "label": label, "split": split, "join": join }));
    let edge = (ids.clone(), ids).prop_map(|(from, to)| json!({ "from": from, "to": to }));
    (prop::collection::vec(node, 0..8), prop::collection::vec(edge, 0..14))
        .prop_map(|(nodes, edges)| json!({ "nodes": nodes, "edges": edges }))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1_000) })]

    #[test]
    fn nothing_panics_and_nothing_is_lost(json in arbitrary_mined()) {
        let (document, noted) = import(json.clone());
        let left_out = noted.iter().filter(|(_, path)| path.starts_with("edges")).count();
        prop_assert_eq!(document.steps.len(), json["nodes"].as_array().unwrap().len());
        let repeated = document.steps.iter().enumerate().any(|(i, step)| document.steps[..i].iter().any(|other| other.key == step.key));
        if repeated {
            prop_assert!(compile(&document, &directory()).is_err());
        } else {
            prop_assert_eq!(document.transitions.len() + left_out, json["edges"].as_array().unwrap().len());
        }
        let _ = compile(&document, &directory());
    }
}

//! Verification of compiled workflow documents, and what can occur in them.

pub mod support;

use nexusflow_domain::workflow::Graph;
use nexusflow_domain::workflow::verification::{
    EndSemantics, Limits, Net, NetStepIx, Trace, Verdict, Violation, coverage, net_of_graph, verify,
};
use serde_json::{Value, json};
use support::{approval, edge, graph, graph_of, task, with};

fn decision(key: &str, more: &Value) -> Value {
    with(json!({ "key": key, "name": key, "kind": "DECISION" }), more)
}

fn fork(key: &str) -> Value {
    decision(key, &json!({ "split": "ALL" }))
}

fn join(key: &str) -> Value {
    decision(key, &json!({ "join": "ALL" }))
}

fn end(key: &str, kind: &str) -> Value {
    json!({ "key": key, "name": key, "kind": "END", "end": kind })
}

fn on(from: &str, outcome: &str, to: &str) -> Value {
    with(edge(from, to), &json!({ "outcome": outcome }))
}

fn verdict(graph: &Graph, ends: EndSemantics) -> Verdict {
    verify(&net_of_graph(graph, ends), Limits::without_deadline())
}

fn unsound(graph: &Graph) -> (Violation, Trace) {
    match verdict(graph, EndSemantics::Bpmn) {
        Verdict::Unsound { violation, trace } => (violation, trace),
        other => panic!("expected unsound, found {other:?}"),
    }
}

/// The steps of a trace with their outcomes.
fn told(trace: &Trace) -> Vec<String> {
    let step = |step: &nexusflow_domain::workflow::verification::TraceStep| match &step.outcome {
        Some(outcome) => format!("{} {outcome}", step.key),
        None => step.key.clone(),
    };
    trace.steps.iter().map(step).collect()
}

/// A permit: two checks side by side, then an approval that may send both back, or refuse for good.
fn permit(refusal: &str) -> Graph {
    graph_of(
        &[
            fork("f"),
            task("a", &json!({})),
            task("b", &json!({})),
            join("j"),
            approval("decide", &json!({ "outcomes": ["APPROVED", "REJECTED", "AGAIN"] })),
            end("refused", refusal),
        ],
        &[
            edge("start", "f"),
            edge("f", "a"),
            edge("f", "b"),
            edge("a", "j"),
            edge("b", "j"),
            edge("j", "decide"),
            on("decide", "APPROVED", "end"),
            on("decide", "REJECTED", "refused"),
            on("decide", "AGAIN", "f"),
        ],
    )
}

#[test]
fn a_permit_with_a_loop_and_two_ends_is_sound() {
    for refusal in ["NORMAL", "TERMINATE", "ERROR"] {
        for ends in [EndSemantics::Bpmn, EndSemantics::WorkflowNet] {
            assert_eq!(verdict(&permit(refusal), ends), Verdict::Sound, "{refusal}, {ends:?}");
        }
    }
}

/// Two branches of which one may end early, in a given way.
fn early_end(kind: &str) -> Graph {
    graph_of(
        &[fork("f"), approval("a", &json!({})), task("b", &json!({})), join("j"), end("early", kind)],
        &[
            edge("start", "f"),
            edge("f", "a"),
            edge("f", "b"),
            on("a", "APPROVED", "j"),
            on("a", "REJECTED", "early"),
            edge("b", "j"),
            edge("j", "end"),
        ],
    )
}

#[test]
fn a_branch_that_ends_before_its_join_deadlocks_with_the_shortest_trace() {
    let (violation, trace) = unsound(&early_end("NORMAL"));
    assert_eq!(violation.to_string(), "deadlock: nothing can happen, with tokens left on the edge from b (B) to j");
    assert_eq!(told(&trace), ["start", "f", "a REJECTED", "b COMPLETED", "early"]);
    assert!(trace.is_shortest);
}

#[test]
fn an_end_that_terminates_or_fails_the_request_frees_the_waiting_join() {
    for kind in ["TERMINATE", "ERROR"] {
        for ends in [EndSemantics::Bpmn, EndSemantics::WorkflowNet] {
            assert_eq!(verdict(&early_end(kind), ends), Verdict::Sound, "{kind}, {ends:?}");
        }
    }
}

#[test]
fn two_branches_into_a_step_without_a_join_put_two_tokens_there() {
    let both = graph_of(
        &[fork("f"), task("a", &json!({})), task("b", &json!({})), task("c", &json!({}))],
        &[edge("start", "f"), edge("f", "a"), edge("f", "b"), edge("a", "c"), edge("b", "c"), edge("c", "end")],
    );
    let (violation, trace) = unsound(&both);
    assert_eq!(violation.to_string(), "two tokens on the way into c (C)");
    assert_eq!(told(&trace), ["start", "f", "a COMPLETED", "b COMPLETED"]);
}

#[test]
fn each_branch_may_reach_an_end_of_bpmn_by_its_own_edge() {
    let graph = graph_of(
        &[fork("f"), task("a", &json!({})), task("b", &json!({}))],
        &[edge("start", "f"), edge("f", "a"), edge("f", "b"), edge("a", "end"), edge("b", "end")],
    );
    assert_eq!(verdict(&graph, EndSemantics::Bpmn), Verdict::Sound);
    let found = verdict(&graph, EndSemantics::WorkflowNet);
    assert!(matches!(found, Verdict::Unsound { violation: Violation::ImproperCompletion { .. }, .. }), "{found:?}");
}

/// A join that also waits for a branch which only starts after it.
fn circular() -> Graph {
    graph_of(
        &[decision("j", &json!({ "join": "ALL" })), approval("a", &json!({}))],
        &[edge("start", "j"), edge("j", "a"), on("a", "APPROVED", "end"), on("a", "REJECTED", "j")],
    )
}

#[test]
fn a_join_that_waits_for_what_comes_after_it_deadlocks_at_once() {
    let (violation, trace) = unsound(&circular());
    assert!(matches!(violation, Violation::Deadlock { .. }), "{violation:?}");
    assert_eq!(told(&trace), ["start"]);
}

fn step(net: &Net, key: &str) -> NetStepIx {
    net.steps().find(|(_, step)| step.key == key).expect("a step of the net").0
}

#[test]
fn coverage_tells_which_steps_outcomes_and_ends_are_reachable() {
    let net = net_of_graph(&permit("ERROR"), EndSemantics::Bpmn);
    let covered = coverage(&net, Limits::without_deadline()).unwrap();
    assert!(net.steps().all(|(ix, _)| covered.occurs(ix)));
    assert_eq!(covered.reachable_outcomes(&net, step(&net, "decide")), ["AGAIN", "APPROVED", "REJECTED"]);
    assert_eq!(covered.reachable_ends(&net).count(), 2);
    let net = net_of_graph(&circular(), EndSemantics::Bpmn);
    let covered = coverage(&net, Limits::without_deadline()).unwrap();
    assert!(covered.occurs(step(&net, "start")) && !covered.occurs(step(&net, "a")));
    assert_eq!(covered.reachable_ends(&net).count(), 0);
}

#[test]
fn a_verdict_of_a_graph_is_that_of_its_drawing() {
    let (graph, drawing) = (
        early_end("NORMAL"),
        json!({
            "nodes": [
                { "id": "start" },
                { "id": "f", "split": "and" },
                { "id": "a", "split": "xor" },
                { "id": "b" },
                { "id": "j", "join": "and" },
                { "id": "end" },
                { "id": "early", "split": null, "join": "none" }
            ],
            "edges": [
                edge("start", "f"), edge("f", "a"), edge("f", "b"), edge("a", "j"), edge("a", "early"), edge("b", "j"),
                edge("j", "end")
            ]
        }),
    );
    let drawing = serde_json::from_value(drawing).unwrap();
    let drawn = nexusflow_domain::workflow::verification::net_of_flow_graph(&drawing, EndSemantics::Bpmn).unwrap();
    let (Verdict::Unsound { trace, .. }, (_, other)) = (verify(&drawn, Limits::without_deadline()), unsound(&graph))
    else {
        panic!("expected unsound")
    };
    let keys = |trace: &Trace| trace.steps.iter().map(|step| step.key.clone()).collect::<Vec<_>>();
    assert_eq!(keys(&trace), keys(&other));
}

#[test]
fn two_hundred_branches_side_by_side_are_sound() {
    let wide: Vec<Value> = (0..200).map(|at| task(&format!("t{at}"), &json!({}))).collect();
    let mut edges = vec![edge("start", "f"), edge("j", "end")];
    edges.extend((0..200).flat_map(|at| [edge("f", &format!("t{at}")), edge(&format!("t{at}"), "j")]));
    let graph = graph(support::framed(&[wide, vec![fork("f"), join("j")]].concat(), &edges));
    assert_eq!(verdict(&graph, EndSemantics::Bpmn), Verdict::Sound);
}

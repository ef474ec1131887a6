//! The labelled real graphs, the toy graphs and the graphs mined from the logs.

mod verification_support;

use std::time::{Duration, Instant};

use nexusflow_domain::workflow::verification::{EndSemantics, FlowGraph, Limits, Verdict, net_of_flow_graph, verify};
use serde::Deserialize;
use verification_support::data::{self, say};

#[derive(Deserialize)]
struct Labelled {
    wf_sound: bool,
    bpmn_sound: bool,
    #[serde(flatten)]
    graph: FlowGraph,
}

#[derive(Deserialize)]
struct Expected {
    expect_sound: bool,
    #[serde(flatten)]
    graph: FlowGraph,
}

fn verdict(graph: &FlowGraph, ends: EndSemantics) -> Verdict {
    verify(&net_of_flow_graph(graph, ends).expect("a graph"), Limits::without_deadline())
}

#[test]
fn real_graphs_get_their_labels() {
    let Some(text) = data::text("soundness/real_graphs_dev.jsonl") else { return };
    let mut times = Vec::new();
    for (line, text) in text.lines().enumerate() {
        let labelled: Labelled = serde_json::from_str(text).unwrap();
        let labels = [(EndSemantics::WorkflowNet, labelled.wf_sound), (EndSemantics::Bpmn, labelled.bpmn_sound)];
        for (ends, sound) in labels {
            let begun = Instant::now();
            let verdict = verdict(&labelled.graph, ends);
            times.push(begun.elapsed());
            let agrees = match &verdict {
                Verdict::Sound => sound,
                Verdict::Unsound { trace, .. } => !sound && trace.is_shortest,
                Verdict::Unknown { .. } => false,
            };
            assert!(agrees, "line {}, {ends:?}: expected sound {sound}, found {verdict:?}", line + 1);
        }
    }
    assert_eq!(times.len(), 626 * 2);
    print_times(&mut times);
}

fn print_times(times: &mut [Duration]) {
    times.sort_unstable();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100];
    say(&format!("{} verifications: p50 {:?}, p99 {:?}, most {:?}", times.len(), at(50), at(99), at(100)));
}

#[test]
fn toy_graphs_get_their_labels() {
    for path in data::files("soundness", ".json") {
        let expected: Expected = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let found = verdict(&expected.graph, EndSemantics::WorkflowNet);
        assert_eq!(found == Verdict::Sound, expected.expect_sound, "{}: {found:?}", path.display());
    }
}

#[test]
fn graphs_mined_from_logs_are_sound() {
    for log in ["bpi2012", "bpi2020_domestic", "helpdesk", "receipt"] {
        for path in
            data::files(&format!("logs/{log}"), ".json").iter().filter(|path| data::name(path).starts_with("graph_"))
        {
            let graph: FlowGraph = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
            for ends in [EndSemantics::Bpmn, EndSemantics::WorkflowNet] {
                let begun = Instant::now();
                assert_eq!(verdict(&graph, ends), Verdict::Sound, "{}", path.display());
                say(&format!("{log}/{}: {} nodes, {:?}", data::name(path), graph.nodes.len(), begun.elapsed()));
            }
        }
    }
}

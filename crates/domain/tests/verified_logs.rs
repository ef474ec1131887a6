//! Real mined graphs, imported and compiled, are sound as workflow versions too. The logs and their
//! authors: `NOTICE.md` beside the data.

pub mod support;

#[path = "verification_support/data.rs"]
mod data;

use nexusflow_domain::problem::ProblemCode;
use nexusflow_domain::workflow::verification::{EndSemantics, Limits, Verdict, is_exact, verify_graph};
use nexusflow_domain::workflow::{Graph, MinedGraph, StepKindDocument, WorkflowDocument, compile, import_mined_graph};
use support::directory;

#[test]
fn every_mined_graph_of_the_logs_is_sound_as_a_workflow() {
    let mut verified = 0;
    for log in ["receipt", "bpi2020_domestic", "helpdesk", "bpi2012"] {
        for path in data::files(&format!("logs/{log}"), ".json") {
            let name = data::name(&path);
            if !name.starts_with("graph_") {
                continue;
            }
            let text = data::text(&format!("logs/{log}/{name}")).expect("a text file");
            let mined: MinedGraph = serde_json::from_str(&text).expect("a mined graph");
            let (document, report) = import_mined_graph(&mined, &|_| "clerk".to_owned());
            assert_eq!(report.notes, [], "{name}: everything is carried over");
            let graph = compiled(document);
            assert!(is_exact(&graph), "{log}/{name}");
            for ends in [EndSemantics::Bpmn, EndSemantics::WorkflowNet] {
                let verdict = verify_graph(&graph, ends, Limits::without_deadline());
                assert_eq!(verdict, Verdict::Sound, "{log}/{name}, {ends:?}");
            }
            verified += 1;
        }
    }
    data::say(&format!("{verified} graphs are sound"));
}

/// Where the miner's choices go round without a wait, every choice gets a visit limit.
fn compiled(mut document: WorkflowDocument) -> Graph {
    let problems = match compile(&document, &directory()) {
        Ok(graph) => return graph,
        Err(problems) => problems,
    };
    assert!(problems.iter().all(|problem| problem.code == ProblemCode::UnboundedCycle), "{problems:?}");
    for step in document.steps.iter_mut().filter(|step| step.kind == StepKindDocument::Decision) {
        step.max_visits = Some(100);
    }
    compile(&document, &directory()).expect("a valid document")
}

use std::cell::Cell;

use nexusflow_domain::workflow::verification::{EndSemantics, Limits, reach, verify_graph};
use nexusflow_domain::workflow::{
    Graph, WorkflowDocument, compile, import_mined_graph, staffing_problems, type_warnings,
};

use crate::people::directory;

/// How much is verified of one graph: questions whether time is up, and bytes.
const PATIENCE: u32 = 500;
const BYTES: usize = 8 << 20;

/// A text is read as a workflow document and as a mined graph, which is compiled and verified within its limits.
/// What was read is written and read again as the same. Whether it can be published.
pub fn document(data: &[u8]) -> bool {
    if let Ok(document) = serde_json::from_slice::<WorkflowDocument>(data) {
        read_again(&document);
        return published(&document).is_some();
    }
    let Ok(mined) = serde_json::from_slice(data) else { return false };
    let (document, _) = import_mined_graph(&mined, &|_| "clerk".to_owned());
    read_again(&document);
    published(&document).is_some()
}

/// Does what publishing does; the graph, if it is one.
pub fn published(document: &WorkflowDocument) -> Option<Graph> {
    let graph = compile(document, &directory()).ok()?;
    staffing_problems(&graph, &directory());
    type_warnings(&graph);
    let asked = Cell::new(0);
    let expired = || {
        asked.set(asked.get() + 1);
        asked.get() > PATIENCE
    };
    let limits = || Limits { expired: &expired, bytes: BYTES };
    verify_graph(&graph, EndSemantics::Bpmn, limits());
    asked.set(0);
    reach(&graph, limits());
    Some(graph)
}

fn read_again(document: &WorkflowDocument) {
    let written = serde_json::to_string(document).unwrap_or_else(|error| panic!("{document:?}: {error}"));
    let again: WorkflowDocument = serde_json::from_str(&written).unwrap_or_else(|error| panic!("{written}: {error}"));
    assert_eq!(&again, document);
}

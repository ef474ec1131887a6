//! The example of `docs/actions.md` is a workflow that can be published.

pub mod support;

use nexusflow_domain::workflow::verification::{EndSemantics, Limits, Verdict, verify_graph};
use nexusflow_domain::workflow::{compile, type_warnings};
use serde_json::Value;
use support::{directory, document};

#[test]
fn the_example_can_be_published() {
    let page = include_str!("../../../docs/actions.md");
    let example = page.split("```json").nth(1).and_then(|rest| rest.split("```").next()).expect("an example");
    let json: Value = serde_json::from_str(example).expect("JSON");
    let graph = compile(&document(json), &directory()).unwrap_or_else(|problems| panic!("{problems:#?}"));
    assert_eq!(type_warnings(&graph), []);
    let verdict = verify_graph(&graph, EndSemantics::Bpmn, Limits::without_deadline());
    assert!(matches!(verdict, Verdict::Sound), "{verdict:?}");
}

//! What the API says of a graph before and after it is published: soundness, coverage, warnings.

use serde_json::{Value, json};

use crate::flow::{deadlocking, draft};
use crate::support::World;

const VALIDATE: &str = "query ($document: JSON!) { validateWorkflow(document: $document) {
    problems { code path } warnings { code path message }
    soundness { verdict reason trace { key name outcome leadsTo } }
    coverage { steps { key name reachable outcomes { outcome reachable } }
        ends { key name reachable shortestRun } } } }";

fn task(key: &str, more: &Value) -> Value {
    let mut task = json!({ "key": key, "name": key, "kind": "TASK", "candidate": { "role": "Approver" } });
    task.as_object_mut().expect("an object").extend(more.as_object().cloned().unwrap_or_default());
    task
}

/// The second step may only be worked after the third; and a condition names a variable that is not declared.
fn undecided() -> Value {
    json!({
        "inputSchema": { "type": "object", "properties": { "amount": { "type": "integer" } } },
        "steps": [{ "key": "start", "name": "Start", "kind": "START" },
            { "key": "choice", "name": "Choice", "kind": "DECISION" },
            task("early", &json!({ "enabledWhile": { "after": "late" } })), task("late", &json!({})),
            { "key": "end", "name": "End", "kind": "END" }],
        "transitions": [{ "from": "start", "to": "choice" },
            { "from": "choice", "to": "early", "condition": "amuont > 5" },
            { "from": "choice", "to": "late", "isDefault": true },
            { "from": "early", "to": "late" }, { "from": "late", "to": "end" }],
    })
}

fn sound() -> Value {
    json!({
        "steps": [{ "key": "start", "name": "Start", "kind": "START" },
            task("check", &json!({ "outcomes": ["FINE", "BAD"] })), task("repair", &json!({})),
            { "key": "end", "name": "End", "kind": "END" }, { "key": "scrap", "name": "Scrap", "kind": "END" }],
        "transitions": [{ "from": "start", "to": "check" }, { "from": "check", "outcome": "FINE", "to": "end" },
            { "from": "check", "outcome": "BAD", "to": "repair" }, { "from": "repair", "to": "scrap" }],
    })
}

#[tokio::test]
async fn a_document_is_told_whether_it_is_sound_and_what_can_happen_on_it() {
    let world = World::new().await;
    let mut answers = Vec::new();
    for document in [sound(), deadlocking(), undecided(), json!({ "steps": [], "transitions": [] })] {
        answers.push(world.api.data(world.admin(), VALIDATE, json!({ "document": document })).await);
    }
    insta::assert_json_snapshot!(answers);
}

#[tokio::test]
async fn a_version_keeps_what_was_found_and_warnings_are_on_record() {
    let world = World::new().await;
    let publish = "mutation ($input: PublishWorkflowInput!) { publishWorkflow(input: $input) {
        version { soundness { verdict reason trace { key } } } errors { code } } }";
    let workflow = draft(&world, undecided()).await;
    let before = "query ($id: ID!) { workflow(id: $id) { draft { soundness { verdict } } } }";
    let before = world.api.data(world.admin(), before, json!({ "id": workflow })).await;
    let published = world.api.data(world.admin(), publish, json!({ "input": { "workflowId": workflow } })).await;
    let audit = "{ auditLogs(filter: { event: \"WORKFLOW_PUBLISHED\" }, first: 1) { nodes { detail } } }";
    let audit = world.api.data(world.admin(), audit, json!({})).await;
    let warnings = audit["auditLogs"]["nodes"][0]["detail"]["warnings"].clone();
    insta::assert_json_snapshot!([before, published, warnings]);
}

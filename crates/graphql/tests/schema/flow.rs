//! What the API says of control flow: soundness, explanations, operators.

use serde_json::{Value, json};

use crate::support::World;

const PUBLISH: &str = "mutation ($input: PublishWorkflowInput!) { publishWorkflow(input: $input) {
    version { number } errors { code ... on InvalidGraphError { problems { code path message } } } } }";

pub(crate) async fn draft(world: &World, document: Value) -> Value {
    let create = "mutation ($input: CreateWorkflowInput!) { createWorkflow(input: $input) {
        workflow { id } errors { code message } } }";
    let input = json!({ "name": "Flow", "document": document });
    let created = world.api.data(world.admin(), create, json!({ "input": input })).await;
    created["createWorkflow"]["workflow"]["id"].clone()
}

/// A choice between the branches of a join ALL.
pub(crate) fn deadlocking() -> Value {
    json!({
        "steps": [{ "key": "start", "name": "Start", "kind": "START" },
            { "key": "choice", "name": "Choice", "kind": "DECISION" },
            { "key": "a", "name": "A", "kind": "TASK", "candidate": { "role": "Approver" } },
            { "key": "b", "name": "B", "kind": "TASK", "candidate": { "role": "Approver" } },
            { "key": "join", "name": "Join", "kind": "DECISION", "join": "ALL" },
            { "key": "end", "name": "End", "kind": "END" }],
        "transitions": [{ "from": "start", "to": "choice" },
            { "from": "choice", "to": "a", "condition": "amount > 5" },
            { "from": "choice", "to": "b", "isDefault": true },
            { "from": "a", "to": "join" }, { "from": "b", "to": "join" }, { "from": "join", "to": "end" }],
    })
}

#[tokio::test]
async fn an_unsound_graph_is_refused_with_the_run_that_shows_it_unless_somebody_vouches_for_it() {
    let world = World::new().await;
    let workflow = draft(&world, deadlocking()).await;
    let refused = world.api.data(world.admin(), PUBLISH, json!({ "input": { "workflowId": workflow } })).await;
    let input = json!({ "workflowId": workflow, "soundnessWaiver": "Both amounts are always handled." });
    let waived = world.api.data(world.admin(), PUBLISH, json!({ "input": input })).await;
    let audit = world
        .api
        .data(
            world.admin(),
            "{ auditLogs(filter: { event: \"WORKFLOW_PUBLISHED\" }, first: 1) { nodes { detail } } }",
            json!({}),
        )
        .await;
    let payload = &audit["auditLogs"]["nodes"][0]["detail"];
    insta::assert_json_snapshot!([refused, waived, payload["soundness"].clone(), payload["waiver"].clone()]);
}

fn review() -> Value {
    json!({
        "inputSchema": { "type": "object", "properties": {
            "amount": { "type": "integer" }, "pin": { "type": "string", "x-secret": true } } },
        "steps": [{ "key": "start", "name": "Start", "kind": "START" },
            { "key": "review", "name": "Review", "kind": "TASK", "candidate": { "role": "Approver" }, "required": false },
            { "key": "choice", "name": "Choice", "kind": "DECISION" },
            { "key": "pause", "name": "Pause", "kind": "WAIT", "wait": { "timer": { "after": "P1D" } } },
            { "key": "end", "name": "End", "kind": "END" }],
        "transitions": [{ "from": "start", "to": "review" }, { "from": "review", "to": "choice" },
            { "from": "choice", "to": "pause", "condition": "amount > 5 && pin == '1234'" },
            { "from": "choice", "to": "end", "isDefault": true },
            { "from": "pause", "to": "end" }],
    })
}

#[tokio::test]
async fn a_request_tells_why_it_waits_where_it_was_and_why_it_went_there() {
    let world = World::new().await;
    let document = serde_json::from_value(review()).expect("a document");
    let tenant = &world.api.fixture.tenant;
    let workflow = tenant.publish("Flow", document).await.expect("a workflow");
    let variables = json!({ "amount": 7, "pin": "1234" });
    let variables = serde_json::from_value(variables).expect("variables");
    let request = tenant.start(&world.ada, workflow, variables).await.expect("a request");
    let id = json!({ "id": request.to_string() });
    let why = "query ($id: ID!) { whyWaiting(requestId: $id) {
        kind message stepKey dependsOn votes excluded until role { name } claimedBy { email } } }";
    let before = world.api.data(&world.ada, why, id.clone()).await;
    tenant.complete(&world.ben, request, "review", "COMPLETED").await.expect("it completes");
    let after = world.api.data(&world.ada, why, id.clone()).await;
    let at = "query ($id: ID!) { request(id: $id) { at(moment: { version: 3 }) {
        version status openSteps { key name attempt claimed } marking { from to count } } } }";
    let then = world.api.data(&world.ada, at, id.clone()).await;
    let steps =
        world.api.data(&world.ada, "query ($id: ID!) { request(id: $id) { steps { id step { key } } } }", id).await;
    let all = steps["request"]["steps"].as_array().expect("steps");
    let choice = all.iter().find(|step| step["step"]["key"] == "choice").expect("the choice")["id"].clone();
    let explain = "query ($id: ID!) { explainBranch(stepId: $id) { stepKey outcome transitions {
        to taken isDefault condition { depth kind text holds error read { path value } } } } }";
    let branch = world.api.data(&world.ada, explain, json!({ "id": choice })).await;
    insta::assert_json_snapshot!([before, after, then, branch]);
}

#[tokio::test]
async fn operators_skip_jump_and_cancel_with_a_reason_and_nobody_else_does() {
    let world = World::new().await;
    let document = serde_json::from_value(review()).expect("a document");
    let tenant = &world.api.fixture.tenant;
    let workflow = tenant.publish("Flow", document).await.expect("a workflow");
    let variables = serde_json::from_value(json!({ "amount": 7, "pin": "1234" })).expect("variables");
    let request = tenant.start(&world.ada, workflow, variables).await.expect("a request");
    let step = world.review(request).await;
    let skip = "mutation ($input: SkipStepInput!) { skipStep(input: $input) {
        request { status steps { status comment step { key } } } errors { code message path } } }";
    let mut answers = Vec::new();
    for (call, reason) in [(&world.ben, "no"), (world.admin(), " "), (world.admin(), "known already")] {
        let input = json!({ "input": { "stepId": step, "reason": reason } });
        answers.push(world.api.data(call, skip, input).await);
    }
    let jump = "mutation ($input: JumpRequestInput!) { jumpRequest(input: $input) {
        request { status openSteps { step { key } } } errors { code message path } } }";
    for to in ["nowhere", "review"] {
        let input = json!({ "input": { "requestId": request.to_string(), "to": to, "reason": "once more" } });
        answers.push(world.api.data(world.admin(), jump, input).await);
    }
    let step = world.review(request).await;
    let cancel = "mutation ($input: CancelStepInput!) { cancelStep(input: $input) {
        request { status openSteps { step { key } } } errors { code message path } } }";
    let input = json!({ "input": { "stepId": step, "reason": "enough" } });
    answers.push(world.api.data(world.admin(), cancel, input).await);
    insta::assert_json_snapshot!(answers);
}

#[tokio::test]
async fn variables_that_the_input_schema_does_not_allow_are_refused_by_place() {
    let world = World::new().await;
    let document = serde_json::from_value(review()).expect("a document");
    let workflow = world.api.fixture.tenant.publish("Flow", document).await.expect("a workflow");
    let start = "mutation ($input: StartRequestInput!) { startRequest(input: $input) { request { id }
        errors { code ... on InvalidInputError { problems { code path message } } } } }";
    let input = json!({ "workflowId": workflow.to_string(), "variables": { "amount": "much", "pin": 5 } });
    insta::assert_json_snapshot!(world.api.data(&world.ada, start, json!({ "input": input })).await);
}

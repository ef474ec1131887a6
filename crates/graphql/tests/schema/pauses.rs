//! Pauses of work, and failed steps retried in bulk.

use nexusflow_domain::access::Permission;
use serde_json::{Value, json};

use crate::support::World;

const PAUSE: &str = "mutation ($input: PauseJobsInput!) { pauseJobs(input: $input) {
    pause { __typename id stepKind target reason createdAt createdBy { name } workflow { name } parkedJobs }
    errors { __typename code message path ... on InvalidInputError { problems { path message } } } } }";
const RESUME: &str = "mutation ($input: ResumeJobsInput!) { resumeJobs(input: $input) {
    resumedId errors { __typename code message path } } }";
const LIST: &str = "{ jobPauses(first: 1) { edges { node { reason parkedJobs } } pageInfo { hasNextPage } } }";
const WHY: &str = "query ($id: ID!) { whyWaiting(requestId: $id) { kind message pauses { reason } } }";
const RETRY: &str = "mutation ($input: RetryFailedStepsInput!) { retryFailedSteps(input: $input) {
    retried hasMore refused { stepId } errors { __typename code message path
        ... on InvalidInputError { problems { path message } } } } }";

#[tokio::test]
async fn operators_pause_list_and_resume_work() {
    let world = World::new().await;
    let tenant = &world.api.fixture.tenant;
    let document = json!({
        "steps": [
            { "key": "start", "name": "Start", "kind": "START" },
            { "key": "assess", "name": "Assess", "kind": "AGENT", "agent": { "instructions": "Look." } },
            { "key": "end", "name": "End", "kind": "END" },
        ],
        "transitions": [{ "from": "start", "to": "assess" }, { "from": "assess", "to": "end" }],
    });
    let workflow = tenant.publish("Agents", serde_json::from_value(document).expect("a document")).await;
    let workflow = workflow.expect("a workflow");
    let request = tenant.start(&world.ada, workflow, <_>::default()).await.expect("a request");
    let admin = world.admin();
    let input = json!({ "workflowId": workflow.to_string(), "stepKind": "AGENT", "reason": "The model is gone",
        "idempotencyKey": "one" });
    let paused = world.api.data(admin, PAUSE, json!({ "input": input })).await;
    let mut told = vec![paused.clone(), world.api.data(admin, PAUSE, json!({ "input": input })).await];
    told.push(world.api.data(admin, PAUSE, json!({ "input": { "target": "smtp", "reason": "Upkeep" } })).await);
    told.push(world.api.data(admin, LIST, Value::Null).await);
    // Whoever may not manage requests learns that it is paused, and no more.
    for call in [admin, &world.ada] {
        told.push(world.api.run(Some(call), WHY, json!({ "id": request.to_string() })).await);
    }
    let id = paused["pauseJobs"]["pause"]["id"].clone();
    let node = "query ($id: ID!) { node(id: $id) { __typename id } }";
    told.push(world.api.data(admin, node, json!({ "id": id })).await);
    for _ in 0..2 {
        told.push(world.api.data(admin, RESUME, json!({ "input": { "id": id, "reason": "It is back" } })).await);
    }
    told.push(world.api.data(&world.ada, WHY, json!({ "id": request.to_string() })).await);
    let audit = "{ auditLogs(first: 3) { nodes { event subject { kind } } } }";
    told.push(world.api.data(admin, audit, Value::Null).await);
    insta::assert_json_snapshot!(told);
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_by_field() {
    let world = World::new().await;
    let tenant = &world.api.fixture.tenant;
    let role = tenant.role_with("Operator", &[Permission::ManageRequest]).await.expect("a role");
    let operator = tenant.user("operator", &[role]).await.expect("a user");
    let mut told = Vec::new();
    for input in [
        json!({ "reason": "" }),
        json!({ "reason": "x", "target": "" }),
        json!({ "reason": "x", "workflowId": "nonsense" }),
        json!({ "reason": "x", "workflowId": "wf_00000000000000000000000000000001" }),
    ] {
        told.push(world.api.data(&operator, PAUSE, json!({ "input": input })).await);
    }
    told.push(world.api.data(&operator, RESUME, json!({ "input": { "id": "nonsense" } })).await);
    for input in
        [json!({ "limit": 0 }), json!({ "limit": 1_001 }), json!({ "errorContains": "", "limit": -1 }), json!({})]
    {
        told.push(world.api.data(&operator, RETRY, json!({ "input": input })).await);
    }
    insta::assert_json_snapshot!(told);
}

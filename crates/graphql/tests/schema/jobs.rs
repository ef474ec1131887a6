//! Workers, and what operators see of failed steps.

use nexusflow_application::Call;
use nexusflow_application::request::NewRequest;
use nexusflow_domain::JsonMap;
use nexusflow_domain::access::Permission;
use nexusflow_domain::ids::RequestId;
use nexusflow_domain::workflow::Priority;
use serde_json::{Value, json};

use crate::support::Api;

const FETCH: &str = "mutation($input: FetchJobsInput!) { fetchJobs(input: $input) {
  jobs { id fence leaseUntil idempotencyKey jobType kind requestId stepKey stepName attempt input index item
    instructions resultSchema outcomes }
  errors { code message path } } }";
const COMPLETE: &str = "mutation($input: CompleteJobInput!) { completeJob(input: $input) {
  step { status outcome completedBy { name } job { jobType failedAttempts lastError nextAttemptAt } }
  errors { __typename code message path ... on InvalidInputError { problems { path message } } } } }";
const FAIL: &str = "mutation($input: FailJobInput!) { failJob(input: $input) {
  step { status job { jobType failedAttempts lastError nextAttemptAt } } errors { __typename code message path } } }";
const EXTEND: &str = "mutation($input: ExtendLeaseInput!) { extendLease(input: $input) {
  leaseUntil errors { __typename code message path } } }";
const FAILED: &str = "{ failedSteps(filter: { jobType: \"bill\" }) { nodes { id status comment
  step { key } job { jobType failedAttempts lastError nextAttemptAt } } pageInfo { hasNextPage } } }";
const RETRY: &str = "mutation($input: RetryStepsInput!) { retrySteps(input: $input) {
  steps { id status job { failedAttempts lastError nextAttemptAt } } refused { stepId error { code message path } }
  errors { code message path } } }";

async fn office() -> (Api, Call, RequestId) {
    let api = Api::on(Clone::clone).await;
    let tenant = &api.fixture.tenant;
    let role = tenant.role_with("Worker", &[Permission::WorkJobs, Permission::ViewRequest]).await.expect("a role");
    let robot = tenant.user("robot", &[role]).await.expect("a user");
    let document = json!({
        "steps": [
            { "key": "start", "name": "Start", "kind": "START" },
            { "key": "bill", "name": "Bill", "kind": "SERVICE", "outcomes": ["PAID", "OPEN"],
              "service": { "jobType": "bill" }, "input": { "total": "net * 2" } },
            { "key": "assess", "name": "Assess", "kind": "AGENT", "agent": { "instructions": "How risky is it?",
              "resultSchema": { "type": "object", "required": ["risk"], "properties": { "risk": { "type": "number" } } } },
              "multi": { "over": "customers", "collect": "assessed" }, "input": { "customer": "item" } },
            { "key": "end", "name": "End", "kind": "END" },
        ],
        "transitions": [{ "from": "start", "to": "bill" }, { "from": "bill", "to": "assess" }, { "from": "assess", "to": "end" }],
    });
    let document = serde_json::from_value(document).expect("a document");
    let workflow = tenant.publish("Billing", document).await.expect("a workflow");
    let variables = json!({ "net": 21, "customers": ["Ann"] }).as_object().cloned().unwrap_or_else(JsonMap::new);
    let (title, reference, starts_at, due_at) = (None, None, None, None);
    let new = NewRequest { workflow, title, reference, priority: Priority::Normal, variables, starts_at, due_at };
    let request = api.fixture.application.requests.start(&tenant.admin, new, None).await.expect("a request").id;
    (api, robot, request)
}

async fn fetched(api: &Api, robot: &Call, types: &[&str]) -> Value {
    api.data(robot, FETCH, json!({ "input": { "types": types } })).await["fetchJobs"]["jobs"][0].clone()
}

fn with(job: &Value, more: &Value) -> Value {
    let mut input = json!({ "jobId": job["id"], "fence": job["fence"] });
    input.as_object_mut().expect("an object").extend(more.as_object().cloned().expect("an object"));
    json!({ "input": input })
}

#[tokio::test]
async fn a_worker_fetches_extends_fails_and_completes_jobs() {
    let (api, robot, _) = office().await;
    let bill = fetched(&api, &robot, &["bill"]).await;
    let mut told = vec![bill.clone()];
    told.push(api.data(&robot, EXTEND, with(&bill, &json!({ "lease": "PT10M" }))).await);
    told.push(api.data(&robot, COMPLETE, with(&bill, &json!({ "outcome": "LOST" }))).await);
    told.push(api.data(&robot, FAIL, with(&bill, &json!({ "message": "no connection" }))).await);
    told.push(api.data(&robot, COMPLETE, with(&bill, &json!({ "outcome": "PAID" }))).await);
    api.fixture.clock.advance(chrono::TimeDelta::seconds(10));
    let bill = fetched(&api, &robot, &["bill"]).await;
    for _ in 0..2 {
        let done = with(&bill, &json!({ "outcome": "PAID", "result": { "number": 7 } }));
        told.push(api.data(&robot, COMPLETE, done).await);
    }
    let assess = fetched(&api, &robot, &["agent"]).await;
    told.push(assess.clone());
    told.push(api.data(&robot, COMPLETE, with(&assess, &json!({ "result": { "risk": "high" } }))).await);
    told.push(api.data(&robot, COMPLETE, with(&assess, &json!({ "result": 1 }))).await);
    told.push(api.data(&robot, COMPLETE, with(&assess, &json!({ "result": { "risk": 0.5 } }))).await);
    insta::assert_json_snapshot!(told);
}

#[tokio::test]
async fn what_is_asked_for_wrongly_is_refused_by_field() {
    let (api, robot, _) = office().await;
    let mut told = Vec::new();
    for input in [
        json!({ "types": [] }),
        json!({ "types": [""], "max": 101, "lease": "PT2H", "wait": "PT31S" }),
        json!({ "types": ["bill"], "max": -1, "lease": "PT0S" }),
    ] {
        told.push(api.data(&robot, FETCH, json!({ "input": input })).await);
    }
    let bill = fetched(&api, &robot, &["bill"]).await;
    told.push(api.data(&robot, EXTEND, with(&bill, &json!({ "fence": "x", "lease": "PT1M" }))).await);
    told.push(api.data(&robot, FAIL, with(&bill, &json!({ "code": "", "message": "" }))).await);
    told.push(api.data(&robot, FAIL, with(&bill, &json!({ "jobId": "x", "message": "x" }))).await);
    insta::assert_json_snapshot!(told);
}

#[tokio::test]
async fn operators_see_failed_steps_and_retry_them_together() {
    let (api, robot, _) = office().await;
    let admin = &api.fixture.tenant.admin;
    let bill = fetched(&api, &robot, &["bill"]).await;
    let mut told =
        vec![api.data(&robot, FAIL, with(&bill, &json!({ "code": "CLOSED", "message": "no such account" }))).await];
    let listed = api.data(admin, FAILED, Value::Null).await;
    let id = listed["failedSteps"]["nodes"][0]["id"].clone();
    told.push(listed);
    for _ in 0..2 {
        told.push(api.data(admin, RETRY, json!({ "input": { "stepIds": [id] } })).await);
    }
    told.push(api.data(admin, RETRY, json!({ "input": { "stepIds": [] } })).await);
    told.push(api.data(admin, FAILED, Value::Null).await);
    insta::assert_json_snapshot!(told);
}

//! Requests that call requests, over HTTP: data both ways, errors, cancellation, detachment, recursion.

mod database_support;
mod live_support;

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use database_support::{PostgresDatabase, SqliteDatabase};
use live_support::{ADMIN, Api, Office, PASSWORD, Running};
use serde_json::{Value, json};

const CREATE: &str = "mutation($input: CreateWorkflowInput!) {
  createWorkflow(input: $input) { workflow { id } errors { code message } } }";
const PUBLISH: &str = "mutation($input: PublishWorkflowInput!) {
  publishWorkflow(input: $input) { workflow { id } errors { code message } } }";
const START: &str = "mutation($input: StartRequestInput!) {
  startRequest(input: $input) { request { id } errors { code message } } }";
const COMPLETE: &str = "mutation($input: CompleteStepInput!) {
  completeStep(input: $input) { request { id } errors { code message } } }";
const CANCEL: &str = "mutation($input: CancelRequestInput!) {
  cancelRequest(input: $input) { request { id } errors { code message } } }";
const REQUEST: &str = "query($id: ID!) { request(id: $id) { status variables openSteps { id step { key } }
  children { nodes { id status variables openSteps { id } parent { request { id } } } } } }";

/// How long a call may take to show.
const PATIENCE: Duration = Duration::from_mins(1);
const DEEPEST: usize = 20;

/// Somebody who administers workflows and works their steps.
struct Client(Api);

impl Client {
    /// A workflow of these steps and the transitions `from to` or `from to OUTCOME`.
    async fn publish(&self, name: &str, steps: &[Value], ways: &[&str]) -> anyhow::Result<String> {
        let ends = [json!({ "key": "start", "kind": "START" }), json!({ "key": "end", "kind": "END" })];
        let named = |step: &Value| with(step, &json!({ "name": step["key"] }));
        let steps: Vec<Value> = ends.iter().chain(steps).map(named).collect();
        let way = |way: &&str| {
            let mut words = way.split(' ');
            json!({ "from": words.next(), "to": words.next(), "outcome": words.next() })
        };
        let document = json!({ "steps": steps, "transitions": ways.iter().map(way).collect::<Vec<_>>() });
        let created = self.0.mutate("createWorkflow", CREATE, json!({ "name": name, "document": document })).await?;
        let workflow = text(&created["workflow"]["id"]);
        self.0.mutate("publishWorkflow", PUBLISH, json!({ "workflowId": workflow })).await?;
        Ok(workflow)
    }

    async fn start(&self, workflow: &str, variables: Value) -> anyhow::Result<String> {
        let input = json!({ "workflowId": workflow, "variables": variables });
        let started = self.0.mutate("startRequest", START, input).await?;
        Ok(text(&started["request"]["id"]))
    }

    async fn complete(&self, request: &Value, outcome: &str, variables: Value) -> anyhow::Result<()> {
        let input = json!({ "stepId": request["openSteps"][0]["id"], "outcome": outcome, "variables": variables });
        self.0.mutate("completeStep", COMPLETE, input).await.map(drop)
    }

    async fn cancel(&self, request: &str) -> anyhow::Result<()> {
        self.0.mutate("cancelRequest", CANCEL, json!({ "requestId": request })).await.map(drop)
    }

    /// The request, as soon as it is so.
    async fn once(&self, request: &str, is_so: impl Fn(&Value) -> bool) -> anyhow::Result<Value> {
        let begun = Instant::now();
        loop {
            let found = self.0.call(REQUEST, json!({ "id": request })).await?.data("request")?;
            if is_so(&found) {
                return Ok(found);
            }
            ensure!(begun.elapsed() < PATIENCE, "{found:#}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// The request that a request has called, once it has.
    async fn child(&self, parent: &str) -> anyhow::Result<Value> {
        let found = self.once(parent, |request| request["children"]["nodes"][0].is_object()).await?;
        let child = found["children"]["nodes"][0].clone();
        assert_eq!(child["parent"]["request"]["id"], parent);
        Ok(child)
    }
}

fn with(step: &Value, more: &Value) -> Value {
    let mut step = step.clone();
    if let (Some(step), Some(more)) = (step.as_object_mut(), more.as_object()) {
        step.extend(more.clone());
    }
    step
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn task(key: &str) -> Value {
    json!({ "key": key, "kind": "TASK", "candidate": { "role": "Owner" } })
}

fn call(more: &Value) -> Value {
    with(&json!({ "key": "c", "kind": "CALL", "call": { "workflow": "Check" } }), more)
}

fn catcher(code: &str) -> Value {
    json!({ "key": "caught", "kind": "BOUNDARY", "boundary": { "attachedTo": "c", "on": { "error": { "code": code } } } })
}

async fn data_goes_both_ways_and_errors_are_caught(client: &Client) -> anyhow::Result<()> {
    let mapped = call(&json!({ "input": { "sum": "amount * 2" }, "output": { "checked": "result.sum + result.fee" } }));
    let steps = [mapped, catcher("POOR"), task("refuse")];
    let order = client.publish("Order", &steps, &["start c", "c end", "caught refuse", "refuse end"]).await?;
    let parent = client.start(&order, json!({ "amount": 20 })).await?;
    let child = client.child(&parent).await?;
    assert_eq!(child["variables"], json!({ "sum": 40 }));
    client.complete(&child, "GOOD", json!({ "fee": 2 })).await?;
    let ended = client.once(&parent, |request| request["status"] == "COMPLETED").await?;
    assert_eq!(ended["variables"], json!({ "amount": 20, "checked": 42 }));

    let parent = client.start(&order, json!({ "amount": 20 })).await?;
    client.complete(&client.child(&parent).await?, "POOR", json!({})).await?;
    client.once(&parent, |request| request["openSteps"][0]["step"]["key"] == "refuse").await?;
    Ok(())
}

async fn a_caller_takes_along_what_it_waits_for(client: &Client) -> anyhow::Result<()> {
    let waiting = client.publish("Waiting", &[call(&json!({}))], &["start c", "c end"]).await?;
    let detached = call(&json!({ "call": { "workflow": "Check", "detached": true } }));
    let detached = client.publish("Detached", &[detached, task("t")], &["start c", "c t", "t end"]).await?;
    let left = client.start(&detached, json!({})).await?;
    client.once(&left, |request| request["openSteps"][0]["step"]["key"] == "t").await?;
    client.cancel(&left).await?;
    let parent = client.start(&waiting, json!({})).await?;
    client.child(&parent).await?;
    client.cancel(&parent).await?;
    client.once(&parent, |request| request["children"]["nodes"][0]["status"] == "CANCELLED").await?;
    assert_eq!(client.child(&left).await?["status"], "IN_PROGRESS", "it goes on without its caller");
    Ok(())
}

async fn recursion_ends_at_the_limit(client: &Client) -> anyhow::Result<()> {
    let itself = call(&json!({ "call": { "workflow": "Deep" } }));
    let steps = [itself, catcher("CALL_REFUSED"), task("bottom")];
    let deep = client.publish("Deep", &steps, &["start c", "c end", "caught bottom", "bottom end"]).await?;
    let first = client.start(&deep, json!({})).await?;
    let mut request = first.clone();
    for _ in 0..DEEPEST {
        request = text(&client.child(&request).await?["id"]);
    }
    let bottom = client.once(&request, |request| request["openSteps"][0]["step"]["key"] == "bottom").await?;
    client.complete(&bottom, "COMPLETED", json!({})).await?;
    client.once(&first, |request| request["status"] == "COMPLETED").await?;
    Ok(())
}

async fn calls_work(database_url: &str) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let office = Office::found(folder.path(), database_url)?;
    let mut command = office.program(database_url);
    command.env("NEXUSFLOW_WORKER__POLL_INTERVAL", "100ms");
    let server = Running::start(command)?;
    let client = Client(Api::sign_in(&server.address, ADMIN, PASSWORD).await?);
    let check = with(&task("check"), &json!({ "outcomes": ["GOOD", "POOR"] }));
    let poor = json!({ "key": "poor", "kind": "END", "end": "ERROR", "errorCode": "POOR" });
    client.publish("Check", &[check, poor], &["start check", "check end GOOD", "check poor POOR"]).await?;
    data_goes_both_ways_and_errors_are_caught(&client).await?;
    a_caller_takes_along_what_it_waits_for(&client).await?;
    recursion_ends_at_the_limit(&client).await?;
    assert!(server.logged("ERROR").is_empty(), "{:#?}", server.logged("ERROR"));
    assert_eq!(server.terminate()?, Some(0));
    assert_eq!(office.verify()?.1, Some(0));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_work_on_sqlite() -> anyhow::Result<()> {
    let database = SqliteDatabase::create()?;
    calls_work(&database.url).await
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_work_on_postgres() -> anyhow::Result<()> {
    let Some(database) = PostgresDatabase::create("calls").await? else { return Ok(()) };
    calls_work(&database.url).await.context("on PostgreSQL")?;
    database.remove().await
}

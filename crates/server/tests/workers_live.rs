//! Workers against the running server, over HTTP: from the start of a request to its end, dead workers, many
//! workers, clients that go away and a server that stops.

mod live_support;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use live_support::{ADMIN, Api, Office, PASSWORD, Running};
use serde_json::{Value, json};

const CREATE: &str = "mutation($input: CreateWorkflowInput!) {
  createWorkflow(input: $input) { workflow { id } errors { code message } } }";
const PUBLISH: &str = "mutation($input: PublishWorkflowInput!) {
  publishWorkflow(input: $input) { workflow { id } errors { code message ... on InvalidGraphError { problems { message } } } } }";
const START: &str = "mutation($input: StartRequestInput!) {
  startRequest(input: $input) { request { id } errors { code message } } }";
const REQUEST: &str = "query($id: ID!) { request(id: $id) { status variables openSteps { id step { key } } } }";
const APPROVE: &str = "mutation($input: CompleteStepInput!) {
  completeStep(input: $input) { request { id } errors { code message } } }";
const CREATE_ROLE: &str = "mutation($input: CreateRoleInput!) {
  createRole(input: $input) { role { id } errors { code message } } }";
const CREATE_USER: &str = "mutation($input: CreateUserInput!) {
  createUser(input: $input) { user { id } errors { code message } } }";
const FETCH: &str = "mutation($input: FetchJobsInput!) { fetchJobs(input: $input) {
  jobs { id fence jobType stepKey attempt input instructions idempotencyKey } errors { code message } } }";
const COMPLETE: &str = "mutation($input: CompleteJobInput!) { completeJob(input: $input) { errors { code message } } }";

/// A server on a file, its administrator and a worker who may do nothing else.
struct Plant {
    _folder: tempfile::TempDir,
    running: Running,
    admin: Api,
    robot: Api,
}

impl Plant {
    async fn build() -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let url = format!("sqlite://{}?mode=rwc", folder.path().join("work.db").display());
        let office = Office::found(folder.path(), &url)?;
        let running = Running::start(office.program(&url))?;
        let admin = Api::sign_in(&running.address, ADMIN, PASSWORD).await?;
        let role = json!({ "name": "Worker", "permissions": ["WORK_JOBS"] });
        let role = admin.mutate("createRole", CREATE_ROLE, role).await?["role"]["id"].clone();
        let robot = json!({ "email": "robot@example.org", "name": "Robot", "password": PASSWORD, "roleIds": [role] });
        admin.mutate("createUser", CREATE_USER, robot).await?;
        let robot = Api::sign_in(&running.address, "robot@example.org", PASSWORD).await?;
        Ok(Self { _folder: folder, running, admin, robot })
    }

    /// Publishes steps one after the other.
    async fn publish(&self, name: &str, steps: &[Value]) -> anyhow::Result<String> {
        let mut all = vec![json!({ "key": "start", "name": "Start", "kind": "START" })];
        all.extend_from_slice(steps);
        all.push(json!({ "key": "end", "name": "End", "kind": "END" }));
        let ways = all.windows(2).map(|pair| json!({ "from": pair[0]["key"], "to": pair[1]["key"] }));
        let document = json!({ "transitions": ways.collect::<Vec<_>>(), "steps": all });
        let input = json!({ "name": name, "document": document });
        let id = self.admin.mutate("createWorkflow", CREATE, input).await?["workflow"]["id"].clone();
        self.admin.mutate("publishWorkflow", PUBLISH, json!({ "workflowId": id })).await?;
        Ok(id.as_str().context("an id")?.to_owned())
    }

    async fn start(&self, workflow: &str, variables: Value) -> anyhow::Result<String> {
        let input = json!({ "workflowId": workflow, "variables": variables });
        let started = self.admin.mutate("startRequest", START, input).await?;
        Ok(started["request"]["id"].as_str().context("an id")?.to_owned())
    }

    async fn request(&self, id: &str) -> anyhow::Result<Value> {
        self.admin.call(REQUEST, json!({ "id": id })).await?.data("request")
    }
}

async fn fetch(robot: &Api, input: Value) -> anyhow::Result<Vec<Value>> {
    let fetched = robot.mutate("fetchJobs", FETCH, input).await?;
    Ok(fetched["jobs"].as_array().context("jobs")?.clone())
}

async fn complete(robot: &Api, job: &Value, result: Value) -> anyhow::Result<Value> {
    let input = json!({ "jobId": job["id"], "fence": job["fence"], "result": result });
    robot.mutate("completeJob", COMPLETE, input).await
}

fn service(key: &str, job_type: &str) -> Value {
    let retry = json!({ "attempts": 5, "delay": "PT1S", "backoff": "FIXED" });
    json!({ "key": key, "name": key, "kind": "SERVICE", "service": { "jobType": job_type, "retry": retry } })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_of_services_an_agent_and_an_approval_comes_to_its_end() -> anyhow::Result<()> {
    let plant = Plant::build().await?;
    let agent = json!({ "key": "assess", "name": "Assess", "kind": "AGENT",
        "agent": { "jobType": "assess", "instructions": "How risky is it?" },
        "output": { "risk": "result.risk * 100.0" } });
    let approval = json!({ "key": "approve", "name": "Approve", "kind": "APPROVAL", "candidate": { "role": "Owner" } });
    let steps = [service("load", "load"), agent, approval, service("pay", "pay")];
    let workflow = plant.publish("Claims", &steps).await?;
    let robot = plant.robot.clone();
    let worker = tokio::spawn(async move {
        let mut done = Vec::new();
        while done.len() < 3 {
            let input = json!({ "types": ["load", "assess", "pay"], "wait": "PT25S" });
            for job in fetch(&robot, input).await? {
                let result = match job["stepKey"].as_str() {
                    Some("load") => json!({ "sum": 40 }),
                    Some("assess") => json!({ "risk": 0.25 }),
                    _ => json!({ "paid": job["input"]["sum"] }),
                };
                complete(&robot, &job, result).await?;
                done.push(job);
            }
        }
        anyhow::Ok(done)
    });
    let request = plant.start(&workflow, json!({ "claim": 7 })).await?;
    let begin = Instant::now();
    let step = loop {
        let found = plant.request(&request).await?["openSteps"][0].clone();
        if found["step"]["key"] == "approve" {
            break found["id"].clone();
        }
        ensure!(begin.elapsed() < Duration::from_secs(20), "not there yet: {found}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    plant.admin.mutate("completeStep", APPROVE, json!({ "stepId": step, "outcome": "APPROVED" })).await?;
    let done = worker.await??;
    let keys: Vec<&Value> = done.iter().map(|job| &job["stepKey"]).collect();
    assert_eq!(json!(keys), json!(["load", "assess", "pay"]));
    assert_eq!(done[1]["instructions"], "How risky is it?");
    assert_eq!(done[1]["input"], json!({ "claim": 7, "sum": 40 }));
    let found = plant.request(&request).await?;
    assert_eq!(found["status"], "COMPLETED");
    assert_eq!(found["variables"], json!({ "claim": 7, "sum": 40, "risk": 25.0, "paid": 40 }));
    assert_eq!(plant.running.terminate()?, Some(0));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_dead_worker_had_taken_another_finishes() -> anyhow::Result<()> {
    let plant = Plant::build().await?;
    let workflow = plant.publish("Billing", &[service("bill", "bill")]).await?;
    let request = plant.start(&workflow, json!({})).await?;
    let taken = fetch(&plant.robot, json!({ "types": ["bill"], "lease": "PT1S" })).await?;
    ensure!(taken.len() == 1, "{taken:?}");
    let begin = Instant::now();
    let again = loop {
        let jobs = fetch(&plant.robot, json!({ "types": ["bill"], "wait": "PT5S" })).await?;
        if let Some(job) = jobs.into_iter().next() {
            break job;
        }
        ensure!(begin.elapsed() < Duration::from_secs(20), "nobody gets it");
    };
    assert_eq!((&again["attempt"], &again["idempotencyKey"]), (&json!(2), &taken[0]["idempotencyKey"]));
    let late = json!({ "jobId": taken[0]["id"], "fence": taken[0]["fence"], "result": { "by": "the dead" } });
    let late = plant.robot.call(COMPLETE, json!({ "input": late })).await?;
    assert_eq!(late.refusal("completeJob"), Some("LEASE_LOST"));
    complete(&plant.robot, &again, json!({ "by": "the living" })).await?;
    let found = plant.request(&request).await?;
    assert_eq!((&found["status"], &found["variables"]["by"]), (&json!("COMPLETED"), &json!("the living")));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn two_workers_do_each_of_fifty_jobs_once() -> anyhow::Result<()> {
    let plant = Plant::build().await?;
    let workflow = plant.publish("Billing", &[service("bill", "bill")]).await?;
    let workers = [plant.robot.clone(), plant.robot.clone()].map(|robot| {
        tokio::spawn(async move {
            let mut done = Vec::new();
            loop {
                let jobs = fetch(&robot, json!({ "types": ["bill"], "max": 5, "wait": "PT4S" })).await?;
                if jobs.is_empty() {
                    return anyhow::Ok(done);
                }
                for job in jobs {
                    complete(&robot, &job, json!({})).await?;
                    done.push(job["id"].to_string());
                }
            }
        })
    });
    let mut requests = Vec::new();
    for _ in 0..50 {
        requests.push(plant.start(&workflow, json!({})).await?);
    }
    let mut done = Vec::new();
    for worker in workers {
        done.extend(worker.await??);
    }
    assert_eq!((done.len(), done.iter().collect::<BTreeSet<_>>().len()), (50, 50));
    for request in requests {
        assert_eq!(plant.request(&request).await?["status"], "COMPLETED");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_went_away_takes_no_job_and_a_server_that_stops_lets_nobody_wait() -> anyhow::Result<()> {
    let plant = Plant::build().await?;
    let workflow = plant.publish("Billing", &[service("bill", "bill")]).await?;
    let long = json!({ "types": ["bill"], "wait": "PT25S" });
    let waiting = fetch(&plant.robot, long.clone());
    ensure!(tokio::time::timeout(Duration::from_millis(500), waiting).await.is_err(), "there is nothing to fetch");
    tokio::time::sleep(Duration::from_millis(500)).await;
    plant.start(&workflow, json!({})).await?;
    // Had the one that went away waited on, it would have been told first.
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!(fetch(&plant.robot, json!({ "types": ["bill"] })).await?.len(), 1);
    let robot = plant.robot.clone();
    let waiting = tokio::spawn(async move { fetch(&robot, long).await });
    tokio::time::sleep(Duration::from_millis(500)).await;
    let begin = Instant::now();
    assert_eq!(plant.running.terminate()?, Some(0));
    ensure!(begin.elapsed() < Duration::from_secs(10), "{:?}", begin.elapsed());
    assert!(waiting.await??.is_empty());
    Ok(())
}

//! Actions of the running program: from the start of a request over HTTP to what a real server was sent, retries, what is
//! blocked, and a program that is told to stop while it waits for an answer.

mod database_support;
mod live_support;

use std::net::SocketAddr;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use database_support::{PostgresDatabase, SqliteDatabase};
use live_support::{ADMIN, Api, Office, PASSWORD, Running};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

const START: &str = "mutation($input: StartRequestInput!) {
  startRequest(input: $input) { request { id } errors { code message } } }";
const REQUEST: &str = "query($id: ID!) { request(id: $id) { status variables
  steps { step { key job { jobType action retry { jitter on } } } status comment job { jobType failedAttempts lastError } } } }";
const NOTIFICATIONS: &str = "{ notifications(first: 10) { nodes { kind detail } } }";

const PATIENCE: Duration = Duration::from_mins(1);

/// A server that steps call. It refuses the first call, and takes its time for each.
struct Sink {
    address: SocketAddr,
    /// The idempotency keys that it was sent, with the bodies.
    calls: Arc<Mutex<Vec<(String, String)>>>,
}

impl Sink {
    async fn start(takes: Duration) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let (address, calls) = (listener.local_addr()?, Arc::new(Mutex::new(Vec::new())));
        let sink = Self { address, calls: calls.clone() };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let calls = calls.clone();
                tokio::spawn(answer(stream, calls, takes));
            }
        });
        Ok(sink)
    }

    fn url(&self) -> String {
        format!("http://{}/orders", self.address)
    }

    fn calls(&self) -> Vec<(String, String)> {
        self.calls.lock().expect("no panic elsewhere").clone()
    }
}

async fn answer(stream: TcpStream, calls: Arc<Mutex<Vec<(String, String)>>>, takes: Duration) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let (mut key, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        match line.trim_end().to_ascii_lowercase().split_once(": ") {
            Some(("idempotency-key", value)) => value.clone_into(&mut key),
            Some(("content-length", value)) => length = value.parse().unwrap_or(0),
            None if line.trim_end().is_empty() => break,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    let first = {
        let mut calls = calls.lock().expect("no panic elsewhere");
        calls.push((key, String::from_utf8_lossy(&body).into_owned()));
        calls.len() == 1
    };
    tokio::time::sleep(takes).await;
    let answer = if first {
        "HTTP/1.1 503 Busy\r\nRetry-After: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_owned()
    } else {
        let body = r#"{"id":"x1"}"#;
        format!(
            "HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        )
    };
    stream.write_all(answer.as_bytes()).await
}

/// Steps one after the other: variables, a call, variables again, and a message.
fn document(url: &str) -> Value {
    let service = |key: &str, what: Value| json!({ "key": key, "name": key, "kind": "SERVICE", "service": what });
    let mut ask = service(
        "ask",
        json!({ "http": { "method": "POST", "url": format!("'{url}'"), "body": { "json": { "total": "total" } } },
            "retry": { "jitter": true, "on": ["HTTP_503", "ATTEMPT_LOST"] } }),
    );
    ask["output"] = json!({ "order": "result.body.id" });
    let told = json!({ "notify": { "to": { "requester": {} }, "title": "'Order ' + order", "text": "text" } });
    let steps = [
        json!({ "key": "start", "name": "Start", "kind": "START" }),
        service("sum", json!({ "set": { "total": "net * 2" } })),
        ask,
        service("words", json!({ "set": { "text": "'It is ' + order + '.'" } })),
        service("tell", told),
        json!({ "key": "end", "name": "End", "kind": "END" }),
    ];
    let ways: Vec<Value> =
        steps.windows(2).map(|pair| json!({ "from": pair[0]["key"], "to": pair[1]["key"] })).collect();
    json!({ "steps": steps, "transitions": ways })
}

fn allowing(mut command: Command) -> Command {
    command.env("NEXUSFLOW_CONNECTORS__HTTP__ALLOW", "127.0.0.1, *.corp");
    command
}

async fn start(api: &Api, workflow: &str) -> anyhow::Result<String> {
    let input = json!({ "workflowId": workflow, "variables": { "net": 21 } });
    let started = api.mutate("startRequest", START, input).await?;
    Ok(started["request"]["id"].as_str().context("an id")?.to_owned())
}

/// The request, as soon as it is so.
async fn once(api: &Api, request: &str, is_so: impl Fn(&Value) -> bool) -> anyhow::Result<Value> {
    let begun = Instant::now();
    loop {
        let found = api.call(REQUEST, json!({ "id": request })).await?.data("request")?;
        if is_so(&found) {
            return Ok(found);
        }
        ensure!(begun.elapsed() < PATIENCE, "{found:#}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn step<'a>(request: &'a Value, key: &str) -> &'a Value {
    let steps = request["steps"].as_array().map(Vec::as_slice).unwrap_or_default();
    steps.iter().find(|step| step["step"]["key"] == key).unwrap_or(&Value::Null)
}

async fn actions_are_carried_out(database_url: &str) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let office = Office::found(folder.path(), database_url)?;
    let running = Running::start(allowing(office.program(database_url)))?;
    let api = Api::sign_in(&running.address, ADMIN, PASSWORD).await?;
    let sink = Sink::start(Duration::ZERO).await?;
    let workflow = Office::publish_document(&api, "Orders", document(&sink.url())).await?;
    let request = start(&api, &workflow).await?;
    let found = once(&api, &request, |request| request["status"] == "COMPLETED").await?;
    assert_eq!(found["variables"], json!({ "net": 21, "total": 42, "order": "x1", "text": "It is x1." }));
    let asked = step(&found, "ask");
    assert_eq!((&asked["job"]["failedAttempts"], &asked["job"]["jobType"]), (&json!(1), &json!("nexusflow:http")));
    assert_eq!(asked["step"]["job"]["retry"], json!({ "jitter": true, "on": ["HTTP_503", "ATTEMPT_LOST"] }));
    assert_eq!(asked["step"]["job"]["jobType"], Value::Null);
    assert_eq!(asked["step"]["job"]["action"]["http"]["method"], "POST");
    let calls = sink.calls();
    assert!(calls.len() == 2 && calls[0] == calls[1] && calls[0].1 == r#"{"total":42}"#, "{calls:?}");
    let told = api.call(NOTIFICATIONS, json!({})).await?.data("notifications")?["nodes"][0].clone();
    assert_eq!(told, json!({ "kind": "NOTICE", "detail": { "title": "Order x1", "text": "It is x1." } }));
    assert_eq!(running.terminate()?, Some(0));
    let (lines, code) = office.verify()?;
    assert_eq!(code, Some(0), "{lines:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn actions_are_carried_out_on_sqlite() -> anyhow::Result<()> {
    let database = SqliteDatabase::create()?;
    actions_are_carried_out(&database.url).await
}

#[tokio::test(flavor = "multi_thread")]
async fn actions_are_carried_out_on_postgres() -> anyhow::Result<()> {
    let Some(database) = PostgresDatabase::create("actions").await? else { return Ok(()) };
    actions_are_carried_out(&database.url).await.context("on PostgreSQL")?;
    database.remove().await
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_rule_nothing_private_is_reached_and_the_step_says_so() -> anyhow::Result<()> {
    let (folder, database) = (tempfile::tempdir()?, SqliteDatabase::create()?);
    let office = Office::found(folder.path(), &database.url)?;
    let running = Running::start(office.program(&database.url))?;
    let api = Api::sign_in(&running.address, ADMIN, PASSWORD).await?;
    let sink = Sink::start(Duration::ZERO).await?;
    let workflow = Office::publish_document(&api, "Orders", document(&sink.url())).await?;
    let request = start(&api, &workflow).await?;
    let found = once(&api, &request, |request| step(request, "ask")["status"] == "FAILED").await?;
    let comment = step(&found, "ask")["comment"].as_str().context("a comment")?.to_owned();
    assert!(comment.starts_with("BLOCKED: connections to 127.0.0.1:"), "{comment}");
    assert!(sink.calls().is_empty(), "{:?}", sink.calls());
    assert_eq!(running.terminate()?, Some(0));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_stops_waits_for_the_answers_that_are_on_their_way() -> anyhow::Result<()> {
    let (folder, database) = (tempfile::tempdir()?, SqliteDatabase::create()?);
    let office = Office::found(folder.path(), &database.url)?;
    let running = Running::start(allowing(office.program(&database.url)))?;
    let api = Api::sign_in(&running.address, ADMIN, PASSWORD).await?;
    let sink = Sink::start(Duration::from_secs(2)).await?;
    let workflow = Office::publish_document(&api, "Orders", document(&sink.url())).await?;
    let request = start(&api, &workflow).await?;
    let begun = Instant::now();
    while sink.calls().is_empty() {
        ensure!(begun.elapsed() < PATIENCE, "it is not called");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(running.terminate()?, Some(0));
    let running = Running::start(allowing(office.program(&database.url)))?;
    let api = api.at(&running.address);
    let found = once(&api, &request, |request| request["status"] == "COMPLETED").await?;
    assert_eq!(step(&found, "ask")["job"]["lastError"], "HTTP_503: status 503", "the first answer was not lost");
    assert_eq!(sink.calls().len(), 2);
    assert_eq!(running.terminate()?, Some(0));
    Ok(())
}

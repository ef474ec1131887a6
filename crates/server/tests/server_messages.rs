//! Messages and webhooks over HTTP: whatever comes first, each is received once, and nobody else's.

mod database_support;
mod live_support;

use std::time::{Duration, Instant};

use anyhow::Context;
use database_support::{PostgresDatabase, SqliteDatabase};
use futures::future::try_join_all;
use live_support::{ADMIN, Api, Office, PASSWORD, Running};
use reqwest::{Client, Method, StatusCode, header};
use serde_json::{Value, json};

const START: &str = "mutation($input: StartRequestInput!) { startRequest(input: $input) {
    request { id status steps { id status webhookUrl step { key } } } errors { code message } } }";
const REQUEST: &str = "query($id: ID!) { request(id: $id) {
    status variables steps { status webhookUrl step { key } } journal(last: 20) { nodes { event actor { email }
    origin { userAgent } } } } }";
const PUBLISH: &str = "mutation($input: PublishMessageInput!) { publishMessage(input: $input) {
    messageId received request { id status } errors { code message } } }";
const MESSAGES: &str = "query($filter: MessageFilter) { messages(filter: $filter) { nodes {
    id name key payload receivedAt request { id } step { step { key } } boundary } } }";

/// `start` → `wait` → `end`.
fn waiting_for(wait: &Value) -> Value {
    json!({
        "steps": [
            { "key": "start", "name": "Start", "kind": "START" },
            { "key": "wait", "name": "Wait", "kind": "WAIT", "wait": wait },
            { "key": "end", "name": "End", "kind": "END" },
        ],
        "transitions": [{ "from": "start", "to": "wait" }, { "from": "wait", "to": "end" }],
    })
}

fn for_payment() -> Value {
    waiting_for(&json!({ "message": { "name": "paid", "key": "order" } }))
}

async fn start(api: &Api, workflow: &str, order: &str) -> anyhow::Result<Value> {
    let input = json!({ "workflowId": workflow, "variables": { "order": order } });
    Ok(api.mutate("startRequest", START, input).await?["request"].take())
}

async fn pay(api: &Api, order: &str) -> anyhow::Result<Value> {
    let input = json!({ "name": "paid", "key": order, "payload": { "amount": 7 } });
    api.mutate("publishMessage", PUBLISH, input).await
}

async fn request(api: &Api, id: &Value) -> anyhow::Result<Value> {
    api.call(REQUEST, json!({ "id": id })).await?.data("request")
}

async fn messages(api: &Api, filter: Value) -> anyhow::Result<Vec<Value>> {
    let found = api.call(MESSAGES, json!({ "filter": filter })).await?.data("messages")?;
    Ok(found["nodes"].as_array().context("nodes")?.clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_and_its_wait_meet_whichever_comes_first() -> anyhow::Result<()> {
    let (database, folder) = (SqliteDatabase::create()?, tempfile::tempdir()?);
    let office = Office::found(folder.path(), &database.url)?;
    let server = Running::start(office.program(&database.url))?;
    let api = Api::sign_in(&server.address, ADMIN, PASSWORD).await?;
    let workflow = Office::publish_document(&api, "Payment", for_payment()).await?;

    let waiting = start(&api, &workflow, "O-1").await?;
    assert_eq!(waiting["status"], "IN_PROGRESS");
    let published = pay(&api, "O-1").await?;
    assert_eq!((&published["received"], &published["request"]["id"]), (&json!(true), &waiting["id"]));
    let done = request(&api, &waiting["id"]).await?;
    assert_eq!((&done["status"], &done["variables"]), (&json!("COMPLETED"), &json!({ "order": "O-1", "amount": 7 })));
    let received = done["journal"]["nodes"]
        .as_array()
        .context("a journal")?
        .iter()
        .find(|record| record["event"] == "MESSAGE_RECEIVED");
    assert_eq!(received.context("a reception")?["actor"], Value::Null);

    let published = pay(&api, "O-2").await?;
    assert_eq!((&published["received"], &published["request"]), (&json!(false), &Value::Null));
    let found = messages(&api, json!({ "received": false })).await?;
    assert_eq!(found.iter().map(|message| &message["id"]).collect::<Vec<_>>(), [&published["messageId"]]);
    assert_eq!(start(&api, &workflow, "O-2").await?["status"], "COMPLETED");
    let found = messages(&api, json!({ "name": "paid", "key": "O-2", "received": true })).await?;
    assert_eq!((found.len(), &found[0]["step"]["step"]["key"]), (1, &json!("wait")));
    assert_eq!(office.verify()?.1, Some(0));
    assert_eq!(server.terminate()?, Some(0));
    Ok(())
}

/// Two processes; publishers and starters of the same key at once, through both.
#[tokio::test(flavor = "multi_thread")]
async fn of_two_servers_messages_each_is_received_once() -> anyhow::Result<()> {
    const PAIRS: usize = 20;
    let Some(database) = PostgresDatabase::create("messages").await? else { return Ok(()) };
    let folder = tempfile::tempdir()?;
    let office = Office::found(folder.path(), &database.url)?;
    let servers = [Running::start(office.program(&database.url))?, Running::start(office.program(&database.url))?];
    let api = Api::sign_in(&servers[0].address, ADMIN, PASSWORD).await?;
    let apis = [api.clone(), api.at(&servers[1].address)];
    let workflow = Office::publish_document(&api, "Payment", for_payment()).await?;
    let starts = try_join_all((0..PAIRS).map(|n| start(&apis[n % 2], &workflow, "same")));
    let payments = try_join_all((0..PAIRS).map(|n| pay(&apis[(n / 2) % 2], "same")));
    let (started, _) = futures::try_join!(starts, payments)?;
    let begun = Instant::now();
    let received = loop {
        let found = messages(&api, json!({ "received": true })).await?;
        if found.len() == PAIRS || begun.elapsed() > Duration::from_secs(30) {
            break found;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    let mut receivers: Vec<String> = received.iter().map(|message| message["request"]["id"].to_string()).collect();
    let mut requests: Vec<String> = started.iter().map(|request| request["id"].to_string()).collect();
    receivers.sort_unstable();
    requests.sort_unstable();
    assert_eq!(receivers, requests, "each request has received one message");
    for started in started {
        let found = request(&api, &started["id"]).await?;
        let events = found["journal"]["nodes"].as_array().context("a journal")?;
        let receptions = events.iter().filter(|record| record["event"] == "MESSAGE_RECEIVED").count();
        assert_eq!((&found["status"], receptions), (&json!("COMPLETED"), 1));
    }
    assert_eq!(office.verify()?.1, Some(0));
    for server in servers {
        assert_eq!(server.terminate()?, Some(0));
    }
    database.remove().await
}

/// Calls an address with a body of a content type.
async fn call(url: &str, method: Method, content_type: &str, body: String) -> anyhow::Result<(StatusCode, String)> {
    let request = Client::new().request(method, url).header(header::USER_AGENT, "a shop");
    let answer = request.header(header::CONTENT_TYPE, content_type).body(body).send().await?;
    Ok((answer.status(), answer.text().await?))
}

async fn post(url: &str, body: &Value) -> anyhow::Result<StatusCode> {
    Ok(call(url, Method::POST, "application/json", body.to_string()).await?.0)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_is_called_once_by_whoever_knows_its_address() -> anyhow::Result<()> {
    let (database, folder) = (SqliteDatabase::create()?, tempfile::tempdir()?);
    let office = Office::found(folder.path(), &database.url)?;
    let server = Running::start(office.program(&database.url))?;
    let api = Api::sign_in(&server.address, ADMIN, PASSWORD).await?;
    let workflow = Office::publish_document(&api, "Hook", waiting_for(&json!({ "webhook": {} }))).await?;
    let started = start(&api, &workflow, "O-1").await?;
    let steps = started["steps"].as_array().context("steps")?;
    let urls: Vec<&Value> = steps.iter().map(|step| &step["webhookUrl"]).filter(|url| !url.is_null()).collect();
    let path = urls.first().and_then(|url| url.as_str()).context("an address")?;
    assert!(urls.len() == 1 && path.starts_with("/hooks/"), "{urls:?}");
    let url = format!("http://{}{path}", server.address);

    let json_type = "application/json";
    assert_eq!(call(&url, Method::GET, json_type, String::new()).await?.0, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(call(&url, Method::HEAD, json_type, String::new()).await?.0, StatusCode::METHOD_NOT_ALLOWED);
    let wrong = format!("{}A", &url[..url.len() - 1]);
    let wrong = if wrong == url { format!("{}Q", &url[..url.len() - 1]) } else { wrong };
    for url in [wrong, format!("http://{}/hooks/x", server.address)] {
        assert_eq!(call(&url, Method::POST, "text/plain", "{".to_owned()).await?.0, StatusCode::NOT_FOUND, "{url}");
    }
    for (content_type, body, status) in [
        ("text/plain", "{}", StatusCode::UNSUPPORTED_MEDIA_TYPE),
        (json_type, "{", StatusCode::BAD_REQUEST),
        (json_type, "[]", StatusCode::BAD_REQUEST),
        (json_type, "", StatusCode::BAD_REQUEST),
    ] {
        assert_eq!(call(&url, Method::POST, content_type, body.to_owned()).await?.0, status, "{content_type} {body}");
    }
    let large = json!({ "text": "x".repeat(256 * 1024) });
    assert_eq!(post(&url, &large).await?, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(request(&api, &started["id"]).await?["status"], "IN_PROGRESS", "nothing of it decided");

    let calls = try_join_all((0..8).map(|n| {
        let url = &url;
        async move { post(url, &json!({ "n": n })).await }
    }));
    let mut answers = calls.await?;
    answers.sort_unstable();
    assert_eq!(answers[0], StatusCode::ACCEPTED);
    assert!(answers[1..].iter().all(|status| *status == StatusCode::GONE), "{answers:?}");
    assert_eq!(call(&url, Method::POST, json_type, "{}".to_owned()).await?.0, StatusCode::GONE);
    let done = request(&api, &started["id"]).await?;
    assert_eq!(done["status"], "COMPLETED");
    assert!(done["steps"].as_array().context("steps")?.iter().all(|step| step["webhookUrl"].is_null()));
    let ended = done["journal"]["nodes"].as_array().context("a journal")?.iter().find(|r| r["event"] == "WAIT_ENDED");
    let ended = ended.context("the end of the wait")?;
    assert_eq!((&ended["actor"], &ended["origin"]["userAgent"]), (&Value::Null, &json!("a shop")));
    let logged = server.logged("INFO").iter().any(|line| line.to_string().contains(path));
    assert!(!logged, "the address is a secret");
    assert_eq!(server.terminate()?, Some(0));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_of_what_rests_or_makes_no_sense_is_refused_and_may_be_repeated() -> anyhow::Result<()> {
    const SUSPEND: &str = "mutation($input: SuspendRequestInput!) { suspendRequest(input: $input) {
        request { id } errors { code } } }";
    const RESUME: &str = "mutation($input: ResumeRequestInput!) { resumeRequest(input: $input) {
        request { id } errors { code } } }";
    let (database, folder) = (SqliteDatabase::create()?, tempfile::tempdir()?);
    let office = Office::found(folder.path(), &database.url)?;
    let mut command = office.program(&database.url);
    command.env("NEXUSFLOW_HTTP__PUBLIC_URL", "https://flow.example/");
    let server = Running::start(command)?;
    let api = Api::sign_in(&server.address, ADMIN, PASSWORD).await?;
    let mut document = waiting_for(&json!({ "webhook": {} }));
    document["steps"][1]["output"] = json!({ "total": "result.amount + 1" });
    let workflow = Office::publish_document(&api, "Hook", document).await?;
    let started = start(&api, &workflow, "O-1").await?;
    let steps = started["steps"].as_array().context("steps")?;
    let url = steps.iter().find_map(|step| step["webhookUrl"].as_str()).context("an address")?;
    let path = url.strip_prefix("https://flow.example/hooks/").context("a public address")?;
    let url = format!("http://{}/hooks/{path}", server.address);
    assert_eq!(post(&url, &json!({ "other": 1 })).await?, StatusCode::UNPROCESSABLE_ENTITY);
    let input = json!({ "requestId": started["id"] });
    api.mutate("suspendRequest", SUSPEND, input.clone()).await?;
    assert_eq!(post(&url, &json!({ "amount": 1 })).await?, StatusCode::CONFLICT);
    api.mutate("resumeRequest", RESUME, input).await?;
    assert_eq!(post(&url, &json!({ "amount": 1 })).await?, StatusCode::ACCEPTED);
    assert_eq!(request(&api, &started["id"]).await?["variables"]["total"], 2);
    assert_eq!(server.terminate()?, Some(0));
    Ok(())
}

//! GraphQL over server-sent events: results, the end, resuming, refusals, shutdown.

mod http_support;

use std::time::Duration;

use http_support::{Server, answer};
use nexusflow_graphql::http::ApiOptions;
use reqwest::{RequestBuilder, Response, header};
use serde_json::{Value, json};

const TICKS: &str = "subscription T($after: String) { ticks(after: $after, to: 3) { cursor number } }";

/// Event name, id and data of each event.
type Events = Vec<(String, String, Value)>;

async fn open(request: RequestBuilder) -> Response {
    let response = request.header(header::ACCEPT, "text/event-stream").send().await.expect("an answer");
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()[header::CONTENT_TYPE], "text/event-stream");
    response
}

/// All events of a stream, until it ends.
async fn events(request: RequestBuilder) -> Events {
    let text = open(request).await.text().await.expect("a stream");
    text.split("\n\n").filter(|block| !block.trim().is_empty() && !block.starts_with(':')).map(event).collect()
}

fn event(block: &str) -> (String, String, Value) {
    let field = |name: &str| {
        let prefix = format!("{name}:");
        block.lines().find_map(|line| line.strip_prefix(&prefix)).map(str::trim).map(str::to_owned)
    };
    let data = field("data").expect("data, or browsers drop the event");
    (
        field("event").unwrap_or_default(),
        field("id").unwrap_or_default(),
        serde_json::from_str(&data).unwrap_or(Value::Null),
    )
}

fn numbers(events: &Events) -> Vec<&Value> {
    events.iter().filter(|(name, ..)| name == "next").map(|(_, _, data)| &data["data"]["ticks"]["number"]).collect()
}

#[tokio::test]
async fn a_subscription_by_post_and_by_get() {
    let server = Server::start().await;
    let post = server.post("/graphql/stream").header("x-request-id", "stream-1");
    for request in
        [post.body(json!({ "query": TICKS }).to_string()), server.get("/graphql/stream", &[("query", TICKS)])]
    {
        let events = events(request).await;
        assert_eq!(numbers(&events), [1, 2, 3]);
        assert_eq!(events[1].1, "c2");
        assert_eq!(events.last().map(|(name, ..)| name.as_str()), Some("complete"));
    }
}

#[tokio::test]
async fn a_client_resumes_by_variable_or_as_browsers_do() {
    let server = Server::start().await;
    let variable = server.get("/graphql/stream", &[("query", TICKS), ("variables", "{\"after\":\"c2\"}")]);
    assert_eq!(numbers(&events(variable).await), [3]);
    let browser = server.get("/graphql/stream", &[("query", TICKS)]).header("last-event-id", "c1");
    assert_eq!(numbers(&events(browser).await), [2, 3]);
}

#[tokio::test]
async fn a_query_is_one_result() {
    let server = Server::start().await;
    let events = events(server.get("/graphql/stream", &[("query", "{ hello }")])).await;
    let names: Vec<_> = events.iter().map(|(name, ..)| name.as_str()).collect();
    assert_eq!((names, &events[0].2["data"]), (vec!["next", "complete"], &json!({ "hello": "world" })));
}

#[tokio::test]
async fn what_is_wrong_with_the_request_is_said_by_status() {
    let server = Server::start().await;
    let post =
        |body: &'static str| server.post("/graphql/stream").header(header::ACCEPT, "text/event-stream").body(body);
    for (request, status, code) in [
        (post("{"), 400, "VALIDATION"),
        (post(r#"{"query":"{"}"#), 400, "VALIDATION"),
        (post(r#"{"query":"{ hello }"}"#).bearer_auth("forged"), 401, "UNAUTHENTICATED"),
        (server.post("/graphql/stream").header(header::ACCEPT, "application/json").body("{}"), 406, "VALIDATION"),
    ] {
        let answer = answer(request).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (status, code));
    }
    let invalid = events(post(r#"{"query":"subscription { nothing }"}"#)).await;
    assert_eq!(invalid[0].2["errors"][0]["extensions"]["code"], "VALIDATION");
}

#[tokio::test]
async fn an_idle_stream_shows_that_it_is_alive_and_breaks_off_at_shutdown() {
    let server = Server::with(ApiOptions { keep_alive: Duration::from_millis(50), ..ApiOptions::default() }).await;
    let mut response = open(server.get("/graphql/stream", &[("query", "subscription { open }")])).await;
    let mut seen = String::new();
    while !seen.contains("\n:") {
        let chunk = response.chunk().await.expect("a chunk").expect("the stream is open");
        seen.push_str(&String::from_utf8_lossy(&chunk));
    }
    assert!(seen.contains("event: next"), "{seen}");
    server.shutdown.cancel();
    while let Some(chunk) = response.chunk().await.expect("an orderly end") {
        seen.push_str(&String::from_utf8_lossy(&chunk));
    }
    // A client that sees no `complete` connects again.
    assert!(!seen.contains("complete"), "{seen}");
}

#[tokio::test]
async fn a_token_that_expires_ends_the_stream() {
    let server = Server::with(ApiOptions { recheck: Duration::from_millis(50), ..ApiOptions::default() }).await;
    let request = server.get("/graphql/stream", &[("query", "subscription { open }")]).bearer_auth(&server.token);
    let reading = tokio::spawn(events(request));
    tokio::time::sleep(Duration::from_millis(150)).await;
    server.fixture.tokens.expire_all();
    let events = reading.await.expect("the events");
    assert_eq!(events[1].2["errors"][0]["extensions"]["reason"], "TOKEN_EXPIRED", "{events:?}");
    assert_eq!(events.last().map(|(name, ..)| name.as_str()), Some("complete"));
}

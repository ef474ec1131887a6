//! HTTP requests against real servers on the loopback interface: what is sent, what is refused, what is cut off.

mod servers;

use std::collections::BTreeMap;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use nexusflow_application::platform::{CallError, HttpAnswer, HttpCaller};
use nexusflow_connectors::{HttpClient, HttpLimits, HttpPolicy, Resolve, SystemResolver};
use nexusflow_domain::request::{CallBody, HttpCall};
use nexusflow_domain::workflow::HttpMethod;
use serde_json::json;
use servers::{HttpServer, SmtpServer};

const KEY: &str = "0198c0de-0000-7000-8000-000000000001";
const LIMIT: usize = 1_000;

/// Answers names with what it was told to, in order; the last again and again.
struct Names(Mutex<Vec<Vec<&'static str>>>);

impl Names {
    fn of(answers: &[&[&'static str]]) -> Arc<Self> {
        Arc::new(Self(Mutex::new(answers.iter().rev().map(|answer| answer.to_vec()).collect())))
    }
}

#[async_trait]
impl Resolve for Names {
    async fn resolve(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        let mut answers = self.0.lock().expect("no panic elsewhere");
        let answer = if answers.len() > 1 { answers.pop() } else { answers.last().cloned() };
        Ok(answer.unwrap_or_default().iter().map(|address| address.parse().expect("an address")).collect())
    }
}

fn client(allow: &[&str], resolver: Arc<dyn Resolve>) -> HttpClient {
    let allow = allow.iter().map(|rule| rule.parse().expect("a rule")).collect();
    let policy = HttpPolicy { allow, ..HttpPolicy::default() };
    HttpClient::new(policy, HttpLimits { body: LIMIT }, resolver).expect("a client")
}

/// A client that may reach the servers of these tests.
fn local() -> HttpClient {
    client(&["127.0.0.1"], Arc::new(SystemResolver))
}

fn get(url: &str) -> HttpCall {
    HttpCall {
        method: HttpMethod::Get,
        url: url.to_owned(),
        query: BTreeMap::new(),
        headers: BTreeMap::new(),
        body: None,
    }
}

async fn answer(raw: &str) -> Result<HttpAnswer, CallError> {
    let server = HttpServer::saying(raw.as_bytes()).await;
    local().send(&get(&server.url("/")), KEY).await
}

fn code(result: Result<HttpAnswer, CallError>) -> &'static str {
    result.expect_err("a failure").code()
}

fn texts(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[tokio::test]
async fn a_request_is_sent_as_the_workflow_says_with_the_key_of_its_step() {
    let server = HttpServer::saying(
        b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nX-Many: a\r\nx-many: b\r\nContent-Length: 2\r\n\r\n{}",
    )
    .await;
    let call = HttpCall {
        method: HttpMethod::Post,
        query: texts(&[("q", "a b&c"), ("n", "1")]),
        headers: texts(&[("X-Order", "7"), ("Accept", "text/plain")]),
        body: Some(CallBody::Json(json!({ "a": [1] }).as_object().cloned().unwrap_or_default())),
        ..get(&server.url("/orders?old=1#part"))
    };
    let answer = local().send(&call, KEY).await.expect("an answer");
    assert_eq!((answer.status, answer.body.as_slice()), (201, &b"{}"[..]));
    assert_eq!(answer.headers["x-many"], "a, b");
    let sent = server.heard().await.remove(0).to_ascii_lowercase();
    assert!(sent.starts_with("post /orders?old=1&n=1&q=a+b%26c http/1.1\r\n"), "{sent}");
    for line in [
        "x-order: 7",
        "accept: text/plain",
        "content-type: application/json",
        "accept-encoding: identity",
        "content-length: 9",
        &format!("idempotency-key: {KEY}"),
    ] {
        assert!(sent.contains(&format!("\r\n{line}\r\n")), "{line} is missing in {sent}");
    }
    assert!(sent.ends_with("{\"a\":[1]}"), "{sent}");
}

#[tokio::test]
async fn whatever_is_written_for_a_private_address_is_blocked_before_anything_is_sent() {
    let server = HttpServer::saying(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
    let client = client(&[], Arc::new(SystemResolver));
    let port = server.port();
    for host in [
        "127.0.0.1",
        "127.1",
        "127.0.1",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "017700000001",
        "0",
        "0.0.0.0",
        "localhost",
        "LOCALHOST",
        "127.0.0.1.",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "１２７.0.0.1",
        "127。0。0。1",
        "169.254.169.254",
        "[fd00:ec2::254]",
        "10.0.0.1",
        "192.168.0.1",
        "172.16.0.1",
        "100.100.100.200",
        "224.0.0.1",
        "255.255.255.255",
        "[fe80::1]",
        "168.63.129.16",
    ] {
        let result = client.send(&get(&format!("http://{host}:{port}/")), KEY).await;
        assert_eq!(code(result), "BLOCKED", "{host}");
    }
    assert_eq!(server.heard().await, [""; 0], "something was sent");
    let unusual = client.send(&get("http://93.184.216.34:25/"), KEY).await;
    assert_eq!(code(unusual), "BLOCKED", "a public address, a port for other things");
}

#[tokio::test]
async fn a_name_is_judged_by_the_addresses_to_which_it_leads() {
    let server = HttpServer::saying(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").await;
    let url = format!("http://api.example.org:{}/", server.port());
    for addresses in [&["127.0.0.1"][..], &["10.0.0.1", "192.168.0.1"], &["::1"], &["::ffff:169.254.169.254"]] {
        let client = client(&[], Names::of(&[addresses]));
        assert_eq!(code(client.send(&get(&url), KEY).await), "BLOCKED", "{addresses:?}");
    }
    assert_eq!(server.heard().await, [""; 0], "something was sent");
    let mixed = client(&["127.0.0.1"], Names::of(&[&["10.0.0.1", "127.0.0.1"]]));
    assert_eq!(mixed.send(&get(&url), KEY).await.expect("an answer").status, 200, "only the permitted one is tried");
    let nowhere = client(&[], Names::of(&[&[]]));
    assert_eq!(code(nowhere.send(&get(&url), KEY).await), "UNREACHABLE");
}

#[tokio::test]
async fn a_name_that_changes_its_meaning_is_judged_anew_for_every_connection() {
    let server = HttpServer::saying(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").await;
    let client = client(&["127.0.0.1"], Names::of(&[&["127.0.0.1"], &["10.0.0.1"]]));
    let url = format!("http://api.example.org:{}/", server.port());
    assert_eq!(client.send(&get(&url), KEY).await.expect("an answer").status, 200);
    assert_eq!(code(client.send(&get(&url), KEY).await), "BLOCKED");
}

#[tokio::test]
async fn a_name_that_is_allowed_may_lead_to_a_private_address() {
    let server = HttpServer::saying(b"HTTP/1.1 204 No Content\r\n\r\n").await;
    let client = client(&["*.corp"], Names::of(&[&["127.0.0.1"]]));
    let url = |host: &str| format!("http://{host}:{}/", server.port());
    assert_eq!(client.send(&get(&url("erp.corp")), KEY).await.expect("an answer").status, 204);
    assert_eq!(code(client.send(&get(&url("erp.corp.example.org")), KEY).await), "BLOCKED");
}

#[tokio::test]
async fn redirects_are_answers_and_nothing_is_decompressed() {
    let target = HttpServer::saying(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
    let redirect = format!("HTTP/1.1 302 Found\r\nLocation: {}\r\nContent-Length: 0\r\n\r\n", target.url("/"));
    let found = answer(&redirect).await.expect("an answer");
    assert_eq!((found.status, &found.headers["location"]), (302, &target.url("/")));
    assert_eq!(target.heard().await, [""; 0], "the redirect was followed");
    let packed = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\u{1f}\u{8}ab";
    assert_eq!(answer(packed).await.expect("an answer").body, b"\x1f\x08ab");
}

#[tokio::test]
async fn an_answer_is_read_up_to_the_limit() {
    let of = |length: usize| format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{}", "x".repeat(length));
    assert_eq!(answer(&of(LIMIT)).await.expect("an answer").body.len(), LIMIT);
    assert_eq!(code(answer(&of(LIMIT + 1)).await), "TOO_LARGE");
    let announced = "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n";
    assert_eq!(code(answer(announced).await), "TOO_LARGE", "nothing of it is read");
    let chunk = format!("{:x}\r\n{}\r\n", 400, "x".repeat(400));
    let chunked = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{}0\r\n\r\n", chunk.repeat(3));
    assert_eq!(code(answer(&chunked).await), "TOO_LARGE");
    let fields = "X-Many: 1\r\n".repeat(200);
    assert_eq!(code(answer(&format!("HTTP/1.1 200 OK\r\n{fields}Content-Length: 0\r\n\r\n")).await), "UNREACHABLE");
    let long = format!("HTTP/1.1 200 OK\r\nX-Long: {}\r\nContent-Length: 0\r\n\r\n", "x".repeat(2_000_000));
    assert_eq!(code(answer(&long).await), "UNREACHABLE");
}

#[tokio::test]
async fn what_ends_before_its_end_is_no_answer() {
    assert_eq!(code(answer("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc").await), "CUT_OFF");
    assert_eq!(code(answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nab").await), "CUT_OFF");
    for raw in ["", "HTTP/1.1 200", "SSH-2.0-OpenSSH_9.9\r\n"] {
        let error = answer(raw).await.expect_err("no answer");
        assert_eq!((error.code(), error.is_transient()), ("UNREACHABLE", true), "{raw:?}");
    }
    let plain = SmtpServer::start(None).await;
    let over_tls = format!("{}/", plain.url().replace("smtp:", "https:"));
    assert_eq!(code(local().send(&get(&over_tls), KEY).await), "UNREACHABLE");
    assert_eq!(code(local().send(&get("http://127.0.0.1:1/"), KEY).await), "UNREACHABLE");
}

#[tokio::test]
async fn a_server_that_never_ends_its_answer_is_left_by_whoever_gives_up() {
    let server = HttpServer::stalling(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc").await;
    let (client, call) = (local(), get(&server.url("/")));
    let waited = tokio::time::timeout(Duration::from_millis(300), client.send(&call, KEY)).await;
    assert!(waited.is_err(), "{waited:?}");
    server.expect_hung_up().await;
}

#[tokio::test]
async fn what_is_no_request_is_refused_without_telling_what_was_in_it() {
    for url in ["", "api.example.org", "ftp://127.0.0.1/", "file:///etc/passwd", "gopher://x", "http://", "//x"] {
        assert_eq!(code(local().send(&get(url), KEY).await), "INVALID_CALL", "{url}");
    }
    let error = local().send(&get("http://ann:hunter2@127.0.0.1/"), KEY).await.expect_err("a failure");
    assert!(error.code() == "INVALID_CALL" && !error.to_string().contains("hunter2"), "{error}");
    for value in ["a\r\nX-Injected: 1", "a\nb", "a\0b"] {
        let call = HttpCall { headers: texts(&[("Authorization", value)]), ..get("http://127.0.0.1/") };
        let error = local().send(&call, KEY).await.expect_err("a failure");
        assert!(error.code() == "INVALID_CALL" && !error.to_string().contains("Injected"), "{error}");
    }
}

//! graphql-transport-ws: the protocol's happy path, each of its close codes, tokens, the end.

mod http_support;

use std::time::Duration;

use http_support::{Server, Socket};
use nexusflow_graphql::http::ApiOptions;
use nexusflow_graphql::limits::Limits;
use serde_json::{Value, json};

fn next(id: &str, data: &Value) -> Value {
    let cost = json!({ "cost": { "requested": 2, "limit": 20_000 } });
    json!({ "type": "next", "id": id, "payload": { "data": data, "extensions": cost } })
}

#[tokio::test]
async fn operations_run_beside_each_other_and_end() {
    let server = Server::start().await;
    let mut socket = Socket::initialised(&server, Some(format!("Bearer {}", server.token))).await;
    socket.subscribe("a", "subscription { ticks(to: 2) { number } }").await;
    for number in 1..=2 {
        assert_eq!(socket.hear().await, Ok(next("a", &json!({ "ticks": { "number": number } }))));
    }
    assert_eq!(socket.hear().await, Ok(json!({ "type": "complete", "id": "a" })));
    // The id is free again; queries and mutations run here too.
    socket.subscribe("a", "{ hello me }").await;
    let admin = server.fixture.tenant.admin.principal.user.to_string();
    assert_eq!(socket.hear().await, Ok(next("a", &json!({ "hello": "world", "me": admin }))));
    assert_eq!(socket.hear().await, Ok(json!({ "type": "complete", "id": "a" })));
    socket.say(&json!({ "type": "ping", "payload": { "n": 1 } })).await;
    assert_eq!(socket.hear().await, Ok(json!({ "type": "pong", "payload": { "n": 1 } })));
}

#[tokio::test]
async fn a_completed_operation_falls_silent_while_others_go_on() {
    let server = Server::start().await;
    let mut socket = Socket::initialised(&server, None).await;
    socket.subscribe("a", "subscription { clock }").await;
    assert_eq!(socket.hear().await.expect("a message")["id"], "a");
    socket.say(&json!({ "type": "complete", "id": "a" })).await;
    socket.subscribe("b", "subscription { clock }").await;
    while socket.hear().await.expect("a message")["id"] == "a" {}
    for _ in 0..5 {
        assert_eq!(socket.hear().await.expect("a message")["id"], "b");
    }
}

#[tokio::test]
async fn a_refused_operation_is_an_error_and_the_connection_stays() {
    let server = Server::start().await;
    let mut socket = Socket::initialised(&server, None).await;
    for (query, code) in [
        ("{", "VALIDATION"),
        ("subscription { nothing }", "VALIDATION"),
        ("{ __schema { queryType { name } } }", "UNAUTHENTICATED"),
        ("{ nodes(first: 100) { nodes(first: 100) { nodes(first: 100) { leaf } } } }", "COST_EXCEEDED"),
    ] {
        socket.subscribe("a", query).await;
        let message = socket.hear().await.expect("a message");
        assert_eq!((&message["type"], &message["id"]), (&json!("error"), &json!("a")), "{query}");
        assert_eq!(message["payload"][0]["extensions"]["code"], code, "{query}");
    }
    socket.subscribe("a", "subscription { refused }").await;
    assert_eq!(socket.hear().await.expect("a message")["payload"]["errors"][0]["extensions"]["code"], "FORBIDDEN");
    assert_eq!(socket.hear().await, Ok(json!({ "type": "complete", "id": "a" })));
    socket.subscribe("a", "subscription { panic }").await;
    assert_eq!(socket.hear().await.expect("a message")["payload"]["data"], json!({ "panic": 0 }));
    let panicked = socket.hear().await.expect("a message");
    assert_eq!(panicked["payload"]["errors"][0]["extensions"]["code"], "INTERNAL", "{panicked}");
    assert_eq!(socket.hear().await, Ok(json!({ "type": "complete", "id": "a" })));
}

#[tokio::test]
async fn messages_that_are_not_of_the_protocol_close_with_4400() {
    let server = Server::start().await;
    for text in [
        "{",
        "7",
        "{\"type\":\"start\"}",
        "{\"type\":\"subscribe\",\"id\":\"a\"}",
        "{\"type\":\"subscribe\",\"id\":\"a\",\"payload\":{}}",
    ] {
        let mut socket = Socket::initialised(&server, None).await;
        socket.say_text(text.to_owned()).await;
        assert_eq!(socket.hear().await, Err(4400), "{text}");
    }
    let mut socket = Socket::initialised(&server, None).await;
    socket.say_bytes(vec![0xff]).await;
    assert_eq!(socket.hear().await, Err(4400));
    let mut socket = Socket::open(&server).await;
    socket.say(&json!({ "type": "connection_init", "payload": "hello" })).await;
    assert_eq!(socket.hear().await, Err(4400));
}

#[tokio::test]
async fn the_protocols_other_close_codes() {
    let limits = Limits { body_bytes: 10_000, ..Limits::default() };
    let options = ApiOptions { init_timeout: Duration::from_millis(200), limits, ..ApiOptions::default() };
    let server = Server::with(options).await;

    let mut unauthorized = Socket::open(&server).await;
    unauthorized.subscribe("a", "{ hello }").await;
    assert_eq!(unauthorized.hear().await, Err(4401));

    assert_eq!(Socket::open(&server).await.hear().await, Err(4408));

    let mut duplicate = Socket::initialised(&server, None).await;
    duplicate.subscribe("a", "subscription { open }").await;
    duplicate.hear().await.expect("a message");
    duplicate.subscribe("a", "subscription { open }").await;
    assert_eq!(duplicate.hear().await, Err(4409));

    let mut twice = Socket::initialised(&server, None).await;
    twice.say(&json!({ "type": "connection_init" })).await;
    assert_eq!(twice.hear().await, Err(4429));

    let mut large = Socket::initialised(&server, None).await;
    large.subscribe("a", &" ".repeat(20_000)).await;
    assert_eq!(large.hear().await, Err(1009));
}

#[tokio::test]
async fn a_token_that_is_not_accepted_closes_with_4403() {
    let server = Server::start().await;
    let refused = async |authorization: String| {
        let mut socket = Socket::open(&server).await;
        socket.say(&json!({ "type": "connection_init", "payload": { "authorization": authorization } })).await;
        socket.hear().await
    };
    assert_eq!(refused("Bearer forged".to_owned()).await, Err(4403));
    server.set_down(true);
    assert_eq!(refused(format!("Bearer {}", server.token)).await, Err(1013));
    server.set_down(false);
    server.fixture.tokens.expire_all();
    assert_eq!(refused(format!("Bearer {}", server.token)).await, Err(4403));
}

#[tokio::test]
async fn a_token_that_expires_ends_what_it_began() {
    let server = Server::with(ApiOptions { recheck: Duration::from_millis(50), ..ApiOptions::default() }).await;
    let mut socket = Socket::initialised(&server, Some(format!("Bearer {}", server.token))).await;
    socket.subscribe("a", "subscription { open }").await;
    socket.hear().await.expect("a message");
    // The database going away ends nothing.
    server.set_down(true);
    tokio::time::sleep(Duration::from_millis(200)).await;
    server.set_down(false);
    server.fixture.tokens.expire_all();
    let refusal = socket.hear().await.expect("a message");
    assert_eq!(refusal["payload"]["errors"][0]["extensions"]["reason"], "TOKEN_EXPIRED", "{refusal}");
    assert_eq!(socket.hear().await, Ok(json!({ "type": "complete", "id": "a" })));
    socket.subscribe("b", "{ hello }").await;
    let refusal = socket.hear().await.expect("a message");
    assert_eq!(refusal["type"], "error");
    assert_eq!(refusal["payload"][0]["extensions"]["code"], "UNAUTHENTICATED");
}

#[tokio::test]
async fn a_connection_runs_so_many_operations_and_no_more() {
    let limits = Limits { operations_per_socket: 2, ..Limits::default() };
    let server = Server::with(ApiOptions { limits, ..ApiOptions::default() }).await;
    let mut socket = Socket::initialised(&server, None).await;
    for id in ["a", "b"] {
        socket.subscribe(id, "subscription { open }").await;
        assert_eq!(socket.hear().await.expect("a message")["id"], id);
    }
    socket.subscribe("c", "subscription { open }").await;
    let refusal = socket.hear().await.expect("a message");
    assert_eq!(refusal["payload"][0]["extensions"]["code"], "COST_EXCEEDED", "{refusal}");
}

#[tokio::test]
async fn shutdown_closes_with_1001() {
    let server = Server::start().await;
    let (mut running, mut idle) = (Socket::initialised(&server, None).await, Socket::open(&server).await);
    running.subscribe("a", "subscription { open }").await;
    running.hear().await.expect("a message");
    server.shutdown.cancel();
    assert_eq!((running.hear().await, idle.hear().await), (Err(1001), Err(1001)));
}

#[tokio::test]
async fn another_sub_protocol_or_plain_http_is_refused() {
    let server = Server::start().await;
    let plain = http_support::answer(server.get("/graphql/ws", &[])).await;
    assert_eq!((plain.status.as_u16(), plain.code()), (426, "VALIDATION"));
    let url = format!("ws://{}/graphql/ws", server.address);
    let refused = tokio_tungstenite::connect_async(url).await.expect_err("no sub-protocol, no connection");
    assert!(refused.to_string().contains("400"), "{refused}");
}

#[tokio::test]
async fn a_clients_goodbye_is_answered() {
    let server = Server::start().await;
    let socket = Socket::initialised(&server, None).await;
    assert_eq!(socket.leave().await, Err(1000));
    let mut busy = Socket::initialised(&server, None).await;
    busy.subscribe("a", "subscription { open }").await;
    busy.hear().await.expect("a message");
    assert_eq!(busy.leave().await, Err(1000));
}

#[tokio::test]
async fn a_client_learns_that_its_message_is_too_big_though_it_is_never_read_to_the_end() {
    let server = Server::start().await;
    let socket = Socket::initialised(&server, None).await;
    assert_eq!(socket.hear_while_saying("x".repeat(20_000_000)).await, Err(1009));
}

//! GraphQL over HTTP: methods, media types, parameters, callers, errors.

mod http_support;

use std::time::Duration;

use http_support::{GRAPHQL, Server, answer};
use nexusflow_graphql::http::ApiOptions;
use nexusflow_graphql::limits::Limits;
use reqwest::{StatusCode, header};
use serde_json::{Value, json};

#[tokio::test]
async fn a_query_is_answered_and_its_cost_told() {
    let server = Server::start().await;
    let answer = server.query("{ hello }").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header("content-type"), "application/graphql-response+json; charset=utf-8");
    let cost = json!({ "cost": { "requested": 1, "limit": 20_000 } });
    assert_eq!(answer.body, json!({ "data": { "hello": "world" }, "extensions": cost }));
}

#[tokio::test]
async fn the_client_chooses_the_media_type() {
    let server = Server::start().await;
    let body = json!({ "query": "{ hello }" }).to_string();
    for (accept, status, content_type) in [
        (None, 200, "application/json; charset=utf-8"),
        (Some("*/*"), 200, "application/json; charset=utf-8"),
        (
            Some("application/graphql-response+json, application/json;q=0.9"),
            200,
            "application/graphql-response+json; charset=utf-8",
        ),
        (Some("text/html"), 406, "application/json; charset=utf-8"),
    ] {
        let mut request = server.post("/graphql").body(body.clone());
        if let Some(accept) = accept {
            request = request.header(header::ACCEPT, accept);
        }
        let answer = answer(request).await;
        assert_eq!((answer.status.as_u16(), answer.header("content-type")), (status, content_type), "{accept:?}");
    }
}

#[tokio::test]
async fn only_json_is_taken_so_that_a_cross_site_form_cannot_post() {
    let server = Server::start().await;
    for content_type in [
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/plain",
        "application/json; charset=utf-16",
        "application/jsonx",
    ] {
        let request = reqwest::Client::new().post(server.url("/graphql")).header(header::CONTENT_TYPE, content_type);
        let answer = answer(request.body(r#"{"query":"mutation { count }"}"#)).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (415, "VALIDATION"), "{content_type}");
    }
    let bare = reqwest::Client::new().post(server.url("/graphql")).body(r#"{"query":"mutation { count }"}"#);
    assert_eq!(answer(bare).await.status, 415);
    assert_eq!(server.effects(), 0);
}

#[tokio::test]
async fn malformed_requests_are_400_with_the_reason() {
    let server = Server::start().await;
    for (body, message) in [
        (&b"{\"query\": "[..], "not valid JSON"),
        (b"", "not valid JSON"),
        (b"{\"query\":\"{ echo(text: \\\"\xff\\\") }\"}", "not valid UTF-8"),
        (b"7", "JSON object"),
        (b"[{\"query\":\"{ hello }\"}]", "batches"),
        (b"{}", "\"query\" is missing"),
        (b"{\"query\":7}", "\"query\" must be a string"),
        (b"{\"query\":\"{ hello }\",\"operationName\":{}}", "\"operationName\" must be a string"),
        (b"{\"query\":\"{ hello }\",\"variables\":[1]}", "\"variables\" must be an object"),
        (b"{\"query\":\"{ hello }\",\"extensions\":\"x\"}", "\"extensions\" must be an object"),
        (b"{\"query\":\"query A { hello }\",\"operationName\":\"B\"}", "no operation named \"B\""),
        (b"{\"query\":\"query A { hello } query B { hello }\"}", "several operations"),
        (b"{\"query\":\"subscription { open }\"}", "/graphql/ws"),
    ] {
        let answer = server.post_json(body.to_vec()).await;
        let shown = String::from_utf8_lossy(body);
        assert_eq!((answer.status.as_u16(), answer.code()), (400, "VALIDATION"), "{shown}");
        assert!(answer.message().contains(message), "{shown}: {answer:?}");
        assert_eq!(answer.body.get("data"), None, "{shown}");
    }
}

#[tokio::test]
async fn invalid_documents_are_400_or_as_json_200() {
    let server = Server::start().await;
    for query in [
        "{",
        "{ nothing }",
        "{ hello { x } }",
        "{ echo }",
        "{ echo(text: 7) }",
        "",
        "query($t: String!) { echo(text: $t) }",
    ] {
        let telling = server.query(query).await;
        assert_eq!((telling.status.as_u16(), telling.code()), (400, "VALIDATION"), "{query}");
        assert_eq!(telling.body.get("data"), None, "{query}");
        let legacy = server.post_json(json!({ "query": query }).to_string()).await;
        assert_eq!((legacy.status.as_u16(), legacy.code()), (200, "VALIDATION"), "{query}");
    }
}

#[tokio::test]
async fn a_scalar_that_cannot_be_read_is_the_clients_fault() {
    let server = Server::start().await;
    let answer = server.query("{ year(at: \"yesterday\") }").await;
    assert_eq!((answer.status.as_u16(), answer.code()), (200, "VALIDATION"), "{answer:?}");
}

#[tokio::test]
async fn an_oversized_body_is_413() {
    let server = Server::start().await;
    let body = format!("{{\"query\":\"{{ hello }}\",\"padding\":\"{}\"}}", "x".repeat(2 << 20));
    let answer = server.post_json(body).await;
    assert_eq!((answer.status.as_u16(), answer.code()), (413, "COST_EXCEEDED"));
}

#[tokio::test]
async fn get_runs_queries_and_nothing_else() {
    let server = Server::start().await;
    let variables = ("variables", "{\"t\":\"é & ü\"}");
    let request = server.get("/graphql", &[("query", "query E($t: String!) { echo(text: $t) }"), variables]);
    assert_eq!(answer(request).await.body["data"], json!({ "echo": "é & ü" }));
    let refused = answer(server.get("/graphql", &[("query", "mutation { count }")]).bearer_auth(&server.token)).await;
    assert_eq!((refused.status.as_u16(), refused.header("allow")), (405, "POST"));
    let stream = server.get("/graphql/stream", &[("query", "mutation { count }")]);
    assert_eq!(answer(stream.header(header::ACCEPT, "text/event-stream")).await.status, 405);
    assert_eq!(server.effects(), 0);
    for parameters in
        [&[][..], &[("query", "{ hello }"), ("variables", "{")], &[("query", "{ hello }"), ("variables", "7")]]
    {
        assert_eq!(answer(server.get("/graphql", parameters)).await.status, 400, "{parameters:?}");
    }
    let invalid = reqwest::Client::new().get(format!("{}?query=%7Bhello%FF%7D", server.url("/graphql")));
    assert_eq!(answer(invalid).await.status, 400);
    let delete = answer(reqwest::Client::new().delete(server.url("/graphql"))).await;
    assert_eq!((delete.status.as_u16(), delete.header("allow")), (405, "GET, POST"));
}

#[tokio::test]
async fn a_token_says_who_calls_and_no_token_says_nobody() {
    let server = Server::start().await;
    let admin = server.fixture.tenant.admin.principal.user.to_string();
    assert_eq!(server.query("{ me }").await.body["data"], json!({ "me": null }));
    assert_eq!(server.query_signed_in("{ me }").await.body["data"], json!({ "me": admin }));
}

#[tokio::test]
async fn a_token_that_is_not_accepted_is_401_and_never_nobody() {
    let server = Server::start().await;
    let body = json!({ "query": "mutation { count }" }).to_string();
    let refusal = async |authorization: String| {
        let answer =
            answer(server.post("/graphql").header(header::AUTHORIZATION, authorization).body(body.clone())).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (401, "UNAUTHENTICATED"));
        assert!(answer.header("www-authenticate").starts_with("Bearer"));
        answer.body["errors"][0]["extensions"]["reason"].clone()
    };
    assert_eq!(refusal("Bearer forged".to_owned()).await, "TOKEN_INVALID");
    assert_eq!(refusal("Basic YTpi".to_owned()).await, "TOKEN_INVALID");
    let genuine = format!("Bearer {}", server.token);
    server.fixture.tokens.expire_all();
    assert_eq!(refusal(genuine).await, "TOKEN_EXPIRED");
    assert_eq!(server.effects(), 0);
}

#[tokio::test]
async fn a_deactivated_member_is_401() {
    let server = Server::start().await;
    let tenant = &server.fixture.tenant;
    let member = tenant.user("leaver", &[]).await.expect("a member");
    let identity = &server.fixture.application.identity;
    let password = nexusflow_application::fakes::fixture::PASSWORD.to_owned();
    let signed_in = identity.sign_in("leaver@acme.example", password, None, &member.origin).await.expect("a sign-in");
    identity.set_user_deactivated(&tenant.admin, member.principal.user, true).await.expect("a deactivation");
    let request = server.post("/graphql").bearer_auth(signed_in.token.reveal()).body(r#"{"query":"{ me }"}"#);
    let answer = answer(request).await;
    assert_eq!((answer.status.as_u16(), answer.code()), (401, "UNAUTHENTICATED"));
    assert_eq!(answer.body["errors"][0]["extensions"]["reason"], "NOT_A_MEMBER");
}

#[tokio::test]
async fn a_database_that_is_away_is_503_until_it_is_back() {
    let server = Server::start().await;
    server.set_down(true);
    let away = server.query_signed_in("{ me }").await;
    assert_eq!((away.status.as_u16(), away.code(), away.header("retry-after")), (503, "UNAVAILABLE", "1"));
    assert!(!away.message().contains("connection refused"));
    server.set_down(false);
    assert_eq!(server.query_signed_in("{ me }").await.status, 200);
}

#[tokio::test]
async fn the_correlation_id_goes_in_and_out() {
    let server = Server::start().await;
    let body = json!({ "query": "{ origin fail }" }).to_string();
    let request = server.post("/graphql").header("x-request-id", "order-42").header("user-agent", "a".repeat(300));
    let given = answer(request.body(body.clone())).await;
    assert_eq!(given.header("x-request-id"), "order-42");
    assert_eq!(given.body["data"]["origin"], json!(["127.0.0.1", "a".repeat(256), "order-42"]));
    assert_eq!(given.body["errors"][0]["extensions"]["correlationId"], "order-42");
    let fresh = answer(server.post("/graphql").header("x-request-id", "a b").body("{")).await;
    assert_eq!(fresh.header("x-request-id").len(), 32);
    assert_eq!(fresh.body["errors"][0]["extensions"]["correlationId"], fresh.header("x-request-id"));
    let forwarded = server.post("/graphql").header("x-forwarded-for", "203.0.113.7").body(body);
    assert_eq!(answer(forwarded).await.body["data"]["origin"][0], "127.0.0.1");
}

#[tokio::test]
async fn internals_are_masked_and_codes_kept() {
    let server = Server::start().await;
    let failed = server.query("{ hello fail }").await;
    assert_eq!((failed.status.as_u16(), failed.code()), (200, "INTERNAL"));
    assert_eq!(failed.body["data"], json!({ "hello": "world", "fail": null }));
    assert!(!failed.body.to_string().contains("hunter2"));
    let refused = server.query("{ forbidden }").await;
    assert_eq!((refused.code(), refused.message()), ("FORBIDDEN", "not for you"));
}

#[tokio::test]
async fn what_fails_is_null_or_makes_its_nearest_nullable_parent_null() {
    let server = Server::start().await;
    for (query, data) in [
        ("{ hello fail }", json!({ "hello": "world", "fail": null })),
        ("{ hello node { broken } }", json!(null)),
        (
            "{ hello node { leaf maybe { leaf broken } } }",
            json!({ "hello": "world", "node": { "leaf": 1, "maybe": null } }),
        ),
        ("{ node { maybe { node { node { broken } } } } }", json!({ "node": { "maybe": null } })),
        ("{ node { maybe { nodes { broken } } } }", json!({ "node": { "maybe": null } })),
        ("{ node { maybeNodes { leaf broken } } }", json!({ "node": { "maybeNodes": [null, null, null] } })),
        ("{ node { maybeNodes { leaf } } }", json!({ "node": { "maybeNodes": [{ "leaf": 1 }, null, { "leaf": 1 }] } })),
        ("{ hello @skip(if: true) }", json!({})),
    ] {
        let answer = server.query(query).await;
        assert_eq!((answer.status.as_u16(), &answer.body["data"]), (200, &data), "{query}: {answer:?}");
        assert_eq!(answer.body.get("errors").is_some(), query.contains("broken") || query.contains("fail"), "{query}");
    }
    let path = &server.query("{ node { maybe { broken } } }").await.body["errors"][0]["path"];
    assert_eq!(path, &json!(["node", "maybe", "broken"]));
}

#[tokio::test]
async fn a_panic_is_an_internal_error_and_the_server_lives_on() {
    let server = Server::start().await;
    let panicked = server.query("{ panic }").await;
    assert_eq!((panicked.status.as_u16(), panicked.code()), (500, "INTERNAL"));
    assert!(!panicked.body.to_string().contains("a bug"));
    assert_eq!(server.query("{ hello }").await.status, 200);
}

#[tokio::test]
async fn what_takes_too_long_is_unavailable_and_a_mutation_is_finished() {
    let limits = Limits { timeout: Duration::from_millis(200), ..Limits::default() };
    let server = Server::with(ApiOptions { limits, ..ApiOptions::default() }).await;
    for query in ["{ slow }", "mutation { countSlowly }"] {
        let answer = server.query(query).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (503, "UNAVAILABLE"), "{query}");
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(server.effects(), 1);
}

#[tokio::test]
async fn the_schema_is_for_the_signed_in_and_in_development_for_all() {
    let query = "{ __schema { queryType { name } } }";
    let server = Server::start().await;
    let refused = server.query(query).await;
    assert_eq!((refused.status.as_u16(), refused.code()), (401, "UNAUTHENTICATED"));
    assert_eq!(server.query("{ __typename }").await.body["data"], json!({ "__typename": "Query" }));
    assert_eq!(server.query_signed_in(query).await.status, 200);
    let open = Server::with(ApiOptions { development: true, ..ApiOptions::default() }).await;
    assert_eq!(open.query(query).await.status, 200);
}

#[tokio::test]
async fn graphiql_is_served_with_a_policy() {
    let server = Server::start().await;
    let page = answer(server.get("/", &[])).await;
    let policy = page.header("content-security-policy").to_owned();
    let nonce = policy.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next()).expect("a nonce");
    let Value::String(html) = page.body else { panic!("not a page") };
    assert_eq!(html.matches("<script").count(), html.matches(&format!("<script nonce=\"{nonce}\"")).count());
    let bare = Server::with(ApiOptions { graphiql: false, ..ApiOptions::default() }).await;
    assert_eq!(answer(bare.get("/", &[])).await.status, 404);
    assert_eq!(answer(server.post("/graphql").header(header::ACCEPT, GRAPHQL).body("{")).await.status, 400);
}

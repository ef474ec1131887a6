use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, header};
use nexusflow_application::fakes::fixture::PASSWORD;
use nexusflow_graphql::http::{ApiOptions, router};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::support::World;

async fn post(router: &Router, token: Option<&str>, query: &str) -> Value {
    let mut request = Request::post("/graphql").header(header::CONTENT_TYPE, "application/json");
    if let Some(token) = token {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    let body = Body::from(json!({ "query": query }).to_string());
    let answer = router.clone().oneshot(request.body(body).expect("a request")).await.expect("an answer");
    let bytes = to_bytes(answer.into_body(), usize::MAX).await.expect("a body");
    serde_json::from_slice(&bytes).expect("JSON")
}

#[tokio::test]
async fn a_client_signs_in_and_meets_refusals_codes_and_costs() {
    let world = World::new().await;
    world.start().await;
    let router = router(world.api.fixture.application.clone(), ApiOptions::default());
    let sign_in = format!(
        "mutation {{ signIn(input: {{ email: \"ben@acme.example\", password: \"{PASSWORD}\" }}) {{ token errors {{ code }} }} }}"
    );
    let signed_in = post(&router, None, &sign_in).await;
    let token = signed_in["data"]["signIn"]["token"].as_str().expect("a token");

    let answer = post(&router, Some(token), "{ me { user { email } } users { nodes { id } } }").await;
    assert_eq!(answer["data"], json!({ "me": { "user": { "email": "ben@acme.example" } }, "users": null }));
    let extensions = &answer["errors"][0]["extensions"];
    assert_eq!((&extensions["code"], &extensions["permission"]), (&json!("FORBIDDEN"), &json!("VIEW_USER")));
    assert!(extensions["correlationId"].is_string(), "{answer}");

    let answer =
        post(&router, Some(token), "{ inbox { nodes { request { requester { name roles { name } } } } } }").await;
    assert_eq!(
        answer["data"]["inbox"]["nodes"],
        json!([{ "request": { "requester": { "name": "ada", "roles": null } } }])
    );
    assert!(answer["extensions"]["cost"]["requested"].is_number(), "{answer}");

    let inner =
        "requests(first: 100) { nodes { steps { step { key } request { steps { request { steps { id } } } } } } }";
    let answer = post(&router, Some(token), &format!("{{ {inner} }}")).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "COST_EXCEEDED", "{answer}");
}

#[tokio::test]
async fn dates_and_ids_of_a_wrong_form_are_the_clients_fault() {
    let world = World::new().await;
    let router = router(world.api.fixture.application.clone(), ApiOptions::default());
    let origin = nexusflow_domain::insight::Origin::default();
    let identity = &world.api.fixture.application.identity;
    let signed_in = identity.sign_in("ada@acme.example", PASSWORD.to_owned(), None, &origin).await.expect("a token");
    for query in [
        "{ requests(filter: { overdueAt: \"2027-01-01\" }) { nodes { id } } }",
        "{ requests(filter: { overdueAt: 7 }) { nodes { id } } }",
        "{ request(id: \"wf_1\") { id } }",
        "{ requests(orderBy: { field: SIZE, direction: ASC }) { nodes { id } } }",
        "mutation { pauseWorkflow(input: {}) { errors { code } } }",
    ] {
        let answer = post(&router, Some(signed_in.token.reveal()), query).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "VALIDATION", "{query}: {answer}");
    }
}

//! What the API says of requests that call requests, and to whom.

use nexusflow_domain::ids::RequestId;
use serde_json::{Value, json};

use crate::support::World;

/// `start` → `c`, which calls the approval of the world → `end`.
fn calling() -> Value {
    json!({
        "steps": [{ "key": "start", "name": "Start", "kind": "START" },
            { "key": "c", "name": "Have it approved", "kind": "CALL", "call": { "workflow": "Approval" } },
            { "key": "end", "name": "End", "kind": "END" }],
        "transitions": [{ "from": "start", "to": "c" }, { "from": "c", "to": "end" }],
    })
}

/// A request of Ada's that has called another one.
async fn called(world: &World) -> RequestId {
    let tenant = &world.api.fixture.tenant;
    let document = serde_json::from_value(calling()).expect("a document");
    let workflow = tenant.publish("Order", document).await.expect("a workflow");
    let request = tenant.start(&world.ada, workflow, <_>::default()).await.expect("a request");
    assert_eq!(world.api.fixture.application.calls.carry_out(10).await.expect("calls"), 1);
    request
}

const FAMILY: &str = "query ($id: ID!) {
    request(id: $id) {
        title status parent { request { id } step { id } }
        children { totalCount nodes { title status parent { request { title } step { step { key } } } } }
        steps { status step { key } calledRequest { title } }
    }
    whyWaiting(requestId: $id) { kind calledRequest { title } requestStep { step { key } } }
}";

#[tokio::test]
async fn a_request_shows_what_it_called_and_what_called_it() {
    let world = World::new().await;
    let request = called(&world).await.to_string();
    let waiting = world.api.data(&world.ada, FAMILY, json!({ "id": request })).await;
    let children = "query ($id: ID!) { request(id: $id) { children { nodes { id } } } }";
    let children = world.api.data(&world.ada, children, json!({ "id": request })).await;
    let child: RequestId =
        children["request"]["children"]["nodes"][0]["id"].as_str().and_then(|id| id.parse().ok()).expect("a child");
    let (tenant, application) = (&world.api.fixture.tenant, &world.api.fixture.application);
    tenant.complete(&world.ben, child, "review", "APPROVED").await.expect("it completes");
    application.calls.carry_out(10).await.expect("calls");
    let ended = world.api.data(&world.ada, FAMILY, json!({ "id": request })).await;
    insta::assert_json_snapshot!([waiting, ended]);
}

#[tokio::test]
async fn whoever_may_see_only_one_of_them_sees_that_there_is_another_and_no_more() {
    let world = World::new().await;
    let request = called(&world).await;
    // Ben may see the child, on whose step he is asked to decide, but not the request that called it.
    let mine = "{ inbox { nodes { request { title parent { request { title } step { id } } } } } }";
    let child = world.api.data(&world.ben, mine, json!({})).await;
    let parent = world.api.data(&world.ben, FAMILY, json!({ "id": request.to_string() })).await;
    insta::assert_json_snapshot!([child, parent]);
}

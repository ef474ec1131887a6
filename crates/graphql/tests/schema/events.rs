use nexusflow_application::access::RoleMapping;
use std::time::Duration;

use futures::{Stream, StreamExt};
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::support::World;

const WATCH: &str = "subscription ($id: ID!, $after: String) { requestEvents(requestId: $id, after: $after) {
    cursor record { sequence event actor { email } } request { status openSteps { id } } } }";

/// The next event; `None` at the end.
async fn next(events: &mut (impl Stream<Item = Value> + Unpin)) -> Option<Value> {
    timeout(Duration::from_secs(10), events.next()).await.expect("an event in time")
}

fn name(event: &Value) -> &str {
    event["data"]["requestEvents"]["record"]["event"].as_str().unwrap_or_else(|| panic!("no event: {event}"))
}

#[tokio::test]
async fn a_request_is_watched_to_its_end_and_again_from_any_place() {
    let world = World::new().await;
    let request = world.start().await;
    let id = request.to_string();
    let mut events = world.api.subscribe(&world.ada, WATCH, json!({ "id": id }));
    let mut seen = Vec::new();
    while seen.last().is_none_or(|last| name(last) != "STEP_ACTIVATED") {
        seen.push(next(&mut events).await.expect("an event"));
    }
    assert!(timeout(Duration::from_millis(50), events.next()).await.is_err(), "nothing happens, nothing is told");
    world.api.fixture.tenant.complete(&world.ben, request, "review", "APPROVED").await.expect("a decision");
    while let Some(event) = next(&mut events).await {
        seen.push(event);
    }
    assert_eq!(name(seen.last().expect("events")), "REQUEST_COMPLETED");
    let names: Vec<_> = seen.iter().map(name).collect();
    insta::assert_json_snapshot!(names);

    for place in 0..seen.len() {
        let cursor = &seen[place]["data"]["requestEvents"]["cursor"];
        let events = world.api.subscribe(&world.ada, WATCH, json!({ "id": id, "after": cursor }));
        let rest: Vec<Value> = timeout(Duration::from_secs(10), events.collect()).await.expect("an end");
        assert_eq!(rest.iter().map(name).collect::<Vec<_>>(), names[place + 1..], "after {place}");
    }
}

#[tokio::test]
async fn events_stop_when_the_caller_may_no_longer_see_the_request() {
    let world = World::new().await;
    let request = world.start().await.to_string();
    let mut events = world.api.subscribe(&world.ben, WATCH, json!({ "id": request }));
    next(&mut events).await.expect("an event");
    let (admin, ben) = (world.admin(), world.ben.principal.user);
    world
        .api
        .fixture
        .application
        .access
        .revoke_role(admin, RoleMapping::everywhere(ben, world.approver))
        .await
        .expect("a revocation");
    let last = next(&mut events).await.expect("an answer");
    assert_eq!(last["errors"][0]["extensions"]["code"], "NOT_FOUND", "{last}");
    assert_eq!(next(&mut events).await, None);
}

#[tokio::test]
async fn a_member_who_was_deactivated_is_told_nothing_more() {
    let world = World::new().await;
    let request = world.start().await.to_string();
    let mut events = world.api.subscribe(&world.ada, WATCH, json!({ "id": request }));
    next(&mut events).await.expect("an event");
    let user = world.ada.principal.user;
    world.api.fixture.application.identity.set_user_deactivated(world.admin(), user, true).await.expect("it is done");
    let last = next(&mut events).await.expect("an answer");
    assert_eq!(last["errors"][0]["extensions"]["code"], "UNAUTHENTICATED", "{last}");
    assert_eq!(next(&mut events).await, None);
}

#[tokio::test]
async fn what_cannot_be_watched_is_refused_at_once() {
    let world = World::new().await;
    let request = world.start().await.to_string();
    let stranger = world.api.fixture.another_tenant("globex").await.expect("a tenant").admin;
    for (call, variables, code) in [
        (&stranger, json!({ "id": request }), "NOT_FOUND"),
        (&world.ada, json!({ "id": "req_1" }), "VALIDATION"),
        (&world.ada, json!({ "id": request, "after": "?" }), "VALIDATION"),
    ] {
        let mut events = world.api.subscribe(call, WATCH, variables.clone());
        let answer = next(&mut events).await.expect("an answer");
        assert_eq!(answer["errors"][0]["extensions"]["code"], code, "{variables}: {answer}");
    }
}

//! Messages and webhooks through the API: publishing, finding again, and who may.

use nexusflow_domain::JsonMap;
use nexusflow_domain::insight::Origin;
use serde_json::{Value, json};

use crate::support::World;

const PUBLISH: &str = "mutation ($input: PublishMessageInput!) { publishMessage(input: $input) {
    messageId received request { id } errors { code ... on InvalidInputError { problems { path } }
    ... on NotPermittedError { permission } } } }";
const MESSAGES: &str = "query ($filter: MessageFilter, $after: String) {
    messages(filter: $filter, first: 1, after: $after) { pageInfo { hasNextPage endCursor } nodes {
    id name key payload publishedAt expiresAt receivedAt request { id } step { step { key } } boundary } } }";

/// Starts a request of Ada's that waits so.
async fn waiting(world: &World, name: &str, wait: Value) -> String {
    let document = json!({
        "steps": [{ "key": "start", "name": "Start", "kind": "START" },
            { "key": "wait", "name": "Wait", "kind": "WAIT", "wait": wait },
            { "key": "end", "name": "End", "kind": "END" }],
        "transitions": [{ "from": "start", "to": "wait" }, { "from": "wait", "to": "end" }],
    });
    let tenant = &world.api.fixture.tenant;
    let document = serde_json::from_value(document).expect("a document");
    let workflow = tenant.publish(name, document).await.expect("a workflow");
    tenant.start(&world.ada, workflow, JsonMap::new()).await.expect("a request").to_string()
}

async fn publish(world: &World, input: Value) -> Value {
    let mut answer = world.api.data(world.admin(), PUBLISH, json!({ "input": input })).await;
    answer["publishMessage"].take()
}

#[tokio::test]
async fn a_message_is_published_received_and_found_again() {
    let world = World::new().await;
    let request = waiting(&world, "Payment", json!({ "message": { "name": "paid", "key": "'O-1'" } })).await;
    let input = json!({ "name": "paid", "key": "O-1", "payload": { "amount": 7 }, "idempotencyKey": "once" });
    let published = publish(&world, input.clone()).await;
    assert_eq!((&published["received"], &published["request"]["id"]), (&json!(true), &json!(request)));
    assert_eq!(publish(&world, input).await, published, "the first result again");
    let kept = publish(&world, json!({ "name": "paid", "key": "O-1", "timeToLive": "PT1H" })).await;
    assert_eq!((&kept["received"], &kept["request"]), (&json!(false), &Value::Null));

    let first = world.api.data(world.admin(), MESSAGES, json!({})).await;
    let message = &first["messages"]["nodes"][0];
    assert_eq!((&message["id"], &message["receivedAt"]), (&kept["messageId"], &Value::Null));
    assert_eq!(message["payload"], json!({}));
    let after = json!({ "after": first["messages"]["pageInfo"]["endCursor"] });
    let second = world.api.data(world.admin(), MESSAGES, after).await;
    let message = &second["messages"]["nodes"][0];
    assert_eq!(message["id"], published["messageId"]);
    assert_eq!((&message["request"]["id"], &message["step"]["step"]["key"]), (&json!(request), &json!("wait")));
    assert_eq!((&message["payload"], &message["boundary"]), (&json!({ "amount": 7 }), &Value::Null));
    let received = world.api.data(world.admin(), MESSAGES, json!({ "filter": { "received": true } })).await;
    assert_eq!(received["messages"]["nodes"][0]["id"], published["messageId"]);
    assert_eq!(received["messages"]["pageInfo"]["hasNextPage"], false);

    let node = "query ($id: ID!) { node(id: $id) { id ... on Message { name } } }";
    let id = json!({ "id": published["messageId"] });
    let found = world.api.data(world.admin(), node, id.clone()).await;
    assert_eq!(found["node"], json!({ "id": published["messageId"], "name": "paid" }));
    let stranger = world.api.fixture.another_tenant("globex").await.expect("a tenant").admin;
    assert_eq!(world.api.data(&stranger, node, id).await["node"], Value::Null);
    let theirs = world.api.data(&stranger, MESSAGES, json!({})).await;
    assert_eq!(theirs["messages"]["nodes"], json!([]));
}

#[tokio::test]
async fn a_message_of_a_wrong_form_or_without_permission_is_refused() {
    let world = World::new().await;
    let input = json!({ "name": "", "key": "", "timeToLive": "P91D" });
    let refused = publish(&world, input).await;
    let problems = refused["errors"][0]["problems"].as_array().expect("problems");
    let paths: Vec<&str> = problems.iter().filter_map(|problem| problem["path"].as_str()).collect();
    assert_eq!(paths, ["name", "key", "timeToLive"]);
    assert_eq!((&refused["messageId"], &refused["received"]), (&Value::Null, &json!(false)));
    let refused = publish(&world, json!({ "name": "n", "key": "k", "payload": [1] })).await;
    assert_eq!(refused["errors"][0]["problems"][0]["path"], "payload");
    let input = json!({ "input": { "name": "n", "key": "k" } });
    let denied = world.api.data(&world.ada, PUBLISH, input).await;
    assert_eq!(denied["publishMessage"]["errors"][0]["permission"], "PUBLISH_MESSAGE");
    let denied = world.api.run(Some(&world.ada), MESSAGES, json!({})).await;
    assert_eq!(denied["errors"][0]["extensions"]["code"], "FORBIDDEN");
}

#[tokio::test]
async fn the_address_of_a_step_is_shown_to_those_who_manage_requests_while_it_waits() {
    const STEPS: &str = "query ($id: ID!) { request(id: $id) { steps { webhookUrl step { key } } } }";
    let world = World::new().await;
    let request = waiting(&world, "Hook", json!({ "webhook": {} })).await;
    let id = json!({ "id": request });
    let addresses = |answer: &Value| {
        let steps = answer["request"]["steps"].as_array().expect("steps").clone();
        steps.iter().filter_map(|step| step["webhookUrl"].as_str().map(str::to_owned)).collect::<Vec<_>>()
    };
    let shown = addresses(&world.api.data(world.admin(), STEPS, id.clone()).await);
    assert!(matches!(&shown[..], [one] if one.starts_with("/hooks/") && one.contains(&request)), "{shown:?}");
    let denied = world.api.run(Some(&world.ada), STEPS, id.clone()).await;
    assert_eq!(denied["errors"][0]["extensions"]["permission"], "MANAGE_REQUEST");
    let application = &world.api.fixture.application;
    let hook = application.webhooks.find(&shown[0]["/hooks/".len()..]).expect("a hook");
    application.webhooks.call(hook, JsonMap::new(), &Origin::default()).await.expect("it is called");
    let after = world.api.data(world.admin(), STEPS, id).await;
    assert!(addresses(&after).is_empty(), "{after}");
}

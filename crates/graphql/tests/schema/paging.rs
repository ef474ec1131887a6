use serde_json::{Value, json};

use crate::support::World;

const PAGE: &str = "query ($first: Int, $after: String, $last: Int, $before: String, $order: RequestOrder) {
    requests(first: $first, after: $after, last: $last, before: $before, orderBy: $order) {
        totalCount nodes { id } pageInfo { hasPreviousPage hasNextPage startCursor endCursor } } }";

async fn page(world: &World, variables: Value) -> Value {
    world.api.data(&world.ada, PAGE, variables).await["requests"].take()
}

fn ids(page: &Value) -> Vec<String> {
    let nodes = page["nodes"].as_array().expect("nodes").iter();
    nodes.map(|node| node["id"].as_str().expect("an id").to_owned()).collect()
}

#[tokio::test]
async fn pages_forward_and_backward_give_the_whole_list_once() {
    let world = World::new().await;
    let mut started = Vec::new();
    for _ in 0..7 {
        started.push(world.start().await.to_string());
    }
    started.reverse();
    for order in ["CREATED_AT", "DUE_AT"] {
        let order = json!({ "field": order, "direction": "DESC" });
        let (mut forward, mut after) = (Vec::new(), Value::Null);
        loop {
            let page = page(&world, json!({ "first": 3, "after": after, "order": order })).await;
            assert_eq!(page["totalCount"], 7);
            forward.extend(ids(&page));
            if page["pageInfo"]["hasNextPage"] == false {
                break;
            }
            after = page["pageInfo"]["endCursor"].clone();
        }
        assert_eq!(forward, started);
        let (mut backward, mut before) = (Vec::new(), Value::Null);
        loop {
            let page = page(&world, json!({ "last": 3, "before": before, "order": order })).await;
            backward.splice(0..0, ids(&page));
            if page["pageInfo"]["hasPreviousPage"] == false {
                break;
            }
            before = page["pageInfo"]["startCursor"].clone();
        }
        assert_eq!(backward, started);
    }
}

#[tokio::test]
async fn a_cursor_of_another_order_is_refused() {
    let world = World::new().await;
    world.start().await;
    let cursor = page(&world, json!({})).await["pageInfo"]["endCursor"].clone();
    let order = json!({ "field": "DUE_AT", "direction": "ASC" });
    let answer = world.api.run(Some(&world.ada), PAGE, json!({ "after": cursor, "order": order })).await;
    assert_eq!(answer["errors"][0]["extensions"]["argument"], "after", "{answer}");
}

#[tokio::test]
async fn the_caller_sees_only_requests_that_involve_the_caller() {
    let world = World::new().await;
    world.start().await;
    let stranger = world.api.fixture.tenant.user("cy", &[]).await.expect("a user");
    let seen = world.api.data(&stranger, "{ requests { totalCount nodes { id } } }", json!({})).await;
    assert_eq!(seen, json!({ "requests": { "totalCount": 0, "nodes": [] } }));
}

use serde_json::{Value, json};

use crate::support::World;

const NODES: &str = "query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }";

#[tokio::test]
async fn every_node_is_found_again_by_its_id() {
    let world = World::new().await;
    let ids = ids(&world).await;
    let nodes = world.api.data(world.admin(), NODES, json!({ "ids": ids })).await;
    let found: Vec<_> = nodes["nodes"].as_array().expect("nodes").iter().map(|node| node["id"].clone()).collect();
    assert_eq!(Value::from(found), Value::from(ids));
    let mut types: Vec<_> = nodes["nodes"].as_array().expect("nodes").iter().map(|n| n["__typename"].clone()).collect();
    types.dedup();
    insta::assert_json_snapshot!(types);
}

#[tokio::test]
async fn another_tenants_ids_lead_nowhere() {
    let world = World::new().await;
    let ids = ids(&world).await;
    let stranger = world.api.fixture.another_tenant("globex").await.expect("a tenant").admin;
    let nodes = world.api.data(&stranger, NODES, json!({ "ids": ids })).await;
    assert_eq!(nodes["nodes"], Value::from(vec![Value::Null; ids.len()]));
}

#[tokio::test]
async fn what_is_no_id_is_refused() {
    let world = World::new().await;
    for id in ["", "wf", "wf_", "wf_00", "abc_00000000000000000000000000000000", "rst_é"] {
        let answer =
            world.api.run(Some(&world.ada), "query ($id: ID!) { node(id: $id) { id } }", json!({ "id": id })).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "VALIDATION", "{id}: {answer}");
    }
}

/// An id of every type of node.
async fn ids(world: &World) -> Vec<String> {
    let request = world.start().await;
    world.api.fixture.clock.advance(chrono::TimeDelta::days(3));
    world.api.fixture.application.timers.fire_due(10).await.expect("timers fire");
    let tenant = &world.api.fixture.tenant;
    let notified = tenant.call(world.ben.principal.user).await.expect("a call");
    let query = "query ($request: ID!) {
        me { organization { id } }
        request(id: $request) {
            id requester { id } workflow { id }
            workflowVersion { id steps { id } }
            steps { id requiredRole { id } }
            escalations { id }
            journal { nodes { id } }
        }
        notifications { nodes { id } }
    }";
    let seen = world.api.data(&notified, query, json!({ "request": request.to_string() })).await;
    let audited = world.api.data(world.admin(), "{ auditLogs(first: 100) { nodes { id } } }", json!({})).await;
    let mut ids = Vec::new();
    collect(&seen, &mut ids);
    collect(&audited, &mut ids);
    // A role's holders find their messages, an administrator does not.
    ids.retain(|id| !id.starts_with("ntf_"));
    ids.sort();
    ids.dedup();
    assert!(ids.len() <= 100, "{}", ids.len());
    let own = seen["notifications"]["nodes"][0]["id"].clone();
    let found = world.api.data(&notified, NODES, json!({ "ids": [own] })).await;
    assert_eq!(found["nodes"][0]["id"], own);
    ids
}

fn collect(value: &Value, ids: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::String(id) if name == "id" => ids.push(id.clone()),
                    value => collect(value, ids),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, ids)),
        _ => {}
    }
}

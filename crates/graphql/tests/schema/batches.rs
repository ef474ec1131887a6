use std::sync::Arc;

use serde_json::json;

use crate::counting::{Count, counted};
use crate::support::World;

/// Links of one kind at several depths may share a batch or not, as time has it.
const SLACK: usize = 4;

/// Runs a list query with 2 and with 20 rows; the reads must not grow with them.
async fn reads_do_not_grow(query: &str) {
    let count = Arc::new(Count::default());
    let world = World::on(|ports| counted(ports, &count)).await;
    for _ in 0..20 {
        world.start().await;
    }
    let mut reads = Vec::new();
    for first in [2, 20] {
        count.reset();
        world.api.data(world.admin(), query, json!({ "first": first })).await;
        reads.push(count.reset());
    }
    assert!(reads[1] <= reads[0] + SLACK, "{query}: reads for 2 and for 20 rows: {reads:?}");
}

#[tokio::test]
async fn of_requests_with_everything_behind_them() {
    reads_do_not_grow(
        "query ($first: Int) { requests(first: $first) { totalCount nodes {
            requester { email roles { name } }
            workflow { name createdBy { name } activeVersion { number } }
            workflowVersion { number steps { requiredRole { name permissions } } }
            steps { status step { key } requiredRole { name } assignee { name } claimedBy { name } request { title } }
            openSteps { step { key } }
            escalations { rung }
        } } }",
    )
    .await;
}

#[tokio::test]
async fn of_users_roles_and_records() {
    reads_do_not_grow("query ($first: Int) { users(first: $first) { nodes { roles { name permissions } } } }").await;
    reads_do_not_grow(
        "query ($first: Int) { auditLogs(first: $first) {
            nodes { actor { name roles { name } } request { title requester { name } } origin { ip } } } }",
    )
    .await;
}

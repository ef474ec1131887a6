use std::sync::Arc;

use nexusflow_application::fakes::fixture::single_approval;
use nexusflow_application::workflow::WorkflowChange;
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
        "query ($first: Int) { users(first: $first) {
            nodes { roleGrants { role { name } workflow { name } grantedBy { name } } } } }",
    )
    .await;
    reads_do_not_grow(
        "query ($first: Int) { whoCan(permission: START_REQUEST, first: $first) {
            nodes { user { name } grants { holder { name } grant { role { name } grantedBy { name } } } } } }",
    )
    .await;
    reads_do_not_grow(
        "query ($first: Int) { auditLogs(first: $first) {
            nodes { actor { name roles { name } } request { title requester { name } } origin { ip } } } }",
    )
    .await;
}

#[tokio::test]
async fn of_workflows_with_their_versions_and_drafts() {
    let count = Arc::new(Count::default());
    let world = World::on(|ports| counted(ports, &count)).await;
    let tenant = &world.api.fixture.tenant;
    let document = single_approval("Approver").expect("a document");
    for n in 0..20 {
        let workflow = tenant.publish(&format!("Workflow {n}"), document.clone()).await.expect("a workflow");
        let change = WorkflowChange { document: Some(document.clone()), ..WorkflowChange::default() };
        world.api.fixture.application.workflows.edit(world.admin(), workflow, change).await.expect("a draft");
    }
    let query = "query ($first: Int) { workflows(last: $first) { nodes {
        draft { number status } versions { number steps { requiredRole { name } } } activeVersion { number } } } }";
    let mut reads = Vec::new();
    for first in [2, 20] {
        count.reset();
        let data = world.api.data(world.admin(), query, json!({ "first": first })).await;
        reads.push(count.reset());
        let nodes = data["workflows"]["nodes"].as_array().expect("workflows");
        assert_eq!(nodes.len(), first);
        for node in nodes {
            assert_eq!(node["draft"], json!({ "number": 2, "status": "DRAFT" }));
            assert_eq!(node["versions"].as_array().expect("versions").len(), 2);
        }
    }
    // The list, versions, drafts, active versions, roles.
    assert_eq!(reads, [5, 5]);
}

#[tokio::test]
async fn the_step_of_an_execution_needs_no_read_once_its_version_is_known() {
    let count = Arc::new(Count::default());
    let world = World::on(|ports| counted(ports, &count)).await;
    let query = |inside: &str| format!("query ($id: ID!) {{ request(id: $id) {{ openSteps {{ status {inside} }} }} }}");
    let request = world.start().await.to_string();
    let mut reads = Vec::new();
    for inside in ["step { name }", "step { name config }", ""] {
        count.reset();
        world.api.data(&world.ada, &query(inside), json!({ "id": request })).await;
        reads.push(count.reset());
    }
    let [_, warm, without] = reads[..] else { panic!("three runs") };
    assert_eq!(warm, without, "{reads:?}");
}

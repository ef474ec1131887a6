//! Drafts and unpublished workflows are for those who may see workflows.

use nexusflow_application::access::RoleMapping;
use nexusflow_application::workflow::{NewWorkflow, WorkflowChange};
use nexusflow_domain::access::BuiltInRole;
use serde_json::{Value, json};

use crate::support::World;

const READ: &str = "query ($workflow: ID!, $version: ID!, $step: ID!) {
    workflow(id: $workflow) { id }
    node(id: $version) { id }
    nodes(ids: [$workflow, $version, $step]) { id }
}";

/// Ids of a workflow, of one of its versions, and of that version's start.
fn ids(workflow: &str, version: &str) -> Value {
    let step = version.replacen("wfv_", "wfs_", 1) + "_start";
    json!({ "workflow": workflow, "version": version, "step": step })
}

fn found(ids: &Value) -> Value {
    let node = |name: &str| json!({ "id": ids[name] });
    json!({
        "workflow": node("workflow"), "node": node("version"),
        "nodes": [node("workflow"), node("version"), node("step")],
    })
}

#[tokio::test]
async fn without_the_permission_they_are_as_if_unknown() {
    let world = World::new().await;
    let tenant = &world.api.fixture.tenant;
    let (admin, workflows) = (world.admin(), &world.api.fixture.application.workflows);
    let user = tenant.built_in(BuiltInRole::User).await.expect("a role");
    let ada = world.ada.principal.user;
    world
        .api
        .fixture
        .application
        .access
        .revoke_role(admin, RoleMapping::everywhere(ada, user))
        .await
        .expect("a revocation");
    let bare = tenant.call(ada).await.expect("a call");

    let document = nexusflow_application::fakes::fixture::single_approval("Approver").expect("a document");
    let new = NewWorkflow { name: "New".to_owned(), description: String::new(), document: Some(document.clone()) };
    let unpublished = workflows.create(admin, new, None).await.expect("a workflow");
    let change = WorkflowChange { document: Some(document), ..WorkflowChange::default() };
    workflows.edit(admin, world.workflow, change).await.expect("a draft");
    let query = "query ($new: ID!, $old: ID!) {
        new: workflow(id: $new) { draft { id } }
        old: workflow(id: $old) { draft { id } activeVersion { id } }
    }";
    let old = world.workflow.to_string();
    let seen = world.api.data(admin, query, json!({ "new": unpublished.to_string(), "old": old })).await;
    let id = |workflow: &str, version: &str| seen[workflow][version]["id"].as_str().expect("an id").to_owned();

    let new = ids(&unpublished.to_string(), &id("new", "draft"));
    let nothing = json!({ "workflow": null, "node": null, "nodes": [null, null, null] });
    assert_eq!(world.api.data(&bare, READ, new.clone()).await, nothing);
    assert_eq!(world.api.data(&world.ben, READ, new.clone()).await, found(&new));
    let draft = ids(&old, &id("old", "draft"));
    let published_alone = json!({ "workflow": { "id": old }, "node": null, "nodes": [{ "id": old }, null, null] });
    assert_eq!(world.api.data(&bare, READ, draft.clone()).await, published_alone);
    assert_eq!(world.api.data(&world.ben, READ, draft.clone()).await, found(&draft));
    let active = ids(&old, &id("old", "activeVersion"));
    assert_eq!(world.api.data(&bare, READ, active.clone()).await, found(&active));
}

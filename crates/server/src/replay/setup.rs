//! What must exist before the first event: roles, people, the published workflow. Through the API.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use nexusflow_domain::workflow::WorkflowDocument;
use serde_json::json;

use crate::replay::client::Client;
use crate::replay::operations::made;
use crate::replay::team::{Member, Team};

const CREATE_ROLE: &str = "mutation($input: CreateRoleInput!) {
  createRole(input: $input) { role { id } errors { __typename code message path } }
}";

const CREATE_USER: &str = "mutation($input: CreateUserInput!) {
  createUser(input: $input) { user { id } errors { __typename code message path } }
}";

const CREATE_WORKFLOW: &str = "mutation($input: CreateWorkflowInput!) {
  createWorkflow(input: $input) { workflow { id } errors { __typename code message path } }
}";

const PUBLISH_WORKFLOW: &str = "mutation($input: PublishWorkflowInput!) {
  publishWorkflow(input: $input) {
    workflow { id }
    errors { __typename code message path ... on InvalidGraphError { problems { path message } } }
  }
}";

/// Makes roles and people.
pub(super) async fn hire(team: &Team, roles: &[&str]) -> Result<()> {
    let mut ids = BTreeMap::new();
    for &name in roles {
        let input = json!({ "name": name, "description": "A role of the event log", "permissions": ["COMPLETE_TASK"] });
        let id = made(&team.admin, CREATE_ROLE, input, "createRole", "role").await;
        ids.insert(name, id.with_context(|| format!("the role {name:?}"))?);
    }
    for (name, member) in team.everybody() {
        create_user(&team.admin, name, member, &ids).await.with_context(|| format!("the user {name:?}"))?;
    }
    Ok(())
}

/// Creates and publishes the workflow; returns its id.
pub(super) async fn publish(admin: &Client, name: &str, document: &WorkflowDocument) -> Result<String> {
    let input = json!({ "name": name, "description": "Imported from a mined graph", "document": document });
    let id = made(admin, CREATE_WORKFLOW, input, "createWorkflow", "workflow").await?;
    made(admin, PUBLISH_WORKFLOW, json!({ "workflowId": id }), "publishWorkflow", "workflow").await
}

async fn create_user(admin: &Client, name: &str, member: &Member, roles: &BTreeMap<&str, String>) -> Result<String> {
    let held: Vec<&String> = member.roles.iter().filter_map(|role| roles.get(role.as_str())).collect();
    let input = json!({ "email": member.email, "name": name, "password": member.password, "roleIds": held });
    made(admin, CREATE_USER, input, "createUser", "user").await
}

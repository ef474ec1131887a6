use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Context;
use serde_json::{Value, json};

use crate::addresses::Addresses;
use crate::api::Api;
use crate::documents;
use crate::evidence::Evidence;

pub const ADMIN: &str = "ada@example.org";
pub const PASSWORD: &str = "a long sentence nobody guesses";

const CREATE_ROLE: &str = "mutation($input: CreateRoleInput!) {
  createRole(input: $input) { role { id } errors { code } } }";
const CREATE_USER: &str = "mutation($input: CreateUserInput!) {
  createUser(input: $input) { user { id } errors { code } } }";
const CREATE: &str = "mutation($input: CreateWorkflowInput!) {
  createWorkflow(input: $input) { workflow { id } errors { code } } }";
const PUBLISH: &str = "mutation($input: PublishWorkflowInput!) {
  publishWorkflow(input: $input) { workflow { id } errors { code } } }";

/// The people and the workflows of a run.
pub struct Office {
    pub admin: Api,
    /// With their ids.
    pub reviewers: Vec<(Api, String)>,
    pub robot: Api,
    /// Ids by name.
    pub workflows: BTreeMap<&'static str, String>,
}

impl Office {
    /// Puts them into an organization that was founded. `sink` is what actions call.
    pub async fn furnish(addresses: Arc<Addresses>, evidence: Arc<Evidence>, sink: &str) -> anyhow::Result<Self> {
        let anonymous = Api::anonymous(addresses, evidence)?;
        let admin = anonymous.sign_in(ADMIN, PASSWORD).await?;
        let mut roles = BTreeMap::new();
        for (role, permissions) in [("Reviewer", json!([])), ("Sleeper", json!([])), ("Worker", json!(["WORK_JOBS"]))] {
            let input = json!({ "name": role, "permissions": permissions, "idempotencyKey": role });
            let created = admin.sure("createRole", CREATE_ROLE, input).await?;
            roles.insert(role, id(&created["role"])?);
        }
        let mut people = Vec::new();
        for (name, role) in
            [("ann", "Reviewer"), ("bob", "Reviewer"), ("cleo", "Reviewer"), ("robot", "Worker"), ("zoe", "Sleeper")]
        {
            let email = format!("{name}@example.org");
            let input = json!({ "email": email, "name": name, "password": PASSWORD, "roleIds": [roles[role]],
                "idempotencyKey": name });
            let created = admin.sure("createUser", CREATE_USER, input).await?;
            people.push((anonymous.sign_in(&email, PASSWORD).await?, id(&created["user"])?));
        }
        let mut workflows = BTreeMap::new();
        for (name, document) in documents::all(sink) {
            let input = json!({ "name": name, "document": document, "idempotencyKey": name });
            let workflow = id(&admin.sure("createWorkflow", CREATE, input).await?["workflow"])?;
            admin.sure("publishWorkflow", PUBLISH, json!({ "workflowId": workflow })).await?;
            workflows.insert(name, workflow);
        }
        let robot = people.get(3).context("a robot")?.0.clone();
        people.truncate(3);
        Ok(Self { admin, reviewers: people, robot, workflows })
    }
}

fn id(node: &Value) -> anyhow::Result<String> {
    node["id"].as_str().map(str::to_owned).with_context(|| format!("expected a node with an id, found {node}"))
}

use anyhow::{Context, Result};
use nexusflow_application::Application;
use nexusflow_application::identity::{NewMember, NewOrganization};
use serde_json::{Value, json};

use crate::client::Client;

const PASSWORD: &str = "a benchmark's passphrase";

/// An organization of its own with a published workflow of two tasks for one role, and a signed-in
/// member who holds every role.
pub struct Fixture {
    pub client: Client,
    pub workflow: String,
}

impl Fixture {
    pub async fn create(application: &Application, url: &str, slug: &str) -> Result<Self> {
        let email = format!("{slug}@benchmark.example");
        let admin = NewMember {
            email: email.clone(),
            name: "Benchmark".to_owned(),
            password: PASSWORD.to_owned(),
            roles: Vec::new(),
        };
        let organization = NewOrganization { name: slug.to_owned(), slug: slug.to_owned(), admin };
        application.identity.create_organization(organization).await?;
        let mut client = Client::new(url.to_owned());
        client.sign_in(&email, PASSWORD).await?;
        let create = "mutation($input: CreateWorkflowInput!) { createWorkflow(input: $input) { workflow { id } errors { message } } }";
        let input = json!({ "input": { "name": "Two tasks", "description": "", "document": document() } });
        let data = client.call(create, input).await?;
        let workflow = text(&data["createWorkflow"]["workflow"]["id"])?;
        let publish =
            "mutation($input: PublishWorkflowInput!) { publishWorkflow(input: $input) { errors { message } } }";
        client.call(publish, json!({ "input": { "workflowId": workflow } })).await?;
        Ok(Self { client, workflow })
    }

    /// Starts a request; its id and the id of its open step.
    pub async fn start(&self) -> Result<(String, String)> {
        let start = "mutation($input: StartRequestInput!) { startRequest(input: $input) { request { id openSteps { id } } errors { message } } }";
        let input = json!({ "workflowId": self.workflow, "variables": { "amount": 1200, "applicant": "Ada", "urgent": false } });
        let data = self.client.call(start, json!({ "input": input })).await?;
        let request = &data["startRequest"]["request"];
        Ok((text(&request["id"])?, text(&request["openSteps"][0]["id"])?))
    }
}

pub fn text(value: &Value) -> Result<String> {
    value.as_str().map(str::to_owned).with_context(|| format!("expected a text, found {value}"))
}

fn document() -> Value {
    let task = |key: &str| json!({ "key": key, "name": key, "kind": "TASK", "candidate": { "role": "User" } });
    json!({
        "steps": [
            { "key": "start", "name": "Start", "kind": "START" },
            task("first"),
            task("second"),
            { "key": "end", "name": "End", "kind": "END" },
        ],
        "transitions": [
            { "from": "start", "to": "first" },
            { "from": "first", "to": "second" },
            { "from": "second", "to": "end" },
        ],
    })
}

use std::path::Path;
use std::process::Command;

use anyhow::ensure;
use serde_json::{Value, json};

use super::{Api, program};

pub const ADMIN: &str = "ada@example.org";
pub const PASSWORD: &str = "a long sentence nobody guesses";
const KEY: &str = "a key of no importance with 32 bytes";

const CREATE: &str = "mutation($input: CreateWorkflowInput!) {
  createWorkflow(input: $input) { workflow { id } errors { code message } } }";
const PUBLISH: &str = "mutation($input: PublishWorkflowInput!) {
  publishWorkflow(input: $input) { workflow { id } errors { code message } } }";
const START: &str = "mutation($input: StartRequestInput!) {
  startRequest(input: $input) { request { id openSteps { id } } errors { code message } } }";
const REQUEST: &str = "query($id: ID!) { request(id: $id) { status version escalations { rung action } } }";

/// An organization with one administrator, on a database.
pub struct Office<'a> {
    pub folder: &'a Path,
    pub database_url: String,
}

impl<'a> Office<'a> {
    /// Founds it by the command line.
    pub fn found(folder: &'a Path, database_url: &str) -> anyhow::Result<Self> {
        let office = Self { folder, database_url: database_url.to_owned() };
        let mut create = office.program(database_url);
        create.args(["organization", "create", "--name", "Example Ltd", "--slug", "example"]);
        create.args(["--admin-email", ADMIN, "--admin-name", "Ada"]);
        let created = create.env("NEXUSFLOW_ADMIN_PASSWORD", PASSWORD).output()?;
        ensure!(created.status.success(), "{}", String::from_utf8_lossy(&created.stderr));
        Ok(office)
    }

    /// The program on the office's database, by whatever way.
    pub fn program(&self, database_url: &str) -> Command {
        let mut command = program(self.folder);
        command.env("NEXUSFLOW_DATABASE__URL", database_url).env("NEXUSFLOW_AUTH__TOKEN_SECRET", KEY);
        command
    }

    /// What `nexusflow audit verify` prints, and its exit code.
    pub fn verify(&self) -> anyhow::Result<(Vec<String>, Option<i32>)> {
        let output = self.program(&self.database_url).args(["audit", "verify"]).output()?;
        ensure!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
        let lines = String::from_utf8(output.stdout)?.lines().map(str::to_owned).collect();
        Ok((lines, output.status.code()))
    }

    /// A workflow of one task for administrators; `ladder` is what its missed deadline sets off.
    pub async fn publish(api: &Api, due_in: &str, ladder: Value) -> anyhow::Result<String> {
        let document = json!({
            "steps": [
                { "key": "start", "name": "Start", "kind": "START" },
                {
                    "key": "work", "name": "Work", "kind": "TASK", "candidate": { "role": "Owner" },
                    "sla": { "dueIn": due_in, "escalations": ladder },
                },
                { "key": "end", "name": "End", "kind": "END" },
            ],
            "transitions": [{ "from": "start", "to": "work" }, { "from": "work", "to": "end" }],
        });
        Self::publish_document(api, &format!("Work {due_in}"), document).await
    }

    /// Publishes a workflow; returns its id.
    pub async fn publish_document(api: &Api, name: &str, document: Value) -> anyhow::Result<String> {
        let input = json!({ "name": name, "document": document });
        let created = api.mutate("createWorkflow", CREATE, input).await?;
        let id = text(&created["workflow"]["id"]);
        api.mutate("publishWorkflow", PUBLISH, json!({ "workflowId": id })).await?;
        Ok(id)
    }

    /// Starts a request; returns its id and its open step's.
    pub async fn start(api: &Api, workflow: &str) -> anyhow::Result<(String, String)> {
        let started = api.mutate("startRequest", START, json!({ "workflowId": workflow })).await?;
        Ok((text(&started["request"]["id"]), text(&started["request"]["openSteps"][0]["id"])))
    }

    /// A request's status, version and escalations.
    pub async fn request(api: &Api, id: &str) -> anyhow::Result<Value> {
        api.call(REQUEST, json!({ "id": id })).await?.data("request")
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

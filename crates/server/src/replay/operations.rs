//! The GraphQL operations of a replay, and what they answer.

use nexusflow_domain::JsonMap;
use nexusflow_domain::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::replay::client::Client;
use crate::replay::plan::PlannedEvent;

const START: &str = "mutation Start($input: StartRequestInput!) {
  startRequest(input: $input) {
    request { id version status openSteps { id step { key name } } }
    errors { __typename code message }
  }
}";

const COMPLETE: &str = "mutation Complete($input: CompleteStepInput!) {
  completeStep(input: $input) {
    request { id version status openSteps { id step { key name } } }
    errors { __typename code message }
  }
}";

const VERSION: &str = "query Version($id: ID!) { request(id: $id) { version } }";

/// A request as far as it has come.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Progress {
    pub id: String,
    pub version: u64,
    pub status: String,
    pub open_steps: Vec<OpenStep>,
}

/// An open step of a request.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct OpenStep {
    pub id: String,
    pub step: Step,
}

/// A node of the graph.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Step {
    pub key: String,
    pub name: String,
}

/// A typed refusal.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Refusal {
    #[serde(rename = "__typename")]
    pub kind: String,
    pub message: String,
}

/// What a mutation of a request answers: the request, or refusals.
#[derive(Debug, Clone, Deserialize)]
struct Payload {
    request: Option<Progress>,
    errors: Vec<Refusal>,
}

/// A request to be started.
pub(super) struct Start<'a> {
    pub workflow: &'a str,
    pub case: &'a str,
    pub due_at: Option<Timestamp>,
    pub variables: &'a JsonMap,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Started {
    start_request: Payload,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Completed {
    complete_step: Payload,
}

#[derive(Deserialize)]
struct Versioned {
    request: Option<Version>,
}

#[derive(Deserialize)]
struct Version {
    version: u64,
}

/// Starts a request; its title and reference are the case's id.
pub(super) async fn start(client: &Client, start: &Start<'_>) -> anyhow::Result<Result<Progress, Vec<Refusal>>> {
    let input = json!({
        "workflowId": start.workflow,
        "title": start.case,
        "reference": start.case,
        "dueAt": start.due_at,
        "variables": start.variables,
    });
    let answer: Started = client.call(START, json!({ "input": input })).await?;
    answer.start_request.outcome()
}

/// Completes an open step.
pub(super) async fn complete(
    client: &Client,
    step: &str,
    planned: &PlannedEvent,
) -> anyhow::Result<Result<Progress, Vec<Refusal>>> {
    let input = json!({ "stepId": step, "outcome": planned.outcome, "variables": planned.variables });
    let answer: Completed = client.call(COMPLETE, json!({ "input": input })).await?;
    answer.complete_step.outcome()
}

/// The number of a request's journal entries.
pub(super) async fn version(client: &Client, request: &str) -> anyhow::Result<Option<u64>> {
    let answer: Versioned = client.call(VERSION, json!({ "id": request })).await?;
    Ok(answer.request.map(|request| request.version))
}

impl Payload {
    fn outcome(self) -> anyhow::Result<Result<Progress, Vec<Refusal>>> {
        match self.request {
            Some(request) if self.errors.is_empty() => Ok(Ok(request)),
            None if self.errors.is_empty() => anyhow::bail!("the answer has neither a request nor a refusal"),
            Some(_) | None => Ok(Err(self.errors)),
        }
    }
}

/// Refusals on one line.
pub(super) fn list(refusals: &[Refusal]) -> String {
    refusals.iter().map(|refusal| format!("{}: {}", refusal.kind, refusal.message)).collect::<Vec<_>>().join("; ")
}

/// Runs a mutation of the set-up and returns the id at `path`; a refusal is an error.
pub(super) async fn made(
    client: &Client,
    query: &str,
    input: Value,
    mutation: &str,
    node: &str,
) -> anyhow::Result<String> {
    let data: Value = client.call(query, json!({ "input": input })).await?;
    let payload = &data[mutation];
    match payload[node]["id"].as_str() {
        Some(id) if payload["errors"].as_array().is_none_or(Vec::is_empty) => Ok(id.to_owned()),
        _ => anyhow::bail!("{mutation} was refused: {}", payload["errors"]),
    }
}

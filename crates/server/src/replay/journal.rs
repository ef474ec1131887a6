//! Reading back, through the API, what the server has on record.

use std::collections::BTreeMap;

use anyhow::{Result, anyhow, bail};
use nexusflow_domain::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::replay::client::Client;

/// Records of one page.
const PAGE: u32 = 100;

const REQUEST: &str = "query Recorded($id: ID!, $first: Int!, $after: String) {
  request(id: $id) {
    status dueAt completedAt
    escalations { missedDeadline }
    journal(first: $first, after: $after) {
      nodes { event at actor { email } detail }
      pageInfo { hasNextPage endCursor }
    }
  }
}";

const AUDIT: &str = "query Audit($event: String!, $first: Int!, $after: String) {
  auditLogs(filter: { event: $event }, first: $first, after: $after) {
    nodes { id }
    pageInfo { hasNextPage endCursor }
  }
}";

/// What the server has on record of a request.
#[derive(Debug)]
pub(super) struct Recorded {
    pub status: String,
    pub due_at: Option<Timestamp>,
    pub completed_at: Option<Timestamp>,
    /// How many deadlines were missed.
    pub escalations: usize,
    /// Its completed human steps, in order.
    pub completions: Vec<Completion>,
}

/// A completed human step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Completion {
    /// The node's key.
    pub step: String,
    /// Who did it.
    pub email: String,
    pub at: Timestamp,
}

#[derive(Deserialize)]
struct Answer {
    request: Option<RequestView>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RequestView {
    status: String,
    due_at: Option<Timestamp>,
    completed_at: Option<Timestamp>,
    escalations: Vec<Value>,
    journal: Option<Page<Record>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page<T> {
    nodes: Vec<T>,
    page_info: PageInfo,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PageInfo {
    has_next_page: bool,
    end_cursor: Option<String>,
}

#[derive(Deserialize)]
struct Record {
    event: String,
    at: Timestamp,
    actor: Option<Actor>,
    detail: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
struct Actor {
    email: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Audit {
    audit_logs: Option<Page<Value>>,
}

/// Reads one request with its whole journal.
pub(super) async fn recorded(client: &Client, id: &str) -> Result<Recorded> {
    let mut completions = Vec::new();
    let mut after = None;
    loop {
        let variables = json!({ "id": id, "first": PAGE, "after": after });
        let answer: Answer = client.call(REQUEST, variables).await?;
        let request = answer.request.ok_or_else(|| anyhow!("the request {id} cannot be seen"))?;
        let journal = request.journal.ok_or_else(|| anyhow!("the journal of {id} cannot be seen"))?;
        for record in journal.nodes {
            completions.extend(completion(record)?);
        }
        after = journal.page_info.end_cursor;
        if !journal.page_info.has_next_page {
            let (status, escalations) = (request.status, request.escalations.len());
            let (due_at, completed_at) = (request.due_at, request.completed_at);
            return Ok(Recorded { status, due_at, completed_at, escalations, completions });
        }
    }
}

fn completion(record: Record) -> Result<Option<Completion>> {
    if record.event != "STEP_COMPLETED" {
        return Ok(None);
    }
    let (Some(actor), Some(step)) = (record.actor, record.detail.get("step").and_then(Value::as_str)) else {
        bail!("a STEP_COMPLETED at {} names no step or nobody", record.at);
    };
    Ok(Some(Completion { step: step.to_owned(), email: actor.email, at: record.at }))
}

/// How many records of a kind the organization has.
pub(super) async fn count(client: &Client, event: &str) -> Result<usize> {
    let (mut count, mut after) = (0, None);
    loop {
        let variables = json!({ "event": event, "first": PAGE, "after": after });
        let answer: Audit = client.call(AUDIT, variables).await?;
        let page = answer.audit_logs.ok_or_else(|| anyhow!("the audit log cannot be seen"))?;
        count += page.nodes.len();
        after = page.page_info.end_cursor;
        if !page.page_info.has_next_page {
            return Ok(count);
        }
    }
}

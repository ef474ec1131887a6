//! The workflows that the measures run.

use anyhow::Result;
use nexusflow_domain::workflow::WorkflowDocument;
use serde_json::{Value, json};

/// How many tasks the long workflow has; all its transitions but the last are alike.
pub const TASKS: usize = 40;

/// How many automatic steps the automatic workflow has.
pub const AUTOMATIC_STEPS: usize = 5;

/// The role of everybody who acts.
pub const ROLE: &str = "User";

/// A sequence of forty tasks for one role.
pub fn tasks() -> Result<WorkflowDocument> {
    sequence(&[], TASKS, |key| json!({ "key": key, "name": key, "kind": "TASK", "candidate": { "role": ROLE } }))
}

/// A sequence of five trivial steps without a person.
pub fn automatic() -> Result<WorkflowDocument> {
    sequence(&[], AUTOMATIC_STEPS, trivial_step)
}

/// One approval by whoever holds a role.
pub fn approval() -> Result<WorkflowDocument> {
    let outcomes = [json!({ "from": "step1", "outcome": "REJECTED", "to": "end" })];
    sequence(&outcomes, 1, |key| json!({ "key": key, "name": key, "kind": "APPROVAL", "candidate": { "role": ROLE } }))
}

/// The smallest automatic step there is.
fn trivial_step(key: &str) -> Value {
    json!({ "key": key, "name": key, "kind": "SERVICE", "service": { "set": { "amount": "amount + 1" } } })
}

/// START, `step1` and so on, END. An approval goes on when it was approved; `more` says where else.
fn sequence(more: &[Value], length: usize, step: impl Fn(&str) -> Value) -> Result<WorkflowDocument> {
    let keys: Vec<String> = (1..=length).map(|place| format!("step{place}")).collect();
    let mut steps = vec![json!({ "key": "start", "name": "Start", "kind": "START" })];
    steps.extend(keys.iter().map(|key| step(key)));
    steps.push(json!({ "key": "end", "name": "End", "kind": "END" }));
    let from = ["start"].into_iter().chain(keys.iter().map(String::as_str));
    let to = keys.iter().map(String::as_str).chain(["end"]);
    let edge = |(from, to): (&str, &str)| match more {
        [] => json!({ "from": from, "to": to }),
        _ if from == "start" => json!({ "from": from, "to": to }),
        _ => json!({ "from": from, "outcome": "APPROVED", "to": to }),
    };
    let transitions: Vec<Value> = from.zip(to).map(edge).chain(more.iter().cloned()).collect();
    Ok(serde_json::from_value(json!({ "steps": steps, "transitions": transitions }))?)
}

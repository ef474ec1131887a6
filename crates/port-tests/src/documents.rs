use nexusflow_domain::workflow::WorkflowDocument;
use serde_json::{Value, json};

/// `start`, then the given steps one after the other, whatever their outcome, then `end`.
pub fn sequence(steps: &[Value]) -> anyhow::Result<WorkflowDocument> {
    let mut all = vec![json!({ "key": "start", "name": "Start", "kind": "START" })];
    all.extend_from_slice(steps);
    all.push(json!({ "key": "end", "name": "End", "kind": "END" }));
    let transitions: Vec<Value> =
        all.windows(2).map(|pair| json!({ "from": pair[0]["key"], "to": pair[1]["key"] })).collect();
    Ok(serde_json::from_value(json!({ "steps": all, "transitions": transitions }))?)
}

/// A task for a role, with further fields.
pub fn task(key: &str, role: &str, more: &Value) -> Value {
    with(json!({ "key": key, "name": key.to_uppercase(), "kind": "TASK", "candidate": { "role": role } }), more)
}

/// An approval for a role, with further fields.
pub fn approval(key: &str, role: &str, more: &Value) -> Value {
    with(json!({ "key": key, "name": key.to_uppercase(), "kind": "APPROVAL", "candidate": { "role": role } }), more)
}

/// A document in which everything that a document can say is said.
pub fn rich(role: &str, email: &str, later_role: &str) -> anyhow::Result<WorkflowDocument> {
    Ok(serde_json::from_value(json!({
        "steps": [
            { "key": "start", "name": "Start", "kind": "START", "order": -3 },
            {
                "key": "write", "name": "Wríte \"it\" 📝", "description": "Line one\nLine two", "kind": "TASK",
                "candidate": { "requester": {} }, "order": 7, "required": false, "outcomes": ["DONE", "GIVEN_UP"],
                "config": { "form": [{ "field": "sum", "max": 1.5, "tags": [null, true, "x"] }], "empty": {} },
            },
            { "key": "both", "name": "Both", "kind": "DECISION", "split": "ALL", "order": 7 },
            {
                "key": "by-role", "name": "By role", "kind": "APPROVAL", "candidate": { "role": role },
                "outcomes": ["APPROVED", "REJECTED", "LATER"],
                "separation": { "notRequester": true, "notDeciderOf": ["write"] },
                "sla": { "dueIn": "P2DT4H", "escalations": [
                    { "action": { "notify": { "candidates": {} } } },
                    { "after": "PT1H", "action": { "notify": { "role": later_role } } },
                    { "after": "PT2H", "action": { "reassign": { "role": later_role } } },
                    { "after": "PT3H", "action": { "raise": {} } },
                    { "after": "PT4H", "action": { "takeOutcome": { "outcome": "REJECTED" } } },
                ] },
            },
            {
                "key": "by-person", "name": "By person", "kind": "TASK", "candidate": { "user": email },
                "sla": { "dueIn": "PT1S" },
            },
            { "key": "meet", "name": "Meet", "kind": "DECISION", "join": "ALL" },
            { "key": "good", "name": "Good", "kind": "END" },
            { "key": "stop", "name": "Stop", "kind": "END", "end": "TERMINATE" },
            { "key": "bad", "name": "Bad", "kind": "END", "end": "ERROR" },
        ],
        "transitions": [
            { "from": "start", "to": "write" },
            { "from": "write", "outcome": "DONE", "to": "both" },
            { "from": "write", "outcome": "GIVEN_UP", "to": "bad" },
            { "from": "both", "to": "by-role" },
            { "from": "both", "to": "by-person" },
            { "from": "by-role", "to": "meet" },
            { "from": "by-person", "to": "meet" },
            {
                "from": "meet", "to": "good", "priority": 2,
                "condition": { "all": [
                    { "field": "sum", "operator": "less", "value": 100.25 },
                    { "not": { "field": "kind", "operator": "in", "value": ["a", "b"] } },
                ] },
            },
            {
                "from": "meet", "to": "stop", "priority": -1,
                "condition": { "field": "stop", "operator": "equals", "value": true },
            },
            { "from": "meet", "to": "bad", "isDefault": true, "priority": 9 },
        ],
        "sla": { "dueIn": "P30D", "escalations": [{ "after": "P1D", "action": { "notify": { "requester": {} } } }] },
    }))?)
}

/// An object with the fields of another one laid over it.
pub fn with(mut base: Value, more: &Value) -> Value {
    if let (Some(base), Some(more)) = (base.as_object_mut(), more.as_object()) {
        base.extend(more.clone());
    }
    base
}

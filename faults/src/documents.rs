//! The workflows that are put under load. Each comes to its end by itself, or with what the actors do.

use serde_json::{Value, json};

pub const REVIEW: &str = "Review";
pub const ORDER: &str = "Order";
pub const LATE: &str = "Late";
pub const PARENT: &str = "Parent";
pub const CHILD: &str = "Child";

/// Types of jobs.
pub const JOBS: [&str; 3] = ["charge", "pack", "ship"];

/// Every workflow, those that are called first. `sink` is what their actions call.
pub fn all(sink: &str) -> [(&'static str, Value); 5] {
    [(CHILD, child(sink)), (REVIEW, review()), (ORDER, order()), (LATE, late()), (PARENT, parent())]
}

/// Those that are started from outside.
pub const STARTED: [&str; 4] = [REVIEW, ORDER, LATE, PARENT];

/// A vote of two out of three beside a job, a wait for time, and a task that is claimed.
fn review() -> Value {
    document(
        vec![
            json!({ "key": "both", "name": "Both", "kind": "DECISION", "split": "ALL" }),
            json!({ "key": "board", "name": "Board", "kind": "APPROVAL", "candidate": { "role": "Reviewer" },
                "approval": { "quorum": { "atLeast": { "count": 2 } } },
                "sla": { "dueIn": "PT4S", "escalations": [
                    { "action": { "notify": { "candidates": {} } } }, { "after": "PT2S", "action": { "raise": {} } } ] } }),
            service("charge", "charge", &json!({})),
            json!({ "key": "gather", "name": "Gather", "kind": "DECISION", "join": "ALL" }),
            wait("rest", &json!({ "timer": { "after": "PT1S" } })),
            json!({ "key": "close", "name": "Close", "kind": "TASK", "candidate": { "role": "Reviewer" } }),
        ],
        &[
            ("start", "both"),
            ("both", "board"),
            ("both", "charge"),
            ("board", "gather"),
            ("charge", "gather"),
            ("gather", "rest"),
            ("rest", "close"),
            ("close", "end"),
        ],
    )
}

/// Several instances of a job, then a message, then a call from outside.
fn order() -> Value {
    sequence(vec![
        service(
            "pack",
            "pack",
            &json!({ "multi": { "over": "items", "collect": "packed" }, "input": { "item": "item" } }),
        ),
        wait("paid", &json!({ "message": { "name": "paid", "key": "order" } })),
        wait("picked", &json!({ "webhook": {} })),
    ])
}

/// Nobody does the task: its ladder ends it.
fn late() -> Value {
    sequence(vec![
        json!({ "key": "slow", "name": "Slow", "kind": "TASK", "candidate": { "role": "Sleeper" }, "sla": {
            "dueIn": "PT1S", "escalations": [
                { "action": { "notify": { "candidates": {} } } },
                { "after": "PT1S", "action": { "raise": {} } },
                { "after": "PT2S", "action": { "takeOutcome": { "outcome": "COMPLETED" } } } ] } }),
        wait("rest", &json!({ "timer": { "after": "PT1S" } })),
    ])
}

fn parent() -> Value {
    sequence(vec![json!({ "key": "call", "name": "Call", "kind": "CALL", "call": { "workflow": CHILD } })])
}

/// A job, then an action that NexusFlow itself carries out.
fn child(sink: &str) -> Value {
    let http = json!({ "method": "POST", "url": format!("'{sink}'") });
    let retry = json!({ "attempts": 10, "delay": "PT1S", "backoff": "FIXED" });
    let post = json!({ "key": "post", "name": "Post", "kind": "SERVICE", "service": { "http": http, "retry": retry },
        "output": { "stamp": "result.body.stamp" } });
    sequence(vec![service("ship", "ship", &json!({})), post])
}

fn service(key: &str, job_type: &str, more: &Value) -> Value {
    let retry = json!({ "attempts": 10, "delay": "PT1S", "backoff": "FIXED" });
    let mut step =
        json!({ "key": key, "name": key, "kind": "SERVICE", "service": { "jobType": job_type, "retry": retry } });
    if let (Some(step), Some(more)) = (step.as_object_mut(), more.as_object()) {
        step.extend(more.clone());
    }
    step
}

fn wait(key: &str, what: &Value) -> Value {
    json!({ "key": key, "name": key, "kind": "WAIT", "wait": what })
}

fn sequence(steps: Vec<Value>) -> Value {
    let keys = steps.iter().map(|step| step["key"].as_str().unwrap_or_default().to_owned());
    let keys: Vec<String> = ["start".to_owned()].into_iter().chain(keys).chain(["end".to_owned()]).collect();
    let ways: Vec<(&str, &str)> = keys.windows(2).map(|pair| (pair[0].as_str(), pair[1].as_str())).collect();
    document(steps, &ways)
}

fn document(steps: Vec<Value>, ways: &[(&str, &str)]) -> Value {
    let mut all = vec![json!({ "key": "start", "name": "Start", "kind": "START" })];
    all.extend(steps);
    all.push(json!({ "key": "end", "name": "End", "kind": "END" }));
    let ways: Vec<Value> = ways.iter().map(|(from, to)| json!({ "from": from, "to": to })).collect();
    json!({ "steps": all, "transitions": ways })
}

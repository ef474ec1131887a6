use std::collections::BTreeMap;

use crate::journal::{Event, Journal};

/// What happened twice and must not.
pub fn twice(journal: &Journal) -> Vec<String> {
    let mut counts: BTreeMap<String, u32> = BTreeMap::new();
    for (request, event) in journal.events() {
        for what in unique(request, event) {
            *counts.entry(what).or_default() += 1;
        }
    }
    let twice = counts.into_iter().filter(|(_, count)| *count > 1);
    twice.map(|(what, count)| format!("{count} times: {what}")).collect()
}

/// What an event is that there may be only once, in the whole journal.
fn unique(request: &str, event: &Event) -> Vec<String> {
    let (id, content) = (event.id("id"), &event.content);
    match event.kind.as_str() {
        "REQUEST_CREATED" => {
            let reference = content["reference"].as_str().map(|reference| format!("the start of {reference}"));
            let call = content["parent"]["step"].as_str().map(|step| format!("the call of step {step}"));
            reference.into_iter().chain(call).collect()
        }
        "REQUEST_STARTED" => vec![format!("the start of request {request}")],
        "REQUEST_COMPLETED" | "REQUEST_FAILED" | "REQUEST_CANCELLED" => vec![format!("the end of request {request}")],
        "STEP_COMPLETED" | "INSTANCE_COMPLETED" | "WAIT_ENDED" | "STEP_SKIPPED" | "STEP_CANCELLED" => {
            vec![format!("the end of step {id}")]
        }
        "VOTE_CAST" => vec![format!("the vote of {} on step {id}", content["vote"]["by"])],
        "ESCALATED" => {
            let late = content["requestStep"].as_str().unwrap_or(request);
            vec![format!("rung {} of {late}", content["rung"])]
        }
        "BOUNDARY_FIRED" => vec![format!("boundary {} of {} in {request}", content["boundary"], content["host"])],
        "MESSAGE_RECEIVED" => vec![format!("the receipt of message {}", event.id("message"))],
        "ATTEMPT_FAILED" if event.text("error").starts_with("worker ") => vec![event.text("error").to_owned()],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::journal;
    use super::*;

    #[test]
    fn whatever_may_happen_once_is_found_when_it_happens_twice() {
        for event in [
            ("REQUEST_CREATED", json!({ "id": "a", "reference": "R" })),
            ("REQUEST_CREATED", json!({ "id": "a", "parent": { "step": "b" } })),
            ("REQUEST_STARTED", json!({})),
            ("REQUEST_COMPLETED", json!({})),
            ("STEP_COMPLETED", json!({ "id": "a" })),
            ("INSTANCE_COMPLETED", json!({ "id": "a" })),
            ("WAIT_ENDED", json!({ "id": "a" })),
            ("VOTE_CAST", json!({ "id": "a", "vote": { "by": "b" } })),
            ("ESCALATED", json!({ "requestStep": "a", "rung": 1 })),
            ("ESCALATED", json!({ "requestStep": null, "rung": 0 })),
            ("BOUNDARY_FIRED", json!({ "boundary": "a", "host": "b" })),
            ("MESSAGE_RECEIVED", json!({ "message": "a", "step": "b" })),
            ("ATTEMPT_FAILED", json!({ "id": "a", "error": "worker 1 gave up" })),
        ] {
            assert_eq!(twice(&journal(std::slice::from_ref(&event))), Vec::<String>::new());
            assert_eq!(twice(&journal(&[event.clone(), event.clone()])).len(), 1, "{event:?}");
        }
        let ends = [("STEP_COMPLETED", json!({ "id": "a" })), ("STEP_CANCELLED", json!({ "id": "a" }))];
        assert_eq!(twice(&journal(&ends)).len(), 1, "a step ends in one way");
    }

    #[test]
    fn what_differs_is_not_the_same() {
        let rungs = [0, 1].map(|rung| ("ESCALATED", json!({ "requestStep": "a", "rung": rung })));
        let votes = ["b", "c"].map(|by| ("VOTE_CAST", json!({ "id": "a", "vote": { "by": by } })));
        assert_eq!(twice(&journal(&[rungs, votes].concat())), Vec::<String>::new());
    }
}

//! What was acknowledged and what happened, in the same words.

use crate::evidence::Acknowledged;
use crate::journal::{Event, plain};

pub fn of_acknowledged(what: &Acknowledged) -> String {
    match what {
        Acknowledged::Started { request, reference } => format!("started {} {reference}", plain(request)),
        Acknowledged::Claimed { step, user } => format!("claimed {} {}", plain(step), plain(user)),
        Acknowledged::Decided { step, user, outcome } => format!("decided {} {} {outcome}", plain(step), plain(user)),
        Acknowledged::Worked { step, stamp } => format!("worked {} {stamp}", plain(step)),
        Acknowledged::Failed { step, message } => format!("failed {} {message}", plain(step)),
        Acknowledged::Published { message } => format!("received {}", plain(message)),
        Acknowledged::Called { step, nonce } => format!("called {} {nonce}", plain(step)),
    }
}

/// What an event is the record of; nothing for most.
pub fn of_event(event: &Event) -> Vec<String> {
    let (id, content) = (event.id("id"), &event.content);
    match event.kind.as_str() {
        "REQUEST_CREATED" => vec![format!("started {id} {}", event.text("reference"))],
        "STEP_CLAIMED" => vec![format!("claimed {id} {}", event.id("by"))],
        "VOTE_CAST" => {
            let text = |field: &str| content["vote"][field].as_str().unwrap_or_default();
            vec![format!("decided {id} {} {}", plain(text("by")), text("outcome"))]
        }
        "STEP_COMPLETED" | "INSTANCE_COMPLETED" => {
            let decided = format!("decided {id} {} {}", event.id("by"), event.text("outcome"));
            [decided].into_iter().chain(stamp(event).map(|stamp| format!("worked {id} {stamp}"))).collect()
        }
        "ATTEMPT_FAILED" | "STEP_FAILED" => vec![format!("failed {id} {}", event.text("error"))],
        "MESSAGE_RECEIVED" => vec![format!("received {}", event.id("message"))],
        "WAIT_ENDED" => {
            vec![format!("called {id} {}", content["variables"]["nonce"].as_str().unwrap_or_default())]
        }
        _ => Vec::new(),
    }
}

/// The mark of the effect whose result an event records.
pub fn stamp(event: &Event) -> Option<&str> {
    if !event.is(&["STEP_COMPLETED", "INSTANCE_COMPLETED"]) {
        return None;
    }
    ["variables", "result"].into_iter().find_map(|field| event.content[field]["stamp"].as_str())
}

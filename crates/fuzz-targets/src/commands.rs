use arbitrary::{Arbitrary, Unstructured};

use crate::document::published;
use crate::player::{Attempt, Player};
use crate::workflow::Workflow;

/// Attempts that are made at most.
const ATTEMPTS: usize = 120;

/// Bytes are a workflow and what people, workers and time do to a request of it. The journal's fold is the state,
/// whatever was decided, refusals leave it alone, and events come back from their written form as they were.
/// Whether the workflow was one that can be published.
pub fn commands(data: &[u8]) -> bool {
    let (drawn, rest) = data.split_at(data.len() / 4);
    let Ok(workflow) = Workflow::arbitrary(&mut Unstructured::new(drawn)) else { return false };
    let document = workflow.document();
    let read = serde_json::from_value(document.clone()).unwrap_or_else(|error| panic!("{document}: {error}"));
    let Some(graph) = published(&read) else { return false };
    let mut player = Player::new(&graph);
    player.attempt(&Attempt::FIRST);
    let mut bytes = Unstructured::new(rest);
    for _ in 0..ATTEMPTS {
        if bytes.is_empty() {
            break;
        }
        if bytes.arbitrary().unwrap_or(false) {
            player.help(bytes.arbitrary().unwrap_or(0));
            continue;
        }
        let Ok(attempt) = Attempt::arbitrary(&mut bytes) else { break };
        player.attempt(&attempt);
    }
    player.check();
    true
}

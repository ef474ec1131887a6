use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};

use super::Stage;
use crate::api::Answer;
use crate::evidence::Acknowledged;
use crate::random::Random;

const INBOX: &str = "{ inbox(first: 50) { nodes { id step { key } claimedBy { id } } } }";
const CLAIM: &str = "mutation($input: ClaimStepInput!) { claimStep(input: $input) { errors { code } } }";
const COMPLETE: &str = "mutation($input: CompleteStepInput!) { completeStep(input: $input) { errors { code } } }";

/// Votes and works through the inbox, in competition with the others.
pub async fn run(stage: Arc<Stage>, reviewer: usize, mut random: Random) {
    let Some((api, user)) = stage.office.reviewers.get(reviewer) else { return };
    let mut done = BTreeSet::new();
    while !stage.is_over() {
        tokio::time::sleep(random.millis(50, 400)).await;
        let Some(inbox) = api.read("inbox", INBOX, Value::Null).await else { continue };
        let nodes = inbox["nodes"].as_array().cloned().unwrap_or_default();
        let open: Vec<&Value> = nodes.iter().filter(|node| !done.contains(&id(node))).collect();
        let Some(step) = random.pick(&open) else { continue };
        let (step, is_vote) = (id(step), step["step"]["key"] == "board");
        if !is_vote && random.chance(70) {
            let claimed = api.call("claimStep", CLAIM, json!({ "input": { "stepId": step } })).await;
            if let Answer::Done(_) = claimed {
                stage.evidence.acknowledged(Acknowledged::Claimed { step: step.clone(), user: user.clone() });
            }
        }
        let outcome = if is_vote { "APPROVED" } else { "COMPLETED" };
        let key = format!("decide {step}");
        let input = json!({ "stepId": step, "outcome": outcome, "idempotencyKey": key });
        match api.insist("completeStep", COMPLETE, input).await {
            Some(Ok(_)) => {
                let decided =
                    Acknowledged::Decided { step: step.clone(), user: user.clone(), outcome: outcome.to_owned() };
                stage.evidence.acknowledged(decided);
                done.insert(step);
            }
            // Somebody else was faster, or has claimed it.
            Some(Err(_)) => {}
            None => stage.evidence.unexpected(format!("{step} was not decided in time")),
        }
    }
}

fn id(step: &Value) -> String {
    step["id"].as_str().unwrap_or_default().to_owned()
}

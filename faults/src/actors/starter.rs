use std::sync::Arc;
use std::sync::atomic::Ordering;

use serde_json::json;
use tokio::task::JoinSet;

use super::{Stage, customer};
use crate::documents::{ORDER, STARTED};
use crate::evidence::Acknowledged;
use crate::random::Random;

const START: &str = "mutation($input: StartRequestInput!) {
  startRequest(input: $input) { request { id } errors { code } } }";

/// Starts one request after the other; whose order it is sees to the rest of it.
pub async fn run(stage: Arc<Stage>, number: u64, mut random: Random) {
    let mut customers = JoinSet::new();
    for count in 0.. {
        let left = stage.requests.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        if stage.is_closing() || left.is_err() {
            break;
        }
        let reference = format!("R-{number}-{count}");
        let name = random.pick(&STARTED).copied().unwrap_or(ORDER);
        let items: Vec<u64> = (0..=random.below(3)).collect();
        let input = json!({
            "workflowId": stage.office.workflows.get(name),
            "reference": reference,
            "variables": { "order": reference, "items": items },
            "idempotencyKey": format!("start {reference}"),
        });
        match stage.office.admin.insist("startRequest", START, input).await {
            Some(Ok(started)) => {
                let request = started["request"]["id"].as_str().unwrap_or_default().to_owned();
                stage
                    .evidence
                    .acknowledged(Acknowledged::Started { request: request.clone(), reference: reference.clone() });
                if name == ORDER {
                    customers.spawn(customer::run(stage.clone(), request, reference, random.fork()));
                }
            }
            other => stage.evidence.unexpected(format!("the start of {reference}: {other:?}")),
        }
        tokio::time::sleep(random.millis(100, 800)).await;
    }
    while customers.join_next().await.is_some() {}
}

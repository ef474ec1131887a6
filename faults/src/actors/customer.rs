use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::Stage;
use crate::evidence::Acknowledged;
use crate::random::Random;

const PUBLISH: &str = "mutation($input: PublishMessageInput!) {
  publishMessage(input: $input) { messageId errors { code } } }";
const ADDRESS: &str = "query($id: ID!) { request(id: $id) { status steps { id webhookUrl } } }";

/// Pays for an order at some time, before or after the order waits for it, and has it picked up.
pub async fn run(stage: Arc<Stage>, request: String, order: String, mut random: Random) {
    tokio::time::sleep(random.millis(0, 2_000)).await;
    let input = json!({ "name": "paid", "key": order, "payload": { "paid": true }, "timeToLive": "P1D",
        "idempotencyKey": format!("pay {order}") });
    match stage.office.admin.insist("publishMessage", PUBLISH, input).await {
        Some(Ok(published)) => {
            let message = published["messageId"].as_str().unwrap_or_default().to_owned();
            stage.evidence.acknowledged(Acknowledged::Published { message });
        }
        other => stage.evidence.unexpected(format!("the payment of {order}: {other:?}")),
    }
    let nonce = format!("{order}!{}", random.next());
    while !stage.is_over() {
        tokio::time::sleep(Duration::from_millis(300)).await;
        let Some(found) = stage.office.admin.read("request", ADDRESS, json!({ "id": request })).await else { continue };
        if found["status"] == "COMPLETED" {
            return;
        }
        let Some((step, path)) = address(&found) else { continue };
        match stage.office.admin.post(&path, &json!({ "nonce": nonce })).await {
            Some(202) => return stage.evidence.acknowledged(Acknowledged::Called { step, nonce }),
            // An earlier call that was not answered got through.
            Some(410) => return,
            Some(404 | 409 | 503) | None => {}
            Some(other) => stage.evidence.unexpected(format!("a call of {order}'s address: status {other}")),
        }
    }
}

fn address(request: &Value) -> Option<(String, String)> {
    let steps = request["steps"].as_array()?;
    let step = steps.iter().find(|step| step["webhookUrl"].is_string())?;
    Some((step["id"].as_str()?.to_owned(), step["webhookUrl"].as_str()?.to_owned()))
}

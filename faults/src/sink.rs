use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::evidence::Evidence;

/// Something outside that is changed by jobs, over HTTP, and counts how often under which key.
pub struct Sink {
    pub url: String,
    task: JoinHandle<()>,
}

impl Sink {
    pub async fn open(evidence: Arc<Evidence>) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}/effects", listener.local_addr()?);
        let router = Router::new().route("/effects", post(count)).with_state(evidence);
        let task = tokio::spawn(async move {
            // It ends with its task.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { url, task })
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// An effect under the key in the header `Idempotency-Key`. Every effect has a number of its own, so that the
/// results of two are never the same.
async fn count(State(evidence): State<Arc<Evidence>>, headers: HeaderMap) -> Json<Value> {
    let key = headers.get("idempotency-key").and_then(|key| key.to_str().ok()).unwrap_or_default();
    let number = evidence.effect(crate::journal::plain(key));
    Json(json!({ "stamp": format!("{key}#{number}") }))
}

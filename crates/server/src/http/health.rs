use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use nexusflow_application::platform::Maintenance;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

/// A probe waits no longer for the database.
const PATIENCE: Duration = Duration::from_secs(3);

/// Whether calls can be served now.
#[derive(Clone)]
pub struct Readiness {
    maintenance: Arc<dyn Maintenance>,
    stopping: CancellationToken,
}

impl Readiness {
    /// Ready while the storage answers with a current schema and `stopping` is not cancelled.
    pub fn new(maintenance: Arc<dyn Maintenance>, stopping: CancellationToken) -> Self {
        Self { maintenance, stopping }
    }

    async fn obstacle(&self) -> Option<&'static str> {
        if self.stopping.is_cancelled() {
            return Some("the server is shutting down");
        }
        match tokio::time::timeout(PATIENCE, self.maintenance.ready()).await {
            Ok(Ok(())) => None,
            Ok(Err(error)) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "not ready");
                Some("the database is not available or its schema is not current")
            }
            Err(_) => Some("the database does not answer in time"),
        }
    }
}

/// The process runs.
pub(super) async fn healthz() -> Json<Value> {
    Json(json!({ "status": "ok" }))
}

/// Calls can be served: 200; otherwise 503 with the reason.
pub(super) async fn readyz(State(readiness): State<Readiness>) -> (StatusCode, Json<Value>) {
    match readiness.obstacle().await {
        None => (StatusCode::OK, Json(json!({ "status": "ready" }))),
        Some(reason) => (StatusCode::SERVICE_UNAVAILABLE, Json(json!({ "status": "not ready", "reason": reason }))),
    }
}

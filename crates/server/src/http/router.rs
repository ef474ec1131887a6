use std::any::Any;

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Router, middleware};
use tower_http::catch_panic::CatchPanicLayer;

use super::health::{Readiness, healthz, readyz};
use super::link_page::link_pages;
use super::request_log::log_request;

/// The API with probes and the page of links, a line of log per request, and an answer even when a handler panics.
pub fn router(api: Router, readiness: Readiness) -> Router {
    Router::new()
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .with_state(readiness)
        .merge(link_pages())
        .merge(api)
        .layer(CatchPanicLayer::custom(internal_error))
        .layer(middleware::from_fn(log_request))
}

/// The panic's text stays in the log.
#[expect(clippy::needless_pass_by_value, reason = "the layer calls it so")]
fn internal_error(panic: Box<dyn Any + Send>) -> Response {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("unknown");
    tracing::error!(panic = text, "a request handler panicked");
    let body = r#"{"errors":[{"message":"something went wrong on the server","extensions":{"code":"INTERNAL"}}]}"#;
    (StatusCode::INTERNAL_SERVER_ERROR, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use async_trait::async_trait;
    use axum::body::{Body, to_bytes};
    use axum::http::Request;
    use nexusflow_application::StoreError;
    use nexusflow_application::platform::{DeletedWorkflow, Maintenance};
    use nexusflow_domain::Timestamp;
    use nexusflow_domain::ids::WorkflowId;
    use tokio_util::sync::CancellationToken;
    use tower::ServiceExt;

    use super::*;

    #[derive(Default)]
    struct Storage {
        down: AtomicBool,
    }

    #[async_trait]
    impl Maintenance for Storage {
        async fn ready(&self) -> Result<(), StoreError> {
            if self.down.load(Ordering::SeqCst) { Err(StoreError::Unavailable("down".into())) } else { Ok(()) }
        }
        async fn ensure_partitions(&self, _: Timestamp) -> Result<(), StoreError> {
            Ok(())
        }
        async fn expire_idempotency_keys(&self, _: Timestamp, _: u32) -> Result<u64, StoreError> {
            Ok(0)
        }
        async fn refresh_statistics(&self) -> Result<(), StoreError> {
            Ok(())
        }
        async fn purgeable_workflows(
            &self,
            _: Timestamp,
            _: Option<WorkflowId>,
            _: u32,
        ) -> Result<Vec<DeletedWorkflow>, StoreError> {
            Ok(Vec::new())
        }
    }

    async fn ask(router: &Router, path: &str) -> (StatusCode, String) {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let response = router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let body = to_bytes(response.into_body(), 10_000).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn readiness_follows_the_storage_and_ends_with_the_shutdown() {
        let (storage, stopping) = (Arc::new(Storage::default()), CancellationToken::new());
        let router = router(Router::new(), Readiness::new(storage.clone(), stopping.clone()));
        assert_eq!(ask(&router, "/readyz").await, (StatusCode::OK, r#"{"status":"ready"}"#.to_owned()));
        storage.down.store(true, Ordering::SeqCst);
        let (status, body) = ask(&router, "/readyz").await;
        assert!(status == StatusCode::SERVICE_UNAVAILABLE && body.contains("database"), "{body}");
        storage.down.store(false, Ordering::SeqCst);
        assert_eq!(ask(&router, "/readyz").await.0, StatusCode::OK);
        stopping.cancel();
        let (status, body) = ask(&router, "/readyz").await;
        assert!(status == StatusCode::SERVICE_UNAVAILABLE && body.contains("shutting down"), "{body}");
        assert_eq!(ask(&router, "/healthz").await.0, StatusCode::OK);
    }

    #[tokio::test]
    async fn a_panic_is_an_answer_that_does_not_tell_what_happened() {
        async fn broken() -> &'static str {
            panic!("the password is hidden")
        }
        let readiness = Readiness::new(Arc::new(Storage::default()), CancellationToken::new());
        let router = router(Router::new().route("/broken", get(broken)), readiness);
        let (status, body) = ask(&router, "/broken").await;
        assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
        assert!(body.contains("INTERNAL") && !body.contains("password"), "{body}");
    }
}

use std::time::Instant;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;

/// The header in which the API tells the correlation id of a call.
const CORRELATION_ID: &str = "x-request-id";

/// What addresses begin with that are secrets themselves.
const SECRET_PATHS: &str = "/hooks/";

/// One line per request: no query string, no headers, no body, no token in the path, so nothing that is
/// secret.
pub(super) async fn log_request(request: Request, next: Next) -> Response {
    let (method, path) = (request.method().clone(), shown(request.uri().path()));
    let start = Instant::now();
    let response = next.run(request).await;
    let correlation_id = response.headers().get(CORRELATION_ID).and_then(|id| id.to_str().ok());
    let milliseconds = start.elapsed().as_secs_f64() * 1_000.0;
    let status = response.status().as_u16();
    if path == "/healthz" || path == "/readyz" {
        tracing::debug!(correlation_id, %method, path, status, milliseconds, "probe");
    } else {
        tracing::info!(correlation_id, %method, path, status, milliseconds, "request");
    }
    response
}

fn shown(path: &str) -> String {
    if path.starts_with(SECRET_PATHS) { format!("{SECRET_PATHS}***") } else { path.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn a_token_in_the_path_is_not_shown() {
        assert_eq!(["/graphql", "/hooks/abc", "/hooks/abc/d"].map(shown), ["/graphql", "/hooks/***", "/hooks/***"]);
    }
}

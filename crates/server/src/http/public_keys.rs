use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::platform::Ed25519Tokens;

/// The public keys of access tokens (RFC 7517, section 5): of the period before, of this one and of the next.
pub(super) async fn public_keys(State(tokens): State<Arc<Ed25519Tokens>>) -> Response {
    let keys = tokens.public_keys().ok().and_then(|keys| serde_json::to_string(&keys).ok());
    let Some(keys) = keys else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    let headers = [(header::CONTENT_TYPE, "application/jwk-set+json"), (header::CACHE_CONTROL, "public, max-age=3600")];
    (headers, keys).into_response()
}

use axum::body::Body;
use axum::http::{HeaderMap, StatusCode, header};
use futures::StreamExt;
use serde_json::Value;

use super::accept::is_utf8;
use super::code::Code;
use super::failure::Failure;
use crate::limits::Limits;

/// An oversized body is still read up to this many times the limit, as most clients only listen
/// for the answer once they have sent all of it.
const DRAINED: usize = 8;

/// Reads a JSON body. Only `application/json` is taken: it is what a cross-site form cannot send.
pub(super) async fn read_json(headers: &HeaderMap, body: Body, limits: &Limits) -> Result<Value, Failure> {
    check_content_type(headers)?;
    let bytes = tokio::time::timeout(limits.timeout, read(body, limits.body_bytes)).await.map_err(|_| {
        Failure::new(StatusCode::REQUEST_TIMEOUT, Code::Validation, "the body took too long to arrive")
    })??;
    let text = std::str::from_utf8(&bytes).map_err(|_| Failure::bad_request("the body is not valid UTF-8"))?;
    serde_json::from_str(text).map_err(|error| Failure::bad_request(format!("the body is not valid JSON: {error}")))
}

fn check_content_type(headers: &HeaderMap) -> Result<(), Failure> {
    let text = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut parts = text.split(';').map(str::trim);
    let is_json = parts.next().is_some_and(|essence| essence.eq_ignore_ascii_case("application/json"));
    let charsets = parts.filter_map(|part| part.split_once('='));
    let mut charsets = charsets.filter(|(name, _)| name.eq_ignore_ascii_case("charset"));
    if is_json && charsets.all(|(_, charset)| is_utf8(charset)) {
        return Ok(());
    }
    let message = "expected the content type application/json in UTF-8";
    Err(Failure::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, Code::Validation, message))
}

async fn read(body: Body, limit: usize) -> Result<Vec<u8>, Failure> {
    let mut stream = body.into_data_stream();
    let (mut bytes, mut length) = (Vec::new(), 0);
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|_| Failure::bad_request("the body could not be read"))?;
        length += chunk.len();
        if length > limit.saturating_mul(DRAINED) {
            break;
        }
        if length <= limit {
            bytes.extend_from_slice(&chunk);
        }
    }
    if length > limit {
        let message = format!("the body is larger than {limit} bytes");
        return Err(Failure::new(StatusCode::PAYLOAD_TOO_LARGE, Code::CostExceeded, message));
    }
    Ok(bytes)
}

use async_graphql::Response as GraphQLResponse;
use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use nexusflow_domain::insight::Origin;
use serde::Serialize;

use super::accept::MediaType;
use super::code::Code;
use super::correlation::X_REQUEST_ID;
use super::execute::Answer;

/// Writes a result with the status that its media type asks for.
pub(super) fn respond(answer: &Answer, media_type: MediaType, origin: &Origin) -> Response {
    let status = status(answer, media_type);
    let mut written = write(&answer.response, answer.executed, status, media_type, origin);
    // What resolvers said, such as cookies.
    written.headers_mut().extend(answer.response.http_headers.clone());
    written
}

/// The status of a well-formed request. As `application/json`, an invalid document is still 200.
fn status(answer: &Answer, media_type: MediaType) -> StatusCode {
    let has_data = answer.response.data != async_graphql::Value::Null;
    let code = answer.response.errors.first().and_then(Code::of);
    match code {
        // Nothing was resolved: it timed out or panicked.
        Some(code) if !has_data && answer.response.errors.iter().all(|error| error.path.is_empty()) => match code {
            Code::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            _ if answer.executed || media_type == MediaType::Json => StatusCode::OK,
            Code::Unauthenticated => StatusCode::UNAUTHORIZED,
            Code::Forbidden => StatusCode::FORBIDDEN,
            _ => StatusCode::BAD_REQUEST,
        },
        _ => StatusCode::OK,
    }
}

/// Writes a result with a given status. `data` is left out when nothing was executed (GraphQL
/// specification, section 7.1).
pub(super) fn write(
    response: &GraphQLResponse,
    executed: bool,
    status: StatusCode,
    media_type: MediaType,
    origin: &Origin,
) -> Response {
    let mut written = Response::new(Body::from(to_json(response, executed)));
    *written.status_mut() = status;
    let headers = written.headers_mut();
    headers.insert(header::CONTENT_TYPE, media_type.content_type());
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    identify(headers, origin);
    written
}

/// Tells the client the correlation id.
pub(super) fn identify(headers: &mut axum::http::HeaderMap, origin: &Origin) {
    let id = origin.correlation_id.as_deref().map(HeaderValue::from_str);
    if let Some(Ok(id)) = id {
        headers.insert(X_REQUEST_ID, id);
    }
}

/// A result as JSON.
pub(super) fn to_json(response: &GraphQLResponse, executed: bool) -> String {
    let body = Written {
        data: executed.then_some(&response.data),
        errors: &response.errors,
        extensions: &response.extensions,
    };
    serde_json::to_string(&body).unwrap_or_else(|error| {
        tracing::error!("cannot write a result: {error}");
        r#"{"errors":[{"message":"the result cannot be written","extensions":{"code":"INTERNAL"}}]}"#.to_owned()
    })
}

#[derive(Serialize)]
struct Written<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'a async_graphql::Value>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [async_graphql::ServerError],
    #[serde(skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    extensions: &'a std::collections::BTreeMap<String, async_graphql::Value>,
}

use async_graphql::{Response as GraphQLResponse, ServerError};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use nexusflow_domain::insight::Origin;

use super::accept::MediaType;
use super::code::Code;
use super::finish::with_correlation_id;
use super::respond::write;

/// A request that did not get as far as an operation.
#[derive(Debug, Clone)]
pub(super) struct Failure {
    pub(super) status: StatusCode,
    pub(super) code: Code,
    pub(super) message: String,
    /// A stable word for what exactly is wrong, where a client can act on it.
    pub(super) reason: Option<&'static str>,
    pub(super) header: Option<(HeaderName, HeaderValue)>,
}

impl Failure {
    pub(super) fn new(status: StatusCode, code: Code, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), reason: None, header: None }
    }

    /// 400: the request is not well formed.
    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, Code::Validation, message)
    }

    /// 405, with the method that would be right.
    pub(super) fn method_not_allowed(message: impl Into<String>, allow: &'static str) -> Self {
        let failure = Self::new(StatusCode::METHOD_NOT_ALLOWED, Code::Validation, message);
        Self { header: Some((header::ALLOW, HeaderValue::from_static(allow))), ..failure }
    }

    /// 503: the database does not answer.
    pub(super) fn unavailable() -> Self {
        let message = "the database is not available; try again later";
        let failure = Self::new(StatusCode::SERVICE_UNAVAILABLE, Code::Unavailable, message);
        Self { header: Some((header::RETRY_AFTER, HeaderValue::from_static("1"))), ..failure }
    }

    /// As a GraphQL error.
    pub(super) fn error(&self, origin: &Origin) -> ServerError {
        let mut error = with_correlation_id(self.code.error(&self.message), origin);
        if let (Some(reason), Some(extensions)) = (self.reason, &mut error.extensions) {
            extensions.set("reason", reason);
        }
        error
    }

    /// As an HTTP response. The status says it already, so every client gets the same.
    pub(super) fn respond(self, origin: &Origin, media_type: Option<MediaType>) -> Response {
        tracing::debug!(status = self.status.as_u16(), correlation_id = origin.correlation_id, "{}", self.message);
        let body = GraphQLResponse::from_errors(vec![self.error(origin)]);
        let mut response = write(&body, false, self.status, media_type.unwrap_or(MediaType::Json), origin);
        response.headers_mut().extend(self.header);
        response
    }
}

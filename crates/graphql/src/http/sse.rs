use std::sync::Arc;

use async_graphql::Executor;
use async_graphql::parser::types::OperationType;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, header};
use axum::response::Response;
use futures::StreamExt;
use nexusflow_domain::insight::Origin;

use super::accept::{MediaType, accepts_events, for_result};
use super::api::Api;
use super::execute::subscribe;
use super::failure::Failure;
use super::handlers::{Received, not_acceptable, receive, refused, usable};
use super::operation::Unusable;
use super::origin::origin;
use super::respond::{identify, respond};
use super::sse_events::{complete, kept_alive, next, resume};

/// `/graphql/stream`: GraphQL over server-sent events, distinct connections mode. One operation per
/// connection; what is wrong with the request itself is said by status, so that clients do not retry.
pub(super) async fn stream<E: Executor>(State(api): State<Arc<Api<E>>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let origin = origin(&parts, api.options.trust_proxy);
    let result = if accepts_events(&parts.headers) {
        events(&api, &parts, body, &origin).await
    } else {
        Err(not_acceptable("text/event-stream"))
    };
    result.unwrap_or_else(|failure| failure.respond(&origin, for_result(&parts.headers)))
}

async fn events<E: Executor>(
    api: &Arc<Api<E>>,
    parts: &Parts,
    body: Body,
    origin: &Origin,
) -> Result<Response, Failure> {
    let Received { mut request, caller, credentials } = receive(api, parts, body, origin).await?;
    resume(&mut request, &parts.headers);
    let operation = match usable(api, request, &caller) {
        Ok(operation) => operation,
        Err(Unusable::Parameters(error)) => return Err(Failure::bad_request(error.message)),
        Err(Unusable::Document(error)) => return Ok(respond(&refused(api, error, origin), MediaType::GraphQL, origin)),
    };
    if operation.kind == OperationType::Mutation && parts.method == Method::GET {
        return Err(Failure::method_not_allowed("a mutation needs POST: GET changes nothing", "POST"));
    }
    let answers = subscribe(api, operation, caller, credentials);
    // At shutdown it breaks off without `complete`: the client connects again and resumes.
    let events = answers
        .map(|answer| next(&answer))
        .chain(futures::stream::once(async { complete() }))
        .take_until(api.options.shutdown.clone().cancelled_owned());
    let mut response = Response::new(Body::from_stream(kept_alive(events.boxed(), api.options.keep_alive)));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, MediaType::EventStream.content_type());
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Proxies must pass events on as they come.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    identify(headers, origin);
    Ok(response)
}

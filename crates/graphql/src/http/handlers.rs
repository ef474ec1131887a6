use std::sync::Arc;

use async_graphql::parser::types::OperationType;
use async_graphql::{Executor, Request};
use axum::extract::{Request as HttpRequest, State};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::response::Response;
use nexusflow_domain::insight::Origin;

use super::accept::for_result;
use super::api::Api;
use super::authenticate::{authenticate, authorization};
use super::body::read_json;
use super::code::Code;
use super::execute::{Answer, execute};
use super::failure::Failure;
use super::finish::finish;
use super::operation::{Operation, Unusable, prepare};
use super::origin::origin;
use super::params;
use super::respond::respond;
use crate::Caller;
use crate::limits::{Introspection, Progress};

/// `POST /graphql`: queries and mutations. `GET /graphql`: queries.
pub(super) async fn graphql<E: Executor>(State(api): State<Arc<Api<E>>>, request: HttpRequest) -> Response {
    let (parts, body) = request.into_parts();
    let origin = origin(&parts, api.options.trust_proxy);
    let media_type = for_result(&parts.headers);
    let answer = match media_type {
        Some(media_type) => answer(&api, &parts, body, &origin).await.map(|answer| (answer, media_type)),
        None => Err(not_acceptable("application/graphql-response+json or application/json")),
    };
    match answer {
        Ok((answer, media_type)) => respond(&answer, media_type, &origin),
        Err(failure) => failure.respond(&origin, media_type),
    }
}

async fn answer<E: Executor>(
    api: &Arc<Api<E>>,
    parts: &Parts,
    body: axum::body::Body,
    origin: &Origin,
) -> Result<Answer, Failure> {
    let (request, caller) = receive(api, parts, body, origin).await?;
    let operation = match usable(api, request, &caller) {
        Ok(operation) => operation,
        Err(Unusable::Parameters(error)) => return Err(Failure::bad_request(error.message)),
        Err(Unusable::Document(error)) => return Ok(refused(api, error, origin)),
    };
    match operation.kind {
        OperationType::Mutation if parts.method == Method::GET => {
            Err(Failure::method_not_allowed("a mutation needs POST: GET changes nothing", "POST"))
        }
        OperationType::Subscription => Err(Failure::bad_request(
            "a subscription needs /graphql/ws (WebSocket) or /graphql/stream (server-sent events)",
        )),
        _ => Ok(execute(api, operation, caller).await),
    }
}

pub(super) async fn receive<E: Executor>(
    api: &Arc<Api<E>>,
    parts: &Parts,
    body: axum::body::Body,
    origin: &Origin,
) -> Result<(Request, Caller), Failure> {
    let request = match parts.method {
        Method::POST => params::from_json(read_json(&parts.headers, body, &api.options.limits).await?)?,
        Method::GET => params::from_uri(&parts.uri)?,
        _ => return Err(Failure::method_not_allowed("only GET and POST are understood here", "GET, POST")),
    };
    let caller = authenticate(&api.application, authorization(&parts.headers).as_deref(), origin.clone()).await?;
    Ok((request, caller))
}

/// The operation of a request, within the limits of its caller.
pub(super) fn usable<E>(api: &Api<E>, request: Request, caller: &Caller) -> Result<Operation, Unusable> {
    let may_introspect = api.options.development || caller.call.is_some();
    let introspection = if may_introspect { Introspection::Allowed } else { Introspection::Refused };
    prepare(request, &api.documents, &api.options.limits, introspection)
}

/// What a client learns about a document that is not run.
pub(super) fn refused<E>(api: &Api<E>, error: async_graphql::ServerError, origin: &Origin) -> Answer {
    let response = async_graphql::Response::from_errors(vec![error]);
    Answer { response: finish(response, &Progress::default(), origin, &api.options.limits), executed: false }
}

/// 406.
pub(super) fn not_acceptable(offered: &str) -> Failure {
    Failure::new(StatusCode::NOT_ACCEPTABLE, Code::Validation, format!("the result can be had as {offered}"))
}

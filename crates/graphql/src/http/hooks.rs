//! `POST /hooks/{token}`: ends a step that waits for a call of its own address. Whoever knows the address
//! may call it, once; nobody else learns whether there is one.

use std::sync::Arc;

use async_graphql::Executor;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use nexusflow_application::request::Webhook;
use nexusflow_application::{Error, Refused, StoreError};
use nexusflow_domain::insight::Origin;
use nexusflow_domain::request::{Refusal, RequestStatus};
use serde_json::Value;

use super::api::Api;
use super::body::read_json;
use super::code::Code;
use super::failure::Failure;
use super::origin::origin;
use super::respond::identify;
use crate::error::failure_of;
use crate::limits::Limits;

/// The most bytes of a call's body.
const BODY_BYTES: usize = 256 * 1024;

pub(super) async fn call<E: Executor>(
    State(api): State<Arc<Api<E>>>,
    Path(token): Path<String>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let origin = origin(&parts, api.options.trust_proxy);
    match receive(&api, &parts, body, &token, &origin).await {
        Ok(()) => accepted(&origin),
        Err(failure) => failure.respond(&origin, None),
    }
}

async fn receive<E>(api: &Api<E>, parts: &Parts, body: Body, token: &str, origin: &Origin) -> Result<(), Failure> {
    if parts.method != Method::POST {
        return Err(Failure::method_not_allowed("an address is called with POST: GET changes nothing", "POST"));
    }
    let webhooks = &api.application.webhooks;
    let hook: Webhook = webhooks.find(token).ok_or_else(unknown)?;
    let limits = Limits { body_bytes: BODY_BYTES, ..api.options.limits.clone() };
    let Value::Object(payload) = read_json(&parts.headers, body, &limits).await? else {
        return Err(Failure::bad_request("expected a JSON object"));
    };
    webhooks.call(hook, payload, origin).await.map_err(|error| failure(&error))
}

/// 202, with nothing to read.
fn accepted(origin: &Origin) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::ACCEPTED;
    identify(response.headers_mut(), origin);
    response
}

fn unknown() -> Failure {
    Failure::new(StatusCode::NOT_FOUND, Code::NotFound, "there is no such address")
}

fn failure(error: &Error) -> Failure {
    let conflict = |message: &str| Failure::new(StatusCode::CONFLICT, Code::Conflict, message);
    let gone = || Failure::new(StatusCode::GONE, Code::Conflict, "nothing waits for this call any more");
    match error {
        Error::Store(StoreError::Unavailable(_)) => Failure::unavailable(),
        Error::Store(StoreError::Overloaded { retry_after }) => {
            let seconds = HeaderValue::from(retry_after.as_secs() + 1);
            Failure { header: Some((header::RETRY_AFTER, seconds)), ..Failure::unavailable() }
        }
        Error::Refused(refused) => match &**refused {
            Refused::NotFound { .. } => unknown(),
            Refused::Contended => conflict("others are changing the request; try again"),
            Refused::Request(Refusal::WrongStatus { status: RequestStatus::Suspended, .. }) => {
                conflict("the request rests; try again later")
            }
            Refused::Request(Refusal::NotAwaited { .. }) => conflict("the step cannot take a call now"),
            Refused::Request(Refusal::StepNotOpen { .. } | Refusal::WrongStatus { .. }) => gone(),
            Refused::Request(_) => {
                let message = "what was sent does not fit what the step is to make of it";
                Failure::new(StatusCode::UNPROCESSABLE_ENTITY, Code::Validation, message)
            }
            _ => internal(error),
        },
        Error::Store(_) => internal(error),
    }
}

fn internal(error: &Error) -> Failure {
    tracing::error!(error = %failure_of(error).message, "a call of a webhook failed");
    Failure::new(StatusCode::INTERNAL_SERVER_ERROR, Code::Internal, "something went wrong on the server")
}

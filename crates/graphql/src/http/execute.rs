use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use async_graphql::parser::types::OperationType;
use async_graphql::{Executor, Response, ServerError};
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use futures::{FutureExt, Stream, StreamExt};
use nexusflow_domain::insight::Origin;
use tracing::{Instrument, Span};

use super::api::Api;
use super::authenticate::{Credentials, authenticate};
use super::code::Code;
use super::failure::Failure;
use super::finish::finish;
use super::long_poll::LongPoll;
use super::operation::Operation;
use crate::Caller;

/// A finished result and how far it came.
pub(super) struct Answer {
    pub(super) response: Response,
    /// Whether the operation was valid and began.
    pub(super) executed: bool,
}

/// Runs a query or a mutation.
///
/// A query ends when its client goes away. A mutation does not: what it has begun is finished, and
/// when it takes too long the client learns that its outcome is open. It only does not wait any
/// longer for something to happen.
pub(super) async fn execute<E: Executor>(api: &Arc<Api<E>>, operation: Operation, caller: Caller) -> Answer {
    let (progress, origin, kind) = (operation.progress.clone(), caller.origin.clone(), operation.kind);
    let span = span(&operation, &origin);
    let (limits, started) = (&api.options.limits, Instant::now());
    // Dropped with this future, when the client goes away.
    let (poll, _guard) = LongPoll::within(limits.timeout, &api.options.shutdown);
    let request = (api.attach)(operation.request.data(progress.clone()).data(poll), caller);
    let executor = api.executor.clone();
    let run = AssertUnwindSafe(async move { executor.execute(request).await }).catch_unwind().instrument(span.clone());
    let outcome = if kind == OperationType::Mutation {
        tokio::time::timeout(limits.timeout, tokio::spawn(run))
            .await
            .map(|joined| joined.map_or_else(|_| None, Result::ok))
    } else {
        tokio::time::timeout(limits.timeout, run).await.map(Result::ok)
    };
    let response = match outcome {
        Ok(Some(response)) => response,
        Ok(None) => failed(Code::Internal.error("the operation panicked")),
        Err(_) => failed(Code::Unavailable.error(timed_out(kind))),
    };
    let _entered = span.enter();
    tracing::debug!(milliseconds = started.elapsed().as_millis(), errors = response.errors.len(), "executed");
    Answer { response: finish(response, &progress, &origin, limits), executed: progress.is_executing() }
}

/// Runs a subscription, or a single operation as a stream of one result. It ends with an error when
/// the token it began with is no longer accepted.
pub(super) fn subscribe<E: Executor>(
    api: &Arc<Api<E>>,
    operation: Operation,
    caller: Caller,
    credentials: Credentials,
) -> BoxStream<'static, Answer> {
    let api = api.clone();
    if operation.kind != OperationType::Subscription {
        return futures::stream::once(async move { execute(&api, operation, caller).await }).boxed();
    }
    let (progress, origin) = (operation.progress.clone(), caller.origin.clone());
    let span = span(&operation, &origin);
    let request = (api.attach)(operation.request.data(progress.clone()), caller);
    let results = AssertUnwindSafe(api.executor.execute_stream(request, None)).catch_unwind();
    let results =
        results.map(|result| result.unwrap_or_else(|_| failed(Code::Internal.error("a subscription panicked"))));
    let limits = api.options.limits.clone();
    let refusal = refusal(api, credentials, origin.clone());
    until(results.boxed(), refusal.boxed(), span)
        .map(move |response| Answer {
            response: finish(response, &progress, &origin, &limits),
            executed: progress.is_executing(),
        })
        .boxed()
}

/// The results, until the token is refused: then that refusal, and the end.
fn until(
    results: BoxStream<'static, Response>,
    refusal: BoxFuture<'static, Failure>,
    span: Span,
) -> impl Stream<Item = Response> + Send {
    futures::stream::unfold(Some((results, refusal)), move |state| {
        let next = async move {
            let (mut results, mut refusal) = state?;
            tokio::select! {
                result = results.next() => result.map(|response| (response, Some((results, refusal)))),
                failure = &mut refusal => Some((failed(failure.error(&Origin::default())), None)),
            }
        };
        next.instrument(span.clone())
    })
}

/// Waits until the token is refused. A store that does not answer refuses nobody.
async fn refusal<E: Executor>(api: Arc<Api<E>>, credentials: Credentials, origin: Origin) -> Failure {
    loop {
        tokio::time::sleep(api.options.recheck).await;
        match authenticate(&api.application, &credentials, origin.clone()).await {
            Err(failure) if failure.code == Code::Unauthenticated => return failure,
            _ => {}
        }
    }
}

fn failed(error: ServerError) -> Response {
    Response::from_errors(vec![error])
}

fn timed_out(kind: OperationType) -> &'static str {
    match kind {
        OperationType::Mutation => "the mutation takes too long; it may still take effect",
        _ => "the query took too long",
    }
}

/// A span that never holds variables, arguments or tokens.
fn span(operation: &Operation, origin: &Origin) -> Span {
    tracing::info_span!(
        "graphql",
        operation.kind = %operation.kind,
        operation.name = operation.name,
        correlation_id = origin.correlation_id,
    )
}

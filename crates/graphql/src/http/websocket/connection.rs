use std::sync::Arc;
use std::time::Duration;

use async_graphql::{Executor, Request};
use futures::stream::BoxStream;
use futures::{FutureExt, StreamExt};
use nexusflow_domain::insight::Origin;
use serde_json::Value;
use serde_json::value::RawValue;
use tokio::time::{Instant, MissedTickBehavior};

use super::close::Close;
use super::messages::{FromClient, FromServer, InitPayload};
use super::operations::{Operations, Output};
use super::socket::{Incoming, Lost, Socket};
use crate::http::api::Api;
use crate::http::authenticate::{Credentials, authenticate};
use crate::http::code::Code;
use crate::http::execute::{Answer, subscribe};
use crate::http::finish::with_correlation_id;
use crate::http::handlers::{refused, usable};
use crate::http::params;
use crate::http::respond::to_json;

/// Why a connection ends.
enum End {
    Close(Close),
    Lost,
}

impl From<Lost> for End {
    fn from(Lost: Lost) -> Self {
        Self::Lost
    }
}

/// One client's connection.
pub(super) struct Connection<E> {
    api: Arc<Api<E>>,
    origin: Origin,
    credentials: Credentials,
    operations: Operations,
    last_seen: Instant,
}

impl<E: Executor> Connection<E> {
    pub(super) fn new(api: Arc<Api<E>>, origin: Origin, credentials: Credentials) -> Self {
        Self { api, origin, credentials, operations: Operations::default(), last_seen: Instant::now() }
    }

    /// Serves the client until one of both ends the connection.
    pub(super) async fn serve(mut self, mut socket: Socket) {
        let end = match self.initialise(&mut socket).await {
            Ok(()) => self.run(&mut socket).await,
            Err(end) => end,
        };
        // Operations stop before the goodbye.
        self.operations = Operations::default();
        match end {
            End::Lost => socket.leave().await,
            End::Close(close) => {
                let code = close.code();
                tracing::debug!(code, correlation_id = self.origin.correlation_id, "closing a WebSocket");
                socket.close(close).await;
            }
        }
    }

    /// Waits for `connection_init` and answers it.
    async fn initialise(&mut self, socket: &mut Socket) -> Result<(), End> {
        let deadline = Instant::now() + self.api.options.init_timeout;
        let shutdown = self.api.options.shutdown.clone();
        let payload = loop {
            let incoming = tokio::select! {
                () = shutdown.cancelled() => return Err(End::Close(Close::GoingAway)),
                incoming = tokio::time::timeout_at(deadline, socket.receive()) => incoming,
            };
            match incoming.map_err(|_| End::Close(Close::InitTimeout))? {
                Incoming::Message(FromClient::ConnectionInit { payload }) => break payload.unwrap_or_default(),
                Incoming::Message(FromClient::Ping { payload }) => socket.send(&FromServer::Pong { payload }).await?,
                Incoming::Message(FromClient::Subscribe { .. }) => return Err(End::Close(Close::Unauthorized)),
                Incoming::Message(FromClient::Complete { .. } | FromClient::Pong {}) | Incoming::Alive => {}
                Incoming::Wrong(close) => return Err(End::Close(close)),
                Incoming::Gone => return Err(End::Lost),
            }
        };
        self.sign_in(payload).await?;
        Ok(socket.send(&FromServer::ConnectionAck).await?)
    }

    /// The token of the payload counts more than the header's and the cookie's.
    async fn sign_in(&mut self, payload: InitPayload) -> Result<(), End> {
        if let Some(authorization) = payload.authorization {
            self.credentials = Credentials::Authorization(authorization);
        }
        let checked = authenticate(&self.api.application, &self.credentials, self.origin.clone()).await;
        checked.map(|_| ()).map_err(|failure| {
            End::Close(match failure.code {
                Code::Unauthenticated => Close::Forbidden,
                Code::Unavailable => Close::TryAgainLater,
                _ => Close::Internal,
            })
        })
    }

    async fn run(&mut self, socket: &mut Socket) -> End {
        let shutdown = self.api.options.shutdown.clone();
        let mut alive = tokio::time::interval(self.api.options.keep_alive);
        alive.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let step = tokio::select! {
                () = shutdown.cancelled() => Err(End::Close(Close::GoingAway)),
                _ = alive.tick() => keep_alive(socket, self.last_seen, self.api.options.keep_alive).await,
                incoming = socket.receive() => self.take(socket, incoming).await,
                (id, output) = self.operations.next() => give(socket, &id, output).await,
            };
            if let Err(end) = step {
                return end;
            }
        }
    }

    async fn take(&mut self, socket: &mut Socket, incoming: Incoming) -> Result<(), End> {
        self.last_seen = Instant::now();
        match incoming {
            Incoming::Message(FromClient::ConnectionInit { .. }) => Err(End::Close(Close::TooManyInits)),
            Incoming::Message(FromClient::Ping { payload }) => Ok(socket.send(&FromServer::Pong { payload }).await?),
            Incoming::Message(FromClient::Complete { id }) => {
                self.operations.stop(&id);
                Ok(())
            }
            Incoming::Message(FromClient::Subscribe { id, payload }) => self.begin(socket, id, payload).await,
            Incoming::Message(FromClient::Pong {}) | Incoming::Alive => Ok(()),
            Incoming::Wrong(close) => Err(End::Close(close)),
            Incoming::Gone => Err(End::Lost),
        }
    }

    async fn begin(&mut self, socket: &mut Socket, id: String, payload: Value) -> Result<(), End> {
        let Ok(request) = params::from_json(payload) else { return Err(End::Close(Close::BadMessage)) };
        if self.operations.contains(&id) {
            return Err(End::Close(Close::SubscriberExists));
        }
        let limit = self.api.options.limits.operations_per_socket;
        if self.operations.len() >= limit {
            let message = format!("at most {limit} operations may run on one connection");
            let error = with_correlation_id(Code::CostExceeded.error(message), &self.origin);
            return Ok(socket.send(&FromServer::Error { id: &id, payload: &[error] }).await?);
        }
        let outputs = outputs(self.api.clone(), request, self.credentials.clone(), self.origin.clone());
        self.operations.begin(id, outputs);
        Ok(())
    }
}

/// Asks a silent client whether it is there; three unanswered times, and it is not.
async fn keep_alive(socket: &mut Socket, last_seen: Instant, interval: Duration) -> Result<(), End> {
    if last_seen.elapsed() > interval * 3 {
        return Err(End::Lost);
    }
    Ok(socket.ping().await?)
}

async fn give(socket: &mut Socket, id: &str, output: Output) -> Result<(), End> {
    match output {
        Output::Next(json) => {
            let payload = RawValue::from_string(json).map_err(|_| End::Close(Close::Internal))?;
            socket.send(&FromServer::Next { id, payload: &payload }).await?;
        }
        Output::Refused(errors) => socket.send(&FromServer::Error { id, payload: &errors }).await?,
        Output::Complete => socket.send(&FromServer::Complete { id }).await?,
    }
    Ok(())
}

/// What an operation says, from first to last. Each is authenticated on its own, so that a token
/// that has expired since, or another set of roles, is noticed.
fn outputs<E: Executor>(
    api: Arc<Api<E>>,
    request: Request,
    credentials: Credentials,
    origin: Origin,
) -> BoxStream<'static, Output> {
    let begun = async move {
        let answers = match authenticate(&api.application, &credentials, origin.clone()).await {
            Err(failure) => return refusal(vec![failure.error(&origin)]),
            Ok(caller) => match usable(&api, request, &caller) {
                Err(unusable) => return refusal(refused(&api, unusable.into_error(), &origin).response.errors),
                Ok(operation) => subscribe(&api, operation, caller, credentials),
            },
        };
        let end = futures::stream::once(async { Output::Complete });
        answers.map(output).chain(end).scan(false, stop_after_refusal).boxed()
    };
    begun.flatten_stream().boxed()
}

fn output(answer: Answer) -> Output {
    if answer.executed {
        Output::Next(to_json(&answer.response, true))
    } else {
        Output::Refused(answer.response.errors)
    }
}

fn refusal(errors: Vec<async_graphql::ServerError>) -> BoxStream<'static, Output> {
    futures::stream::once(async { Output::Refused(errors) }).boxed()
}

/// A refusal ends the operation; no `Complete` follows it.
fn stop_after_refusal(refused: &mut bool, output: Output) -> std::future::Ready<Option<Output>> {
    let ended = std::mem::replace(refused, matches!(output, Output::Refused(_)));
    std::future::ready((!ended).then_some(output))
}

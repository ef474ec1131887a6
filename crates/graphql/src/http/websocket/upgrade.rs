use std::sync::Arc;

use async_graphql::Executor;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use nexusflow_domain::insight::Origin;

use super::connection::Connection;
use super::socket::Socket;
use crate::http::api::Api;
use crate::http::authenticate::{Credentials, authenticate_request};
use crate::http::code::Code;
use crate::http::failure::Failure;
use crate::http::origin::origin;
use crate::http::respond::identify;
use crate::http::same_site::{foreign, is_surely_own};

const PROTOCOL: &str = "graphql-transport-ws";

/// `/graphql/ws`: turns the request into a WebSocket connection.
pub(in crate::http) async fn upgrade<E: Executor>(State(api): State<Arc<Api<E>>>, request: Request) -> Response {
    let (mut parts, _) = request.into_parts();
    let origin = origin(&parts, api.options.trust_proxy);
    let checked = async {
        // A token in the header is judged here, where HTTP can still say what is wrong with it.
        let (_, credentials) = authenticate_request(&api, &parts, &origin).await?;
        // Whoever may open a socket with cookies may do everything on it.
        if credentials.is_cookie() && !is_surely_own(&parts, &api.options) {
            return Err(foreign());
        }
        let upgrade = WebSocketUpgrade::from_request_parts(&mut parts, &()).await;
        let upgrade = choose_protocol(upgrade.map_err(|rejection| rejected(rejection.body_text()))?)?;
        Ok((upgrade, credentials))
    };
    match checked.await {
        Ok((upgrade, credentials)) => accept(api, upgrade, credentials, origin),
        Err(failure) => failure.respond(&origin, None),
    }
}

fn rejected(message: String) -> Failure {
    Failure::new(StatusCode::UPGRADE_REQUIRED, Code::Validation, message)
}

fn choose_protocol(upgrade: WebSocketUpgrade) -> Result<WebSocketUpgrade, Failure> {
    let upgrade = upgrade.protocols([PROTOCOL]);
    match upgrade.selected_protocol() {
        Some(_) => Ok(upgrade),
        None => Err(Failure::bad_request(format!("expected the WebSocket sub-protocol {PROTOCOL}"))),
    }
}

fn accept<E: Executor>(
    api: Arc<Api<E>>,
    upgrade: WebSocketUpgrade,
    credentials: Credentials,
    origin: Origin,
) -> Response {
    let limit = api.options.limits.body_bytes;
    let served_origin = origin.clone();
    let mut response = upgrade.max_message_size(limit).max_frame_size(limit).on_upgrade(move |socket| async move {
        let socket = Socket::new(socket, api.options.send_timeout);
        Connection::new(api, origin, credentials).serve(socket).await;
    });
    identify(response.headers_mut(), &served_origin);
    response
}

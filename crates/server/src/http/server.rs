use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use axum::routing::get;
use nexusflow_graphql::http::{ApiOptions, router as api_router};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::public_keys::public_keys;
use super::{Readiness, router};
use crate::compose::Services;
use crate::settings::HttpSettings;

/// A running HTTP server.
pub struct Server {
    address: SocketAddr,
    stopping: CancellationToken,
    shutdown_timeout: Duration,
    running: JoinHandle<std::io::Result<()>>,
}

impl Server {
    /// Serves the API and the probes on a listener, until [`Server::stop`]. Cancelling `stopping`
    /// begins the end: not ready any more, no new connections.
    pub fn start(
        listener: TcpListener,
        services: &Services,
        settings: &HttpSettings,
        stopping: CancellationToken,
    ) -> anyhow::Result<Self> {
        let options = ApiOptions {
            development: settings.development,
            trust_proxy: settings.trust_proxy,
            graphiql: settings.graphiql,
            public_url: settings.public_url.clone(),
            shutdown: stopping.clone(),
            ..ApiOptions::default()
        };
        let keys = Router::new().route("/.well-known/jwks.json", get(public_keys)).with_state(services.tokens.clone());
        let api = api_router(services.application.clone(), options).merge(keys);
        let readiness = Readiness::new(services.application.maintenance.clone(), stopping.clone());
        Self::serve(listener, router(api, readiness), settings.shutdown_timeout, stopping)
    }

    /// The same for any router.
    pub fn serve(
        listener: TcpListener,
        router: Router,
        shutdown_timeout: Duration,
        stopping: CancellationToken,
    ) -> anyhow::Result<Self> {
        let address = listener.local_addr().context("the listener has no address")?;
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        let stop = stopping.clone().cancelled_owned();
        let running = tokio::spawn(axum::serve(listener, service).with_graceful_shutdown(stop).into_future());
        Ok(Self { address, stopping, shutdown_timeout, running })
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Takes no new connections, lets running calls finish within the time-out, and ends.
    pub async fn stop(mut self) {
        self.stopping.cancel();
        if tokio::time::timeout(self.shutdown_timeout, &mut self.running).await.is_err() {
            tracing::warn!(timeout = ?self.shutdown_timeout, "calls that did not finish in time were cut off");
            self.running.abort();
        }
    }
}

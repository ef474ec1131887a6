//! Connections to where the policy lets them go: every address is judged here, right before it is connected to,
//! whether it was written in the URL or found by name.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tower_service::Service;

use crate::policy::HttpPolicy;
use crate::resolve::Resolve;

/// How long it takes at most until a connection stands.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Clone)]
pub(crate) struct Connector {
    policy: Arc<HttpPolicy>,
    resolver: Arc<dyn Resolve>,
}

/// A connection that does not come about.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConnectError {
    /// The policy forbids every address of the host.
    #[error("connections to {host}:{port} are not permitted (connectors.http)")]
    Blocked { host: String, port: u16 },
    #[error("{host}: the name leads nowhere: {error}")]
    NotFound { host: String, error: io::Error },
    #[error("{host}:{port}: {error}")]
    Failed { host: String, port: u16, error: io::Error },
}

impl Connector {
    pub fn new(policy: HttpPolicy, resolver: Arc<dyn Resolve>) -> Self {
        Self { policy: Arc::new(policy), resolver }
    }

    async fn connect(self, uri: Uri) -> Result<TokioIo<TcpStream>, ConnectError> {
        let host = uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']').to_owned();
        let port = uri.port_u16().unwrap_or(if uri.scheme_str() == Some("https") { 443 } else { 80 });
        let found = match host.parse::<IpAddr>() {
            Ok(address) => Ok(vec![address]),
            Err(_) => self.resolver.resolve(&host).await,
        };
        let found =
            found.and_then(|found| if found.is_empty() { Err(io::ErrorKind::NotFound.into()) } else { Ok(found) });
        let found = found.map_err(|error| ConnectError::NotFound { host: host.clone(), error })?;
        let permitted = found.into_iter().filter(|&address| self.policy.permits(&host, address, port));
        let permitted: Vec<IpAddr> = permitted.collect();
        if permitted.is_empty() {
            return Err(ConnectError::Blocked { host, port });
        }
        match timeout(PATIENCE, first_of(&permitted, port)).await {
            Ok(Ok(stream)) => Ok(TokioIo::new(stream)),
            Ok(Err(error)) => Err(ConnectError::Failed { host, port, error }),
            Err(_) => Err(ConnectError::Failed { host, port, error: io::ErrorKind::TimedOut.into() }),
        }
    }
}

async fn first_of(addresses: &[IpAddr], port: u16) -> io::Result<TcpStream> {
    let mut last = io::ErrorKind::AddrNotAvailable.into();
    for &address in addresses {
        match TcpStream::connect(SocketAddr::new(address, port)).await {
            Ok(stream) => {
                stream.set_nodelay(true)?;
                return Ok(stream);
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

impl Service<Uri> for Connector {
    type Response = TokioIo<TcpStream>;
    type Error = ConnectError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, ConnectError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ConnectError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        Box::pin(self.clone().connect(uri))
    }
}

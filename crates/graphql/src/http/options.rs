use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::limits::Limits;

/// How the API is served.
#[derive(Debug, Clone)]
pub struct ApiOptions {
    /// Lets everybody read the schema, signed in or not.
    pub development: bool,
    /// The server is only reachable through a proxy that appends to `X-Forwarded-For`.
    pub trust_proxy: bool,
    /// Where clients outside reach the server, such as `https://flow.example`.
    pub public_url: Option<String>,
    /// Serves GraphiQL at `/`. Its scripts come from a public CDN; without internet access the page
    /// says so and the API works the same.
    pub graphiql: bool,
    /// What one operation may cost.
    pub limits: Limits,
    /// How long a WebSocket may take to send `connection_init`.
    pub init_timeout: Duration,
    /// How often an idle stream shows that it is alive; a silent WebSocket is dropped after three.
    pub keep_alive: Duration,
    /// How often the token of an open subscription is checked again.
    pub recheck: Duration,
    /// How long a client may take to receive one message before it is cut off.
    pub send_timeout: Duration,
    /// Cancelled when the server stops: open streams end, so that clients reconnect elsewhere.
    pub shutdown: CancellationToken,
}

impl Default for ApiOptions {
    fn default() -> Self {
        Self {
            development: false,
            trust_proxy: false,
            public_url: None,
            graphiql: true,
            limits: Limits::default(),
            init_timeout: Duration::from_secs(10),
            keep_alive: Duration::from_secs(15),
            recheck: Duration::from_secs(30),
            send_timeout: Duration::from_secs(10),
            shutdown: CancellationToken::new(),
        }
    }
}

impl ApiOptions {
    /// Whether browsers may send cookies over TLS alone: always, but where clients reach the server at an
    /// `http://` address, and in development where no address is set.
    pub(super) fn cookies_are_secure(&self) -> bool {
        self.public_url.as_ref().map_or(!self.development, |url| !url.starts_with("http://"))
    }

    /// The origin (RFC 6454) of the address where clients reach the server.
    pub(super) fn public_origin(&self) -> Option<&str> {
        let url = self.public_url.as_deref()?;
        let host = url.find("://")? + 3;
        let end = url.get(host..)?.find('/').map_or(url.len(), |path| host + path);
        url.get(..end)
    }
}

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

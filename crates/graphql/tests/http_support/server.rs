use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use nexusflow_application::access::{PolicyEngine, PolicySnapshot};
use nexusflow_application::fakes::fixture::{Fixture, PASSWORD};
use nexusflow_application::{Application, Ports, StoreError};
use nexusflow_domain::access::Permission;
use nexusflow_domain::ids::{OrganizationId, UserId, WorkflowId};
use nexusflow_domain::insight::Origin;
use nexusflow_graphql::http::{ApiOptions, router_of};
use reqwest::{Client, RequestBuilder, StatusCode, header};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::schema::{Effects, attach, schema};

/// A running server.
pub struct Server {
    pub address: SocketAddr,
    pub fixture: Fixture,
    /// A token of the administrator.
    pub token: String,
    pub shutdown: CancellationToken,
    client: Client,
    effects: Effects,
    is_down: Arc<AtomicBool>,
}

/// A response, read to its end.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: header::HeaderMap,
    pub body: Value,
}

impl Server {
    pub async fn start() -> Self {
        Self::with(ApiOptions::default()).await
    }

    pub async fn with(options: ApiOptions) -> Self {
        Self::on("127.0.0.1:0", options).await
    }

    pub async fn on(address: &str, options: ApiOptions) -> Self {
        let fixture = Fixture::new().await.expect("a fixture");
        let is_down = Arc::new(AtomicBool::new(false));
        let policy = Arc::new(Breakable { inner: fixture.ports.policy.clone(), is_down: is_down.clone() });
        let application = Arc::new(Application::new(&Ports { policy, ..fixture.ports.clone() }));
        let origin = Origin::default();
        let sign_in = application.identity.sign_in("admin@acme.example", PASSWORD.to_owned(), None, &origin);
        let token = sign_in.await.expect("a sign-in").token.into_revealed();
        let (effects, shutdown) = (Effects::default(), options.shutdown.clone());
        let router = router_of(schema(effects.clone()), application, options, Arc::new(attach));
        let listener = tokio::net::TcpListener::bind(address).await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, service).await });
        Self { address, fixture, token, shutdown, client: Client::new(), effects, is_down }
    }

    /// Lets the database go away, or come back.
    pub fn set_down(&self, is_down: bool) {
        self.is_down.store(is_down, Ordering::SeqCst);
    }

    /// How many mutations have taken effect.
    pub fn effects(&self) -> usize {
        self.effects.0.load(Ordering::SeqCst)
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub fn post(&self, path: &str) -> RequestBuilder {
        self.client.post(self.url(path)).header(header::CONTENT_TYPE, "application/json")
    }

    pub fn get(&self, path: &str, parameters: &[(&str, &str)]) -> RequestBuilder {
        let encoded = parameters.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect::<Vec<_>>();
        self.client.get(format!("{}?{}", self.url(path), encoded.join("&")))
    }

    /// Runs a document as nobody, asking for the telling media type.
    pub async fn query(&self, query: &str) -> Answer {
        answer(self.post("/graphql").header(header::ACCEPT, GRAPHQL).body(json!({ "query": query }).to_string())).await
    }

    /// Runs a document as the administrator.
    pub async fn query_signed_in(&self, query: &str) -> Answer {
        let request = self.post("/graphql").header(header::ACCEPT, GRAPHQL).bearer_auth(&self.token);
        answer(request.body(json!({ "query": query }).to_string())).await
    }

    /// Posts a body as nobody, as JSON clients from before do.
    pub async fn post_json(&self, body: impl Into<reqwest::Body>) -> Answer {
        answer(self.post("/graphql").body(body)).await
    }
}

/// The media type that lets the status speak.
pub const GRAPHQL: &str = "application/graphql-response+json";

/// Sends a request and reads the whole answer.
pub async fn answer(request: RequestBuilder) -> Answer {
    let response = request.send().await.expect("an answer");
    let (status, headers) = (response.status(), response.headers().clone());
    let text = response.text().await.expect("a body");
    Answer { status, headers, body: serde_json::from_str(&text).unwrap_or(Value::String(text)) }
}

impl Answer {
    /// The first error's code.
    pub fn code(&self) -> &str {
        self.body["errors"][0]["extensions"]["code"].as_str().unwrap_or_default()
    }

    pub fn message(&self) -> &str {
        self.body["errors"][0]["message"].as_str().unwrap_or_default()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

fn encode(text: &str) -> String {
    let byte = |text: String, byte| text + &format!("%{byte:02X}");
    text.bytes().fold(String::new(), byte)
}

/// A policy engine whose database can go away.
struct Breakable {
    inner: Arc<dyn PolicyEngine>,
    is_down: Arc<AtomicBool>,
}

impl Breakable {
    fn check(&self) -> Result<(), StoreError> {
        if self.is_down.load(Ordering::SeqCst) {
            return Err(StoreError::Unavailable("connection refused".into()));
        }
        Ok(())
    }
}

#[async_trait]
impl PolicyEngine for Breakable {
    async fn allows(
        &self,
        organization: OrganizationId,
        user: UserId,
        permission: Permission,
        workflow: Option<WorkflowId>,
    ) -> Result<bool, StoreError> {
        self.check()?;
        self.inner.allows(organization, user, permission, workflow).await
    }

    async fn snapshot(&self, organization: OrganizationId) -> Result<Arc<PolicySnapshot>, StoreError> {
        self.check()?;
        self.inner.snapshot(organization).await
    }

    async fn fresh_snapshot(&self, organization: OrganizationId) -> Result<Arc<PolicySnapshot>, StoreError> {
        self.check()?;
        self.inner.fresh_snapshot(organization).await
    }

    async fn changed(&self, organization: OrganizationId) {
        self.inner.changed(organization).await;
    }
}

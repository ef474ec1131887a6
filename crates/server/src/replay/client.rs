//! A GraphQL client per person, over HTTP on kept-alive connections.

use std::sync::Mutex;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use reqwest::header::ACCEPT;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// What is asked for; GraphQL over HTTP, section 4.
const MEDIA_TYPE: &str = "application/graphql-response+json";
/// How long one call may take.
const PATIENCE: Duration = Duration::from_mins(2);

const SIGN_IN: &str = "mutation SignIn($input: SignInInput!) {
  signIn(input: $input) { token errors { __typename message } }
}";

/// Where the API is.
#[derive(Clone)]
pub(super) struct Endpoint {
    http: reqwest::Client,
    url: String,
    organization: String,
}

/// Somebody who uses the API. Signs in when needed: at first, and when the token has expired.
pub(super) struct Client {
    endpoint: Endpoint,
    email: String,
    password: String,
    token: Mutex<Option<String>>,
}

/// What a server answers: GraphQL over HTTP, `application/graphql-response+json`.
#[derive(Deserialize)]
struct Response {
    #[serde(default)]
    data: Value,
    #[serde(default)]
    errors: Vec<Failure>,
}

#[derive(Deserialize)]
struct Failure {
    message: String,
    #[serde(default)]
    extensions: Value,
}

impl Failure {
    fn code(&self) -> &str {
        self.extensions.get("code").and_then(Value::as_str).unwrap_or("no code")
    }
}

impl Endpoint {
    /// The API at a URL, for members of the organization with this slug.
    pub fn new(url: String, organization: String) -> Result<Self> {
        let http = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build()?;
        Ok(Self { http, url, organization })
    }

    async fn post(&self, token: Option<&str>, query: &str, variables: &Value) -> Result<Response> {
        let body = json!({ "query": query, "variables": variables });
        let mut request = self.http.post(&self.url).header(ACCEPT, MEDIA_TYPE).json(&body);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let answer = request.send().await.context("the server does not answer")?;
        let status = answer.status();
        let bytes = answer.bytes().await.context("the server's answer broke off")?;
        serde_json::from_slice(&bytes).with_context(|| format!("the server answered {status} without a GraphQL answer"))
    }
}

impl Client {
    pub fn new(endpoint: &Endpoint, email: String, password: String) -> Self {
        Self { endpoint: endpoint.clone(), email, password, token: Mutex::new(None) }
    }

    /// Calls the API. What it answers besides data is an error; a typed refusal is data.
    pub async fn call<T: DeserializeOwned>(&self, query: &str, variables: Value) -> Result<T> {
        let mut token = match self.known_token() {
            Some(token) => token,
            None => self.sign_in().await?,
        };
        let mut response = self.endpoint.post(Some(&token), query, &variables).await?;
        if response.errors.iter().any(|failure| failure.code() == "UNAUTHENTICATED") {
            token = self.sign_in().await?;
            response = self.endpoint.post(Some(&token), query, &variables).await?;
        }
        if let Some(failure) = response.errors.first() {
            bail!("{}: {}", failure.code(), failure.message);
        }
        Ok(serde_json::from_value(response.data)?)
    }

    fn known_token(&self) -> Option<String> {
        self.token.lock().ok().and_then(|token| token.clone())
    }

    async fn sign_in(&self) -> Result<String> {
        let Endpoint { organization, .. } = &self.endpoint;
        let input = json!({ "email": self.email, "password": self.password, "organization": organization });
        let response = self.endpoint.post(None, SIGN_IN, &json!({ "input": input })).await?;
        if let Some(failure) = response.errors.first() {
            bail!("cannot sign {} in: {}: {}", self.email, failure.code(), failure.message);
        }
        let payload = &response.data["signIn"];
        let token = payload["token"].as_str().map(str::to_owned);
        let token = token.ok_or_else(|| anyhow!("cannot sign {} in: {}", self.email, payload["errors"]))?;
        if let Ok(mut known) = self.token.lock() {
            *known = Some(token.clone());
        }
        Ok(token)
    }
}

use anyhow::{Context, ensure};
use serde_json::{Value, json};

/// A client of the API, signed in or not.
#[derive(Clone)]
pub struct Api {
    client: reqwest::Client,
    url: String,
    token: Option<String>,
}

/// What the API answered.
#[derive(Debug, Clone)]
pub struct Answer(pub Value);

const SIGN_IN: &str = "mutation($input: SignInInput!) { signIn(input: $input) { token errors { code } } }";

impl Api {
    /// Nobody's.
    pub fn anonymous(address: &str) -> Self {
        Self { client: reqwest::Client::new(), url: format!("http://{address}/graphql"), token: None }
    }

    /// Somebody's.
    pub async fn sign_in(address: &str, email: &str, password: &str) -> anyhow::Result<Self> {
        let anonymous = Self::anonymous(address);
        let answer = anonymous.try_sign_in(email, password).await?;
        let token = answer.data("signIn")?["token"].as_str().context("a token")?.to_owned();
        Ok(Self { token: Some(token), ..anonymous })
    }

    pub async fn try_sign_in(&self, email: &str, password: &str) -> anyhow::Result<Answer> {
        self.call(SIGN_IN, json!({ "input": { "email": email, "password": password } })).await
    }

    /// The same person at another server.
    pub fn at(&self, address: &str) -> Self {
        Self { url: format!("http://{address}/graphql"), ..self.clone() }
    }

    pub async fn call(&self, query: &str, variables: Value) -> anyhow::Result<Answer> {
        let mut request = self.client.post(&self.url).json(&json!({ "query": query, "variables": variables }));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        Ok(Answer(request.send().await?.json().await?))
    }

    /// A mutation that must do what was asked.
    pub async fn mutate(&self, field: &str, query: &str, input: Value) -> anyhow::Result<Value> {
        self.call(query, json!({ "input": input })).await?.data(field)
    }
}

impl Answer {
    /// A field of the data; an error when it was refused or failed.
    pub fn data(&self, field: &str) -> anyhow::Result<Value> {
        let data = &self.0["data"][field];
        ensure!(self.0.get("errors").is_none() && !data.is_null(), "{}", self.0);
        ensure!(data["errors"].as_array().is_none_or(Vec::is_empty), "{}", self.0);
        Ok(data.clone())
    }

    /// The code of the first top-level error.
    pub fn code(&self) -> Option<&str> {
        self.0["errors"][0]["extensions"]["code"].as_str()
    }

    /// The code of the first refusal of a mutation.
    pub fn refusal(&self, field: &str) -> Option<&str> {
        self.0["data"][field]["errors"][0]["code"].as_str()
    }
}

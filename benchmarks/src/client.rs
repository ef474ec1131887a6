use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

/// A signed-in client of the API, as a real one: over HTTP on a kept connection.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    url: String,
    token: Option<String>,
}

impl Client {
    pub fn new(url: String) -> Self {
        Self { http: reqwest::Client::new(), url, token: None }
    }

    pub async fn sign_in(&mut self, email: &str, password: &str) -> Result<()> {
        let query = "mutation($input: SignInInput!) { signIn(input: $input) { token errors { message } } }";
        let data = self.call(query, json!({ "input": { "email": email, "password": password } })).await?;
        let token = data["signIn"]["token"].as_str().context("no token")?;
        self.token = Some(token.to_owned());
        Ok(())
    }

    /// The answer's data; an error when there are any errors, at the top or in a payload.
    pub async fn call(&self, query: &str, variables: Value) -> Result<Value> {
        let mut request = self.http.post(&self.url).json(&json!({ "query": query, "variables": variables }));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        let mut answer: Value = request.send().await?.json().await?;
        ensure!(answer["errors"].is_null(), "{}", answer["errors"]);
        let data = answer["data"].take();
        let refused = data
            .as_object()
            .into_iter()
            .flatten()
            .any(|(_, payload)| payload["errors"].as_array().is_some_and(|errors| !errors.is_empty()));
        ensure!(!refused, "{data}");
        Ok(data)
    }

    /// The same, with the time it took.
    pub async fn timed(&self, query: &str, variables: Value) -> Result<(Value, Duration)> {
        let start = Instant::now();
        let data = self.call(query, variables).await?;
        Ok((data, start.elapsed()))
    }
}

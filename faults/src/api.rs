use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use serde_json::{Value, json};

use crate::addresses::Addresses;
use crate::evidence::Evidence;

/// How long an answer is waited for: longer than a fetch waits for jobs.
const PATIENCE: Duration = Duration::from_secs(8);
/// How long it rests before the same is sent again.
const REST: Duration = Duration::from_millis(150);

/// Somebody who is signed in, at whichever server can be reached.
#[derive(Clone)]
pub struct Api {
    http: reqwest::Client,
    addresses: Arc<Addresses>,
    evidence: Arc<Evidence>,
    token: Option<String>,
}

/// What a call came to.
#[derive(Debug)]
pub enum Answer {
    /// The field, as it was asked for.
    Done(Value),
    /// The code of a refusal, or an error that no fault explains: it was not done.
    Refused(String),
    /// Whether it was done is not known.
    Unknown,
}

impl Api {
    pub fn anonymous(addresses: Arc<Addresses>, evidence: Arc<Evidence>) -> anyhow::Result<Self> {
        Ok(Self { http: reqwest::Client::builder().timeout(PATIENCE).build()?, addresses, evidence, token: None })
    }

    pub async fn sign_in(&self, email: &str, password: &str) -> anyhow::Result<Self> {
        const SIGN_IN: &str = "mutation($input: SignInInput!) { signIn(input: $input) { token errors { code } } }";
        let signed = self.sure("signIn", SIGN_IN, json!({ "email": email, "password": password })).await?;
        let token = signed["token"].as_str().context("a token")?.to_owned();
        Ok(Self { token: Some(token), ..self.clone() })
    }

    /// Sends a call once.
    pub async fn call(&self, field: &str, query: &str, variables: Value) -> Answer {
        let Some(address) = self.addresses.next() else { return Answer::Unknown };
        let body = json!({ "query": query, "variables": variables });
        let mut request = self.http.post(format!("http://{address}/graphql")).json(&body);
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        let answer = async { request.send().await?.json::<Value>().await }.await;
        let Ok(mut answer) = answer else { return Answer::Unknown };
        if let Some(error) = answer["errors"].get(0) {
            if error["extensions"]["code"] == "UNAVAILABLE" {
                return Answer::Unknown;
            }
            self.evidence.unexpected(format!("{field}: {error}"));
            return Answer::Refused(error.to_string());
        }
        let data = answer["data"][field].take();
        match data["errors"].get(0).and_then(|error| error["code"].as_str()) {
            None => Answer::Done(data),
            Some("CONTENDED") => Answer::Unknown,
            Some(code) => Answer::Refused(code.to_owned()),
        }
    }

    /// Sends a mutation again and again until it is known what came of it; `None` when it does not become known.
    /// The input must have what makes repeats harmless.
    pub async fn insist(&self, field: &str, query: &str, input: Value) -> Option<Result<Value, String>> {
        const TRIES: u32 = 200;
        for _ in 0..TRIES {
            match self.call(field, query, json!({ "input": input })).await {
                Answer::Done(data) => return Some(Ok(data)),
                Answer::Refused(code) => return Some(Err(code)),
                Answer::Unknown => tokio::time::sleep(REST).await,
            }
        }
        None
    }

    /// A mutation that must do what was asked.
    pub async fn sure(&self, field: &str, query: &str, input: Value) -> anyhow::Result<Value> {
        match self.insist(field, query, input).await {
            Some(Ok(data)) => Ok(data),
            Some(Err(code)) => bail!("{field} was refused: {code}"),
            None => bail!("{field} was not answered"),
        }
    }

    /// A query, once; `None` when it was not answered.
    pub async fn read(&self, field: &str, query: &str, variables: Value) -> Option<Value> {
        match self.call(field, query, variables).await {
            Answer::Done(data) => Some(data),
            Answer::Refused(_) | Answer::Unknown => None,
        }
    }

    /// Posts to a path of a server; the status, if there was an answer.
    pub async fn post(&self, path: &str, body: &Value) -> Option<u16> {
        let url = format!("http://{}{path}", self.addresses.next()?);
        self.http.post(url).json(body).send().await.ok().map(|answer| answer.status().as_u16())
    }
}

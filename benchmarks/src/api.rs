//! The operations of the API that the measures call, as bodies of requests.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use nexusflow_domain::ids::WorkflowId;
use serde_json::{Value, json};

use crate::engine::{COMMENT, EMAIL, OpenStep, PASSWORD, variables};
use crate::http::Connection;

const SIGN_IN: &str = "mutation($input: SignInInput!) { signIn(input: $input) { token errors { message } } }";
const START: &str = "mutation($input: StartRequestInput!) \
    { startRequest(input: $input) { request { id status openSteps { id } } errors { message } } }";
const COMPLETE: &str =
    "mutation($input: CompleteStepInput!) { completeStep(input: $input) { request { id status } errors { message } } }";

/// A request's body.
pub fn body(query: &str, variables: &Value) -> String {
    json!({ "query": query, "variables": variables }).to_string()
}

/// The administrator's access token.
pub fn sign_in(connection: &mut Connection) -> Result<String> {
    let answer = connection.post(&body(SIGN_IN, &json!({ "input": { "email": EMAIL, "password": PASSWORD } })))?;
    text(&data(answer)?["signIn"]["token"])
}

pub fn start(workflow: WorkflowId) -> Result<String> {
    Ok(body(START, &json!({ "input": { "workflowId": workflow.to_string(), "variables": variables()? } })))
}

/// A started request's id, its status and its open step, if it has one.
pub fn started(answer: &[u8]) -> Result<(String, String, Option<String>)> {
    let data = data(answer)?;
    let request = &data["startRequest"]["request"];
    let open = request["openSteps"][0]["id"].as_str().map(str::to_owned);
    Ok((text(&request["id"])?, text(&request["status"])?, open))
}

/// The global id of a step.
pub fn step_id(open: &OpenStep) -> String {
    format!("rst_{}{}", open.request.uuid().simple(), open.step.uuid().simple())
}

pub fn complete(step: &str, outcome: &str) -> String {
    body(COMPLETE, &json!({ "input": { "stepId": step, "outcome": outcome, "comment": COMMENT } }))
}

/// Sends a mutation that must not be refused; its answer, and how long it took to come.
pub fn mutate<'a>(connection: &'a mut Connection, body: &str) -> Result<(Duration, &'a [u8])> {
    let begun = Instant::now();
    let answer = connection.post(body)?;
    let took = begun.elapsed();
    ensure!(is_done(answer), "{}", String::from_utf8_lossy(answer));
    Ok((took, answer))
}

/// Whether a mutation's answer has no error, at the top or in a payload.
fn is_done(answer: &[u8]) -> bool {
    let error = b"\"errors\":[{";
    answer.starts_with(b"{\"data\":{") && !answer.windows(error.len()).any(|window| window == error)
}

/// The data of an answer without errors.
pub fn data(answer: &[u8]) -> Result<Value> {
    let mut answer: Value = serde_json::from_slice(answer)?;
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

pub fn text(value: &Value) -> Result<String> {
    value.as_str().map(str::to_owned).with_context(|| format!("expected a text, found {value}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_not_taken_for_an_answer() {
        let done = br#"{"data":{"completeStep":{"request":{"id":"req_1"},"errors":[]}}}"#;
        let refused = br#"{"data":{"completeStep":{"request":null,"errors":[{"message":"no"}]}}}"#;
        let failed = br#"{"data":null,"errors":[{"message":"no"}]}"#;
        assert!(is_done(done) && data(done).is_ok());
        assert!(!is_done(refused) && data(refused).is_err());
        assert!(!is_done(failed) && data(failed).is_err());
    }
}

//! Steps for workers, and a desk at which workers work.
#![allow(dead_code, clippy::allow_attributes, reason = "every test binary uses a part of it")]
#![expect(clippy::missing_panics_doc, reason = "helpers of tests fail by panicking")]

use nexusflow_domain::ids::RequestStepId;
use nexusflow_domain::request::{Command, JobFailure, JobWork, Refusal, RequestEvent, Work};
use serde_json::{Value, json};
use uuid::Uuid;

use super::support::flow::{step, story};
use super::support::{Desk, map, outcome, with};

/// A service for workers of the type `<key>-work`, with further fields.
pub fn service(key: &str, more: &Value) -> Value {
    step(key, "SERVICE", &with(json!({ "service": { "jobType": format!("{key}-work") } }), more))
}

/// An agent, with further fields of what it is to do.
pub fn agent(key: &str, more: &Value) -> Value {
    step(key, "AGENT", &json!({ "agent": with(json!({ "instructions": "Assess the risk." }), more) }))
}

/// An attempt that failed for no good reason.
pub fn broken(message: &str) -> JobFailure {
    JobFailure { code: None, message: message.to_owned(), is_final: false, retry_after: None }
}

/// An error with a code.
pub fn thrown(code: &str) -> JobFailure {
    JobFailure { code: Some(code.to_owned()), ..broken("it went wrong") }
}

/// An execution that no request has.
pub fn nowhere() -> RequestStepId {
    RequestStepId::from_uuid(Uuid::from_u128(0xE000))
}

/// The work of the only open execution of a step.
pub fn job_of(desk: &Desk<'_>, step: &str) -> JobWork {
    match &desk.state.open[&desk.open(step)].work {
        Work::Job(job) => job.clone(),
        other => panic!("{step} waits for {other:?}"),
    }
}

impl Desk<'_> {
    /// The command of a worker that has done its work.
    pub fn job_completion(&self, step: &str, with: Option<&str>, result: &Value) -> Command {
        Command::CompleteJob { step: self.open(step), outcome: with.map(outcome), result: map(result) }
    }

    /// A worker has done its work.
    pub fn complete_job(
        &mut self,
        step: &str,
        with: Option<&str>,
        result: &Value,
    ) -> Result<Vec<RequestEvent>, Refusal> {
        let command = self.job_completion(step, with, result);
        self.perform(None, &command)
    }

    /// A worker's attempt has failed.
    pub fn fail_job(&mut self, step: &str, failure: JobFailure) -> Result<Vec<RequestEvent>, Refusal> {
        let command = Command::FailJob { step: self.open(step), failure };
        self.perform(None, &command)
    }

    /// As [`Self::complete_job`], which is not refused.
    pub fn job_done(&mut self, step: &str, with: Option<&str>, result: &Value) -> Vec<String> {
        let events = self.complete_job(step, with, result).unwrap_or_else(|refusal| panic!("{step}: {refusal}"));
        self.check_fold();
        story(&events)
    }

    /// As [`Self::fail_job`], which is not refused.
    pub fn job_failed(&mut self, step: &str, failure: JobFailure) -> Vec<String> {
        let events = self.fail_job(step, failure).unwrap_or_else(|refusal| panic!("{step}: {refusal}"));
        self.check_fold();
        story(&events)
    }
}

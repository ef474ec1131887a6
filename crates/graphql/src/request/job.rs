use async_graphql::{Enum, ID, SimpleObject};
use nexusflow_application::request;
use nexusflow_domain::workflow;

use crate::node_id::RequestStepKey;
use crate::scalar::{DateTime, Json, int};

/// The two forms of work for workers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "workflow::JobKind")]
pub enum JobKind {
    /// A fixed piece of work.
    Service,
    /// An agent that decides by itself how.
    Agent,
}

/// A job that is a worker's until its lease ends.
#[derive(Debug, Clone, SimpleObject)]
#[expect(clippy::struct_field_names, reason = "the API calls the type of a job so everywhere")]
pub struct Job {
    /// The execution of the step that it carries out.
    id: ID,
    /// The worker's claim, to be sent back with whatever is told of the job; opaque.
    fence: String,
    /// Until when the job is the worker's.
    lease_until: DateTime,
    /// What to hand to whatever the job changes elsewhere, so that it changes it once: all attempts share it.
    idempotency_key: String,
    /// Which workers do it.
    job_type: String,
    /// Service or agent.
    kind: JobKind,
    /// The request that it is about.
    request_id: ID,
    /// The step's key.
    step_key: String,
    /// The step's name.
    step_name: String,
    /// The how many-th attempt since it began or was retried, from 1.
    attempt: i32,
    /// What it works on: what the step is given, else all variables of the request. Secrets are not left out.
    input: Json,
    /// Of one of several instances of the step: the how many-th, from 0.
    index: Option<i32>,
    /// Of one of several instances of the step: what it is for.
    item: Option<Json>,
    /// What an agent is to do.
    instructions: Option<String>,
    /// What an agent's result must look like, a JSON Schema.
    result_schema: Option<Json>,
    /// What the step can end with.
    outcomes: Vec<String>,
}

/// How the job of a step does.
#[derive(Debug, Clone, SimpleObject)]
pub struct RequestStepJob {
    /// Which workers do it.
    job_type: String,
    /// Where it goes: its job type, or host and port of an HTTP request, or `smtp` for mail.
    target: Option<String>,
    /// How many attempts have failed since it began or was retried.
    failed_attempts: i32,
    /// Why the last attempt failed.
    last_error: Option<String>,
    /// When the next attempt may begin, or could have begun; null once there is none to come.
    next_attempt_at: Option<DateTime>,
}

impl From<request::FetchedJob> for Job {
    fn from(job: request::FetchedJob) -> Self {
        let (index, item) = job.instance.unzip();
        Self {
            id: RequestStepKey { request: job.request, step: job.step }.to_string().into(),
            fence: job.lease.fence.to_string(),
            lease_until: job.lease_until.into(),
            idempotency_key: job.step.to_string(),
            job_type: job.job_type,
            kind: job.kind.into(),
            request_id: job.request.to_string().into(),
            step_key: job.step_key.to_string(),
            step_name: job.step_name,
            attempt: int(job.attempt),
            input: Json(job.input.into()),
            index: index.map(int),
            item: item.map(Json),
            instructions: job.instructions,
            result_schema: job.result_schema.map(Json),
            outcomes: job.outcomes.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<request::StepJob> for RequestStepJob {
    fn from(job: request::StepJob) -> Self {
        Self {
            job_type: job.job_type,
            failed_attempts: int(job.failed),
            last_error: job.last_error,
            target: job.target,
            next_attempt_at: job.next_attempt.map(Into::into),
        }
    }
}

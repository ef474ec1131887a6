//! What workers ask for, and what they get.

use std::fmt;
use std::time;

use nexusflow_domain::duration::Duration;
use nexusflow_domain::ids::{RequestId, RequestStepId};
use nexusflow_domain::request::{Instances, OpenStep, RequestState, Work};
use nexusflow_domain::workflow::{self, Outcome, StepKey};
use nexusflow_domain::{JsonMap, Timestamp};
use serde_json::Value;

use crate::request::{ClaimedJob, Lease};
use crate::workflow::PublishedVersion;

/// What a worker asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetch {
    /// Jobs of these types; 1 to 20, each of 1 to 64 characters.
    pub types: Vec<String>,
    /// At most so many; 1 to 100.
    pub limit: u32,
    /// How long the jobs are the worker's; 1 second to 1 hour.
    pub lease: Duration,
    /// How long to wait when there are none; at most 30 seconds.
    pub wait: time::Duration,
}

/// A job that is a worker's until its lease ends. Its `Debug` form leaves out what the job works on.
#[derive(Clone, PartialEq)]
pub struct FetchedJob {
    /// The request that it is about.
    pub request: RequestId,
    /// The execution of a step that it carries out. Attempts share it, so it serves as an idempotency key.
    pub step: RequestStepId,
    /// Which step.
    pub step_key: StepKey,
    /// The step's name.
    pub step_name: String,
    /// Service or agent.
    pub kind: workflow::JobKind,
    /// Which workers do it.
    pub job_type: String,
    /// The how many-th attempt since it began or was retried, from 1.
    pub attempt: u32,
    /// What it works on: what the step is given, else all variables. Not redacted.
    pub input: JsonMap,
    /// Of one of several instances: the how many-th, from 0, and what it is for.
    pub instance: Option<(u32, Value)>,
    /// What an agent is to do.
    pub instructions: Option<String>,
    /// What an agent's result must look like, a JSON Schema.
    pub result_schema: Option<Value>,
    /// What it can end with.
    pub outcomes: Vec<Outcome>,
    /// The claim.
    pub lease: Lease,
    /// Until when the job is the worker's.
    pub lease_until: Timestamp,
}

impl FetchedJob {
    /// A claimed job, as the request has it; `None` when it does not have it any more.
    pub(super) fn of(
        claimed: &ClaimedJob,
        lease_until: Timestamp,
        state: &RequestState,
        version: &PublishedVersion,
    ) -> Option<Self> {
        let id = RequestStepId::from_uuid(claimed.id.uuid());
        let open = state.open.get(&id).filter(|open| open.failure.is_none())?;
        let Work::Job(work) = &open.work else { return None };
        let step = version.graph.step(version.graph.find(&open.step)?);
        let job = step.job()?;
        let document = version.document.steps.iter().find(|found| found.key == open.step)?;
        Some(Self {
            request: state.id,
            step: id,
            step_key: open.step.clone(),
            step_name: step.name.clone(),
            kind: job.kind,
            job_type: work.job_type.clone(),
            attempt: work.failed + 1,
            input: open.input.clone().unwrap_or_else(|| state.variables.clone()),
            instance: instance(open, state),
            instructions: job.instructions.clone(),
            result_schema: document.agent.as_ref().and_then(|agent| agent.result_schema.clone()),
            outcomes: job.outcomes.clone(),
            lease: claimed.lease(),
            lease_until,
        })
    }
}

fn instance(open: &OpenStep, state: &RequestState) -> Option<(u32, Value)> {
    let instance = open.instance?;
    let Work::Multi(Instances { items, .. }) = &state.open.get(&instance.of)?.work else { return None };
    Some((instance.index, items.get(instance.index as usize)?.clone()))
}

impl fmt::Debug for FetchedJob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FetchedJob")
            .field("request", &self.request)
            .field("step", &self.step)
            .field("job_type", &self.job_type)
            .field("attempt", &self.attempt)
            .field("lease", &self.lease)
            .field("lease_until", &self.lease_until)
            .finish_non_exhaustive()
    }
}

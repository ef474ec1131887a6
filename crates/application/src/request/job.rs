//! Durable work, as stores keep it and workers claim it.

use nexusflow_domain::Timestamp;
use nexusflow_domain::ids::{JobId, OrganizationId, RequestId, WorkflowId};
use nexusflow_domain::workflow;

use crate::request::Lease;

/// The kinds of jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobKind {
    /// Time changes something about a request. The job's id is the request's.
    Timer,
    /// A worker is to carry out a step.
    Work,
    /// A called request is to be started, looked at, or cancelled with its caller.
    Call,
    /// NexusFlow itself is to carry out a step.
    Action,
}

impl JobKind {
    /// The stable text, as stores hold it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Timer => "TIMER",
            Self::Work => "WORK",
            Self::Call => "CALL",
            Self::Action => "ACTION",
        }
    }

    /// Whether it carries out steps, which is what pauses hold back.
    pub const fn carries_out_steps(self) -> bool {
        match self {
            Self::Work | Self::Action => true,
            Self::Timer | Self::Call => false,
        }
    }

    /// The kind with this text.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Timer, Self::Work, Self::Call, Self::Action].into_iter().find(|kind| kind.as_str() == text)
    }
}

/// What becomes of a job. Either ends every lease of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobChange {
    /// Due, free to be claimed: a new job, or the same one anew.
    Put(NewJob),
    /// None any more.
    Remove(JobId),
}

/// A job to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewJob {
    /// The job: the id of the execution of a step that it is for.
    pub id: JobId,
    /// What kind of job; never `TIMER`, which [`crate::request::Wake`] sets.
    pub kind: JobKind,
    /// The request of that execution.
    pub request: RequestId,
    /// The request's workflow, where it is known.
    pub workflow: Option<WorkflowId>,
    /// What kind of step it carries out; only for `WORK` and `ACTION`.
    pub step_kind: Option<workflow::JobKind>,
    /// Which workers do it; only for `WORK`.
    pub job_type: Option<String>,
    /// Where it goes: the job type of `WORK`, host and port or `smtp` of `ACTION`.
    pub target: Option<String>,
    /// The request that is called; only for `CALL`.
    pub called: Option<RequestId>,
    /// When it may be claimed.
    pub run_at: Timestamp,
}

impl NewJob {
    /// The timer of a request.
    pub fn timer(request: RequestId, workflow: Option<WorkflowId>, run_at: Timestamp) -> Self {
        let (id, kind) = (JobId::from_uuid(request.uuid()), JobKind::Timer);
        Self { id, kind, request, workflow, step_kind: None, job_type: None, target: None, called: None, run_at }
    }
}

/// A job claimed by a worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClaimedJob {
    /// The job: a timer's id is its request's, that of other jobs an execution's.
    pub id: JobId,
    /// What kind of job.
    pub kind: JobKind,
    /// The tenant.
    pub organization: OrganizationId,
    /// The request that it is about.
    pub request: RequestId,
    /// The request that is called; only for `CALL`.
    pub called: Option<RequestId>,
    /// The how many-th claim since it was put, from 1, without those that were given back.
    pub attempt: u32,
    /// When it was due.
    pub run_at: Timestamp,
    /// Grows with every claim; a commit under an older one is refused.
    pub fence: u64,
}

impl ClaimedJob {
    /// The claim, for a commit.
    pub const fn lease(&self) -> Lease {
        Lease { job: self.id, fence: self.fence }
    }
}

use async_graphql::{Context, ID, InputObject, SimpleObject};
use nexusflow_application::request::PausedWork;
use nexusflow_domain::ids::JobPauseId;

use super::job::JobKind;
use crate::context::{application, require_call};
use crate::error::{Answer, DomainError, parsed};
use crate::loader::Link;
use crate::platform::replay;

/// Work that is to be held back: all that fits every given part, and all of the organization when none is given.
#[derive(Debug, Clone, InputObject)]
pub struct PauseJobsInput {
    /// Of this workflow.
    workflow_id: Option<ID>,
    /// Of this kind of step.
    step_kind: Option<JobKind>,
    /// What goes exactly there: a job type of workers, host and port in lower case (`api.example.org:443`), or `smtp`.
    target: Option<String>,
    /// Why; 1 to 1,000 characters.
    reason: String,
    /// The same key and input give the first result again; another input with it is refused.
    idempotency_key: Option<String>,
}

/// What `pauseJobs` did.
#[derive(Debug, SimpleObject)]
pub struct PauseJobsPayload {
    /// The new pause.
    pub pause: Option<Link<JobPauseId>>,
    /// Why nothing was done; empty when it was.
    pub errors: Vec<DomainError>,
}

impl PauseJobsInput {
    pub(super) async fn run(self, ctx: &Context<'_>) -> Answer<Link<JobPauseId>> {
        let call = require_call(ctx)?;
        let replay = replay(&self, self.idempotency_key.as_deref());
        let work = PausedWork {
            workflow: self.workflow_id.map(|id| parsed(&id, "workflowId")).transpose()?,
            step_kind: self.step_kind.map(Into::into),
            target: self.target,
        };
        Ok(Link(application(ctx)?.job_pauses.pause(call, work, &self.reason, replay).await?))
    }
}

/// A pause that is to end.
#[derive(Debug, Clone, InputObject)]
pub struct ResumeJobsInput {
    /// Which pause.
    id: ID,
    /// Why; 1 to 1,000 characters.
    reason: Option<String>,
}

/// What `resumeJobs` did.
#[derive(Debug, SimpleObject)]
pub struct ResumeJobsPayload {
    /// The pause that is no more.
    pub resumed_id: Option<ID>,
    /// Why nothing was done; empty when it was.
    pub errors: Vec<DomainError>,
}

impl ResumeJobsInput {
    pub(super) async fn run(self, ctx: &Context<'_>) -> Answer<ID> {
        let call = require_call(ctx)?;
        let pause = parsed(&self.id, "id")?;
        application(ctx)?.job_pauses.resume(call, pause, self.reason.as_deref()).await?;
        Ok(self.id)
    }
}

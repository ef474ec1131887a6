use async_graphql::{ComplexObject, Context, ID, Result, SimpleObject};
use nexusflow_application::request;
use nexusflow_domain::ids::JobPauseId;

use super::job::JobKind;
use crate::context::loader;
use crate::identity::User;
use crate::loader::{Linked, ParkedBy};
use crate::scalar::{DateTime, int};
use crate::workflow::Workflow;

/// Work of service and agent steps that is held back until somebody resumes it: all that fits every given part. Timers,
/// calls, messages and webhooks are not held back.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct JobPause {
    #[graphql(skip)]
    model: request::JobPause,
    /// The pause.
    pub(crate) id: ID,
    /// Of this kind of step only; null of both.
    step_kind: Option<JobKind>,
    /// Only what goes exactly there: to workers of this job type, to this host and port, or `smtp`; null whatever goes
    /// where.
    target: Option<String>,
    /// Why.
    reason: String,
    /// Since when.
    created_at: DateTime,
}

#[ComplexObject]
impl JobPause {
    /// Of this workflow only; null of all.
    async fn workflow(&self, ctx: &Context<'_>) -> Result<Option<Workflow>> {
        let Some(workflow) = self.model.work.workflow else { return Ok(None) };
        workflow.find(ctx).await
    }

    /// Who paused it.
    async fn created_by(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        self.model.created_by.find(ctx).await
    }

    /// How many jobs that came due it has parked. Counted only when selected, and only up to 1,000: that number means
    /// "1,000 or more". Jobs that are not due yet, or due with nobody there to do them, are not among them.
    #[graphql(complexity = 20)]
    async fn parked_jobs(&self, ctx: &Context<'_>) -> Result<Option<i32>> {
        Ok(loader(ctx)?.load_one(ParkedBy(self.model.id)).await?.map(int))
    }
}

impl From<request::JobPause> for JobPause {
    fn from(pause: request::JobPause) -> Self {
        Self {
            id: pause.id.to_string().into(),
            step_kind: pause.work.step_kind.map(Into::into),
            target: pause.work.target.clone(),
            reason: pause.reason.clone(),
            created_at: pause.created_at.into(),
            model: pause,
        }
    }
}

impl Linked for JobPauseId {
    type Node = JobPause;

    async fn find(self, ctx: &Context<'_>) -> Result<Option<JobPause>> {
        Ok(loader(ctx)?.load_one(self).await?.map(Into::into))
    }
}

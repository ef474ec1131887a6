use async_graphql::{ComplexObject, Context, ID, Result, SimpleObject};
use nexusflow_application::request;
use nexusflow_domain::ids::WorkflowVersionId;
use nexusflow_domain::request as domain;
use nexusflow_domain::workflow::WaitDocument;

use super::job::RequestStepJob;
use super::kinds::RequestStepStatus;
use crate::access::Role;
use crate::context::{application, loader, require_call};
use crate::error::failure;
use crate::identity::User;
use crate::loader::{Compiled, Linked};
use crate::node_id::RequestStepKey;
use crate::request::Request;
use crate::scalar::{DateTime, Json, int};
use crate::workflow::{WorkflowStep, published_step};

/// One execution of a step within a request.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct RequestStep {
    #[graphql(skip)]
    model: request::RequestStep,
    /// What its request runs on, where that is known.
    #[graphql(skip)]
    version: Option<WorkflowVersionId>,
    /// The execution.
    pub(crate) id: ID,
    /// How it stands.
    status: RequestStepStatus,
    /// Whether a person works it.
    is_human: bool,
    /// The how many-th execution of its step within the request, from 1.
    attempt: i32,
    /// How many have voted, where several decide.
    votes: i32,
    /// What it ended with.
    outcome: Option<String>,
    /// What was said about it.
    comment: Option<String>,
    /// When it opened; null while a join waits.
    started_at: Option<DateTime>,
    /// When it ended.
    completed_at: Option<DateTime>,
    /// The last instant in time.
    deadline: Option<DateTime>,
    /// How its job does, if a worker carries it out.
    job: Option<RequestStepJob>,
    /// One of several instances: its number, from 0.
    instance_index: Option<i32>,
    /// One of several instances: what it is for, an item of the list.
    item: Option<Json>,
    /// What it was given, where the workflow says what.
    input: Option<Json>,
}

#[ComplexObject]
impl RequestStep {
    /// The node of the graph.
    async fn step(&self, ctx: &Context<'_>) -> Result<Option<WorkflowStep>> {
        let version = match self.version {
            Some(version) => Some(version),
            None => loader(ctx)?.load_one(self.model.request).await?.map(|request| request.workflow_version),
        };
        let Some(version) = version else { return Ok(None) };
        published_step(ctx, version, &self.model.step).await
    }

    /// Its request.
    async fn request(&self, ctx: &Context<'_>) -> Result<Option<Request>> {
        self.model.request.find(ctx).await
    }

    /// One of several instances: the execution that they all belong to.
    async fn instance_of(&self, ctx: &Context<'_>) -> Result<Option<RequestStep>> {
        let Some(instance) = &self.model.instance else { return Ok(None) };
        RequestStepKey { request: self.model.request, step: instance.of }.find(ctx).await
    }

    /// The role asked.
    async fn required_role(&self, ctx: &Context<'_>) -> Result<Option<Role>> {
        let Some(role) = self.model.required_role else { return Ok(None) };
        role.find(ctx).await
    }

    /// The person asked.
    async fn assignee(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        let Some(user) = self.model.assignee else { return Ok(None) };
        user.find(ctx).await
    }

    /// Who took it.
    async fn claimed_by(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        let Some(user) = self.model.claimed_by else { return Ok(None) };
        user.find(ctx).await
    }

    /// For whom it was taken; null when for whoever took it.
    async fn claimed_on_behalf_of(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        let Some(user) = self.model.claimed_on_behalf_of else { return Ok(None) };
        user.find(ctx).await
    }

    /// The request that it called, the last one if it was retried; null when it calls none, or there is none
    /// that the caller may see.
    async fn called_request(&self, ctx: &Context<'_>) -> Result<Option<Request>> {
        let Some(called) = self.model.called else { return Ok(None) };
        called.find(ctx).await
    }

    /// Waits for a call: where to call with `POST` and a JSON object of at most 256 KiB, which ends the
    /// step; a path, or a URL where the server knows its public one. Whoever knows it may call it. Null
    /// for other steps, and when the step does not wait any more. Needs `MANAGE_REQUEST`.
    async fn webhook_url(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let model = &self.model;
        if model.status != domain::RequestStepStatus::Active || !self.waits_for_call(ctx).await? {
            return Ok(None);
        }
        let address = application(ctx)?.webhooks.address(require_call(ctx)?, model.request, model.id).await;
        Ok(Some(address.map_err(failure)?))
    }

    /// Who decided; null when a missed deadline did, or a recount of votes.
    async fn completed_by(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        let Some(user) = self.model.completed_by else { return Ok(None) };
        user.find(ctx).await
    }

    /// On whose behalf; null when whoever decided did so for himself.
    async fn completed_on_behalf_of(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        let Some(user) = self.model.completed_on_behalf_of else { return Ok(None) };
        user.find(ctx).await
    }
}

impl RequestStep {
    /// A step of a request that runs on a version.
    pub(super) fn of(version: WorkflowVersionId, step: request::RequestStep) -> Self {
        Self { version: Some(version), ..step.into() }
    }

    async fn waits_for_call(&self, ctx: &Context<'_>) -> Result<bool> {
        let Some(request) = loader(ctx)?.load_one(self.model.request).await? else { return Ok(false) };
        let version = loader(ctx)?.load_one(Compiled(request.workflow_version)).await?;
        let step = version.and_then(|version| {
            let mut steps = version.document.steps.iter();
            steps.find(|step| step.key == self.model.step).map(|step| step.wait == Some(WaitDocument::Webhook {}))
        });
        Ok(step.unwrap_or(false))
    }
}

impl From<request::RequestStep> for RequestStep {
    fn from(step: request::RequestStep) -> Self {
        Self {
            id: RequestStepKey { request: step.request, step: step.id }.to_string().into(),
            status: step.status.into(),
            is_human: step.is_human,
            attempt: int(step.attempt),
            votes: int(step.votes),
            outcome: step.outcome.as_ref().map(ToString::to_string),
            comment: step.comment.clone(),
            started_at: step.started_at.map(Into::into),
            completed_at: step.completed_at.map(Into::into),
            deadline: step.deadline.map(Into::into),
            job: step.job.clone().map(Into::into),
            instance_index: step.instance.as_ref().map(|instance| int(instance.index)),
            item: step.instance.as_ref().map(|instance| Json(instance.item.clone())),
            input: step.input.clone().map(|input| Json(input.into())),
            model: step,
            version: None,
        }
    }
}

impl Linked for RequestStepKey {
    type Node = RequestStep;

    async fn find(self, ctx: &Context<'_>) -> Result<Option<RequestStep>> {
        Ok(loader(ctx)?.load_one(self).await?.map(Into::into))
    }
}

use async_graphql::{Context, ID, InputObject, SimpleObject};
use nexusflow_domain::ids::WorkflowId;

use crate::context::{application, require_call};
use crate::error::{Answer, DomainError, parsed};
use crate::loader::Link;

/// A workflow that is to take no new requests for a while.
#[derive(Debug, Clone, InputObject)]
pub struct PauseWorkflowInput {
    /// Which workflow.
    workflow_id: ID,
}

/// What `pauseWorkflow` did.
#[derive(Debug, SimpleObject)]
pub struct PauseWorkflowPayload {
    /// The changed workflow.
    pub workflow: Option<Link<WorkflowId>>,
    /// Why nothing was done; empty when it was.
    pub errors: Vec<DomainError>,
}

impl PauseWorkflowInput {
    pub(super) async fn run(self, ctx: &Context<'_>) -> Answer<Link<WorkflowId>> {
        let call = require_call(ctx)?;
        let workflow = parsed(&self.workflow_id, "workflowId")?;
        application(ctx)?.workflows.pause(call, workflow).await?;
        Ok(Link(workflow))
    }
}

/// A paused workflow that is to take new requests again.
#[derive(Debug, Clone, InputObject)]
pub struct ResumeWorkflowInput {
    /// Which workflow.
    workflow_id: ID,
}

/// What `resumeWorkflow` did.
#[derive(Debug, SimpleObject)]
pub struct ResumeWorkflowPayload {
    /// The changed workflow.
    pub workflow: Option<Link<WorkflowId>>,
    /// Why nothing was done; empty when it was.
    pub errors: Vec<DomainError>,
}

impl ResumeWorkflowInput {
    pub(super) async fn run(self, ctx: &Context<'_>) -> Answer<Link<WorkflowId>> {
        let call = require_call(ctx)?;
        let workflow = parsed(&self.workflow_id, "workflowId")?;
        application(ctx)?.workflows.resume(call, workflow).await?;
        Ok(Link(workflow))
    }
}

/// A workflow to be put away for good.
#[derive(Debug, Clone, InputObject)]
pub struct ArchiveWorkflowInput {
    /// Which workflow.
    workflow_id: ID,
}

/// What `archiveWorkflow` did.
#[derive(Debug, SimpleObject)]
pub struct ArchiveWorkflowPayload {
    /// The changed workflow.
    pub workflow: Option<Link<WorkflowId>>,
    /// Why nothing was done; empty when it was.
    pub errors: Vec<DomainError>,
}

impl ArchiveWorkflowInput {
    pub(super) async fn run(self, ctx: &Context<'_>) -> Answer<Link<WorkflowId>> {
        let call = require_call(ctx)?;
        let workflow = parsed(&self.workflow_id, "workflowId")?;
        application(ctx)?.workflows.archive(call, workflow).await?;
        Ok(Link(workflow))
    }
}

/// A workflow to be deleted.
#[derive(Debug, Clone, InputObject)]
pub struct DeleteWorkflowInput {
    /// Which workflow.
    workflow_id: ID,
}

/// What `deleteWorkflow` did.
#[derive(Debug, SimpleObject)]
pub struct DeleteWorkflowPayload {
    /// The id of the workflow that is no more.
    pub deleted_id: Option<ID>,
    /// Why nothing was done; empty when it was.
    pub errors: Vec<DomainError>,
}

impl DeleteWorkflowInput {
    pub(super) async fn run(self, ctx: &Context<'_>) -> Answer<ID> {
        let call = require_call(ctx)?;
        let workflow = parsed(&self.workflow_id, "workflowId")?;
        application(ctx)?.workflows.delete(call, workflow).await?;
        Ok(self.workflow_id)
    }
}

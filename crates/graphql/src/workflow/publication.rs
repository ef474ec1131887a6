use async_graphql::{Context, ID, InputObject, SimpleObject};
use nexusflow_domain::ids::{WorkflowId, WorkflowVersionId};

use super::expected_version::expected_version;
use crate::context::{application, require_call};
use crate::error::{Answer, DomainError, parsed};
use crate::loader::Link;

/// A draft to be published.
#[derive(Debug, Clone, InputObject)]
pub struct PublishWorkflowInput {
    /// Which workflow.
    workflow_id: ID,
    /// The workflow's version that the client has seen; refused when another is stored.
    expected_version: Option<i32>,
    /// Whether new requests run on it from now on.
    #[graphql(default = true)]
    activate: bool,
    /// Why the run that shows the graph to be unsound cannot happen; 1 to 10,000 characters. Publishes it
    /// all the same, and is put on record.
    soundness_waiver: Option<String>,
}

/// What `publishWorkflow` did.
#[derive(Debug, SimpleObject)]
pub struct PublishWorkflowPayload {
    /// The changed workflow.
    pub workflow: Option<Link<WorkflowId>>,
    /// The published version.
    pub version: Option<Link<WorkflowVersionId>>,
    /// Why nothing was done; empty when it was.
    pub errors: Vec<DomainError>,
}

impl PublishWorkflowInput {
    pub(super) async fn run(self, ctx: &Context<'_>) -> Answer<(Link<WorkflowId>, Link<WorkflowVersionId>)> {
        let call = require_call(ctx)?;
        let workflow = parsed(&self.workflow_id, "workflowId")?;
        let expected = expected_version(self.expected_version)?;
        let workflows = &application(ctx)?.workflows;
        let version = workflows.publish(call, workflow, expected, self.activate, self.soundness_waiver).await?;
        Ok((Link(workflow), Link(version)))
    }
}

/// The version that new requests are to run on: a later one, or an earlier one again.
#[derive(Debug, Clone, InputObject)]
pub struct ActivateVersionInput {
    /// Which published version.
    version_id: ID,
    /// The workflow's version that the client has seen; refused when another is stored.
    expected_version: Option<i32>,
}

/// What `activateVersion` did.
#[derive(Debug, SimpleObject)]
pub struct ActivateVersionPayload {
    /// The changed workflow.
    pub workflow: Option<Link<WorkflowId>>,
    /// The version that is active now.
    pub version: Option<Link<WorkflowVersionId>>,
    /// Why nothing was done; empty when it was.
    pub errors: Vec<DomainError>,
}

impl ActivateVersionInput {
    pub(super) async fn run(self, ctx: &Context<'_>) -> Answer<(Link<WorkflowId>, Link<WorkflowVersionId>)> {
        let call = require_call(ctx)?;
        let version = parsed(&self.version_id, "versionId")?;
        let expected = expected_version(self.expected_version)?;
        let workflow = application(ctx)?.workflows.activate_version(call, version, expected).await?;
        Ok((Link(workflow), Link(version)))
    }
}

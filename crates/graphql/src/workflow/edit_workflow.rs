use async_graphql::{Context, ID, InputObject, SimpleObject};
use nexusflow_application::Refused;
use nexusflow_application::workflow::WorkflowChange;
use nexusflow_domain::ids::WorkflowId;

use super::document::read;
use super::expected_version::expected_version;
use crate::context::{application, require_call};
use crate::error::{Answer, DomainError, parsed};
use crate::loader::Link;
use crate::scalar::Json;

/// Changes of a workflow; what is left out stays.
#[derive(Debug, Clone, InputObject)]
pub struct EditWorkflowInput {
    /// Which workflow.
    workflow_id: ID,
    /// The version that the client has seen; refused when another is stored.
    expected_version: Option<i32>,
    /// The new name; 1 to 200 characters.
    name: Option<String>,
    /// The new description; at most 4,000 characters.
    description: Option<String>,
    /// The new draft, a workflow document; it may still have problems.
    document: Option<Json>,
}

/// What `editWorkflow` did.
#[derive(Debug, SimpleObject)]
pub struct EditWorkflowPayload {
    /// The changed workflow.
    pub workflow: Option<Link<WorkflowId>>,
    /// Why nothing was done; empty when it was.
    pub errors: Vec<DomainError>,
}

impl EditWorkflowInput {
    pub(super) async fn run(self, ctx: &Context<'_>) -> Answer<Link<WorkflowId>> {
        let call = require_call(ctx)?;
        let workflow = parsed(&self.workflow_id, "workflowId")?;
        let document = self.document.as_ref().map(read).transpose();
        let change = WorkflowChange {
            expected_version: expected_version(self.expected_version)?,
            name: self.name,
            description: self.description,
            document: document.map_err(|problem| Refused::InvalidInput(vec![problem]))?,
        };
        application(ctx)?.workflows.edit(call, workflow, change).await?;
        Ok(Link(workflow))
    }
}

use async_graphql::{Context, InputObject, SimpleObject};
use nexusflow_application::Refused;
use nexusflow_application::workflow::NewWorkflow;
use nexusflow_domain::ids::WorkflowId;

use super::document::read;
use crate::context::{application, require_call};
use crate::error::{Answer, DomainError};
use crate::loader::Link;
use crate::platform::replay;
use crate::scalar::Json;

/// A workflow to be made.
#[derive(Debug, Clone, InputObject)]
pub struct CreateWorkflowInput {
    /// Unique among the organization's workflows; 1 to 200 characters.
    name: String,
    /// For people; at most 4,000 characters.
    #[graphql(default)]
    description: String,
    /// The first draft, a workflow document; it may still have problems.
    document: Option<Json>,
    /// The same key and input give the first result again; another input with it is refused.
    idempotency_key: Option<String>,
}

/// What `createWorkflow` did.
#[derive(Debug, SimpleObject)]
pub struct CreateWorkflowPayload {
    /// The new workflow.
    pub workflow: Option<Link<WorkflowId>>,
    /// Why nothing was done; empty when it was.
    pub errors: Vec<DomainError>,
}

impl CreateWorkflowInput {
    pub(super) async fn run(self, ctx: &Context<'_>) -> Answer<Link<WorkflowId>> {
        let call = require_call(ctx)?;
        let replay = replay(&self, self.idempotency_key.as_deref());
        let document = self.document.as_ref().map(read).transpose();
        let document = document.map_err(|problem| Refused::InvalidInput(vec![problem]))?;
        let new = NewWorkflow { name: self.name, description: self.description, document };
        Ok(Link(application(ctx)?.workflows.create(call, new, replay).await?))
    }
}

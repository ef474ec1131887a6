use async_graphql::{Context, ID, InputObject, SimpleObject};
use nexusflow_domain::ids::RequestId;

use crate::context::{application, require_call};
use crate::error::{Answer, DomainError, parsed};
use crate::loader::Link;
use crate::node_id::RequestStepKey;
use crate::scalar::Json;

/// An instance to be added to an open step of several.
#[derive(Debug, Clone, InputObject)]
pub struct AddInstanceInput {
    /// The execution that all instances belong to.
    step_id: ID,
    /// What the instance is for.
    item: Json,
}

/// What `addInstance` did.
#[derive(Debug, SimpleObject)]
pub struct AddInstancePayload {
    /// The changed request.
    pub request: Option<Link<RequestId>>,
    /// Why nothing was done; empty when it was.
    pub errors: Vec<DomainError>,
}

impl AddInstanceInput {
    pub(super) async fn run(self, ctx: &Context<'_>) -> Answer<Link<RequestId>> {
        let call = require_call(ctx)?;
        let RequestStepKey { request, step } = parsed(&self.step_id, "stepId")?;
        application(ctx)?.requests.add_instance(call, request, step, self.item.0).await?;
        Ok(Link(request))
    }
}

/// An open step of several instances to be ended with what there is.
#[derive(Debug, Clone, InputObject)]
pub struct CloseInstancesInput {
    /// The execution that all instances belong to.
    step_id: ID,
    /// Why; 1 to 10,000 characters.
    reason: String,
}

/// What `closeInstances` did.
#[derive(Debug, SimpleObject)]
pub struct CloseInstancesPayload {
    /// The changed request.
    pub request: Option<Link<RequestId>>,
    /// Why nothing was done; empty when it was.
    pub errors: Vec<DomainError>,
}

impl CloseInstancesInput {
    pub(super) async fn run(self, ctx: &Context<'_>) -> Answer<Link<RequestId>> {
        let call = require_call(ctx)?;
        let RequestStepKey { request, step } = parsed(&self.step_id, "stepId")?;
        application(ctx)?.requests.close_instances(call, request, step, self.reason).await?;
        Ok(Link(request))
    }
}

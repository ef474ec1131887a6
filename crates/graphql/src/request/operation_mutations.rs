use async_graphql::{Context, ID, InputObject, SimpleObject};
use nexusflow_domain::ids::RequestId;

use crate::context::{application, require_call};
use crate::error::{Answer, Declined, DomainError, parsed};
use crate::loader::Link;
use crate::node_id::RequestStepKey;

/// The most steps that one jump ends.
const MAX_CANCELLED: usize = 100;

/// An open step to be left out.
#[derive(Debug, Clone, InputObject)]
pub struct SkipStepInput {
    /// Which step.
    step_id: ID,
    /// As if it had ended with this; may be left out when the step has only one outcome.
    outcome: Option<String>,
    /// Why; 1 to 10,000 characters.
    reason: String,
}

/// What `skipStep` did.
#[derive(Debug, SimpleObject)]
pub struct SkipStepPayload {
    /// The changed request.
    pub request: Option<Link<RequestId>>,
    /// Why nothing was done; empty when it was.
    pub errors: Vec<DomainError>,
}

impl SkipStepInput {
    pub(super) async fn run(self, ctx: &Context<'_>) -> Answer<Link<RequestId>> {
        let call = require_call(ctx)?;
        let RequestStepKey { request, step } = parsed(&self.step_id, "stepId")?;
        let outcome = self.outcome.map(|text| parsed(&text, "outcome")).transpose()?;
        application(ctx)?.requests.skip_step(call, request, step, outcome, self.reason).await?;
        Ok(Link(request))
    }
}

/// A failed step that is to try again.
#[derive(Debug, Clone, InputObject)]
pub struct RetryStepInput {
    /// Which step.
    step_id: ID,
}

/// What `retryStep` did.
#[derive(Debug, SimpleObject)]
pub struct RetryStepPayload {
    /// The changed request.
    pub request: Option<Link<RequestId>>,
    /// Why nothing was done; empty when it was.
    pub errors: Vec<DomainError>,
}

impl RetryStepInput {
    pub(super) async fn run(self, ctx: &Context<'_>) -> Answer<Link<RequestId>> {
        let call = require_call(ctx)?;
        let RequestStepKey { request, step } = parsed(&self.step_id, "stepId")?;
        application(ctx)?.requests.retry_step(call, request, step).await?;
        Ok(Link(request))
    }
}

/// An open step to be ended, with the branch it is on.
#[derive(Debug, Clone, InputObject)]
pub struct CancelStepInput {
    /// Which step.
    step_id: ID,
    /// Why; 1 to 10,000 characters.
    reason: String,
}

/// What `cancelStep` did.
#[derive(Debug, SimpleObject)]
pub struct CancelStepPayload {
    /// The changed request.
    pub request: Option<Link<RequestId>>,
    /// Why nothing was done; empty when it was.
    pub errors: Vec<DomainError>,
}

impl CancelStepInput {
    pub(super) async fn run(self, ctx: &Context<'_>) -> Answer<Link<RequestId>> {
        let call = require_call(ctx)?;
        let RequestStepKey { request, step } = parsed(&self.step_id, "stepId")?;
        application(ctx)?.requests.cancel_step(call, request, step, self.reason).await?;
        Ok(Link(request))
    }
}

/// A scope in which everything is to be ended.
#[derive(Debug, Clone, InputObject)]
pub struct CancelScopeInput {
    /// Of which request.
    request_id: ID,
    /// The scope's key.
    scope: String,
    /// Why; 1 to 10,000 characters.
    reason: String,
}

/// What `cancelScope` did.
#[derive(Debug, SimpleObject)]
pub struct CancelScopePayload {
    /// The changed request.
    pub request: Option<Link<RequestId>>,
    /// Why nothing was done; empty when it was.
    pub errors: Vec<DomainError>,
}

impl CancelScopeInput {
    pub(super) async fn run(self, ctx: &Context<'_>) -> Answer<Link<RequestId>> {
        let call = require_call(ctx)?;
        let request = parsed(&self.request_id, "requestId")?;
        let scope = parsed(&self.scope, "scope")?;
        application(ctx)?.requests.cancel_scope(call, request, scope, self.reason).await?;
        Ok(Link(request))
    }
}

/// A request that is to go on at another step.
#[derive(Debug, Clone, InputObject)]
pub struct JumpRequestInput {
    /// Which request.
    request_id: ID,
    /// The open steps to end instead, at most 100.
    #[graphql(default)]
    cancel_step_ids: Vec<ID>,
    /// The key of the step to start.
    to: String,
    /// Why; 1 to 10,000 characters.
    reason: String,
}

/// What `jumpRequest` did.
#[derive(Debug, SimpleObject)]
pub struct JumpRequestPayload {
    /// The changed request.
    pub request: Option<Link<RequestId>>,
    /// Why nothing was done; empty when it was.
    pub errors: Vec<DomainError>,
}

impl JumpRequestInput {
    pub(super) async fn run(self, ctx: &Context<'_>) -> Answer<Link<RequestId>> {
        let call = require_call(ctx)?;
        let request: RequestId = parsed(&self.request_id, "requestId")?;
        if self.cancel_step_ids.len() > MAX_CANCELLED {
            return Err(Declined::input("cancelStepIds", "expected at most 100 steps"));
        }
        let mut cancel = Vec::with_capacity(self.cancel_step_ids.len());
        for id in &self.cancel_step_ids {
            let key: RequestStepKey = parsed(id, "cancelStepIds")?;
            if key.request != request {
                return Err(Declined::input("cancelStepIds", "expected steps of the request"));
            }
            cancel.push(key.step);
        }
        let to = parsed(&self.to, "to")?;
        application(ctx)?.requests.jump(call, request, cancel, to, self.reason).await?;
        Ok(Link(request))
    }
}

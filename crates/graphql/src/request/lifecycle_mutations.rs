use async_graphql::{Context, ID, InputObject, SimpleObject};
use nexusflow_domain::ids::RequestId;

use super::kinds::DeadlineClock;
use crate::context::{application, require_call};
use crate::error::{Answer, DomainError, parsed};
use crate::loader::Link;

/// A request to be stopped for a while.
#[derive(Debug, Clone, InputObject)]
pub struct SuspendRequestInput {
    /// Which request.
    request_id: ID,
    /// Why; at most 10,000 characters.
    reason: Option<String>,
    /// What happens to its deadlines meanwhile.
    #[graphql(default_with = "DeadlineClock::Stopped")]
    deadlines: DeadlineClock,
}

/// What `suspendRequest` did.
#[derive(Debug, SimpleObject)]
pub struct SuspendRequestPayload {
    /// The changed request.
    pub request: Option<Link<RequestId>>,
    /// Why nothing was done; empty when it was.
    pub errors: Vec<DomainError>,
}

impl SuspendRequestInput {
    pub(super) async fn run(self, ctx: &Context<'_>) -> Answer<Link<RequestId>> {
        let call = require_call(ctx)?;
        let request = parsed(&self.request_id, "requestId")?;
        application(ctx)?.requests.suspend(call, request, self.reason, self.deadlines.into()).await?;
        Ok(Link(request))
    }
}

/// A suspended request that is to go on.
#[derive(Debug, Clone, InputObject)]
pub struct ResumeRequestInput {
    /// Which request.
    request_id: ID,
}

/// What `resumeRequest` did.
#[derive(Debug, SimpleObject)]
pub struct ResumeRequestPayload {
    /// The changed request.
    pub request: Option<Link<RequestId>>,
    /// Why nothing was done; empty when it was.
    pub errors: Vec<DomainError>,
}

impl ResumeRequestInput {
    pub(super) async fn run(self, ctx: &Context<'_>) -> Answer<Link<RequestId>> {
        let call = require_call(ctx)?;
        let request = parsed(&self.request_id, "requestId")?;
        application(ctx)?.requests.resume(call, request).await?;
        Ok(Link(request))
    }
}

/// A request to be ended.
#[derive(Debug, Clone, InputObject)]
pub struct CancelRequestInput {
    /// Which request.
    request_id: ID,
    /// Why; at most 10,000 characters.
    reason: Option<String>,
}

/// What `cancelRequest` did.
#[derive(Debug, SimpleObject)]
pub struct CancelRequestPayload {
    /// The changed request.
    pub request: Option<Link<RequestId>>,
    /// Why nothing was done; empty when it was.
    pub errors: Vec<DomainError>,
}

impl CancelRequestInput {
    pub(super) async fn run(self, ctx: &Context<'_>) -> Answer<Link<RequestId>> {
        let call = require_call(ctx)?;
        let request = parsed(&self.request_id, "requestId")?;
        application(ctx)?.requests.cancel(call, request, self.reason).await?;
        Ok(Link(request))
    }
}

use async_graphql::{Context, ID, InputObject, Result, SimpleObject};
use nexusflow_application::request::{Completion, Written};
use nexusflow_application::{Error, Refused};
use nexusflow_domain::ids::{RequestId, UserId};

use super::request::link;
use super::start_request::variables;
use crate::context::{application, require_call};
use crate::error::{Answer, Declined, DomainError, parsed};
use crate::loader::Link;
use crate::node_id::RequestStepKey;
use crate::platform::replay;
use crate::scalar::Json;

/// The step that was worked, and its request.
pub(super) struct Worked {
    step: RequestStepKey,
    written: Written,
}

/// Where the answer goes on.
pub(super) async fn links(
    ctx: &Context<'_>,
    worked: Option<Worked>,
) -> Result<(Option<Link<RequestStepKey>>, Option<Link<RequestId>>)> {
    let (step, written) = worked.map(|worked| (worked.step, worked.written)).unzip();
    Ok((step.map(Link), link(ctx, written).await?))
}

/// An open step to be taken by the caller, so that others leave it.
#[derive(Debug, Clone, InputObject)]
pub struct ClaimStepInput {
    /// Which step.
    step_id: ID,
    /// On whose behalf. Unless told otherwise for oneself if one may, else for the first for whom one may.
    on_behalf_of: Option<ID>,
}

/// What `claimStep` did.
#[derive(Debug, SimpleObject)]
pub struct ClaimStepPayload {
    /// The changed step.
    pub step: Option<Link<RequestStepKey>>,
    /// Its request.
    pub request: Option<Link<RequestId>>,
    /// Why nothing was done; empty when it was.
    pub errors: Vec<DomainError>,
}

impl ClaimStepInput {
    pub(super) async fn run(self, ctx: &Context<'_>) -> Answer<Worked> {
        let call = require_call(ctx)?;
        let step: RequestStepKey = parsed(&self.step_id, "stepId")?;
        let on_behalf_of = person(self.on_behalf_of)?;
        let done = application(ctx)?.requests.claim(call, step.request, step.step, on_behalf_of).await;
        worked(step, done)
    }
}

/// A claimed step to be given back.
#[derive(Debug, Clone, InputObject)]
pub struct ReleaseStepInput {
    /// Which step.
    step_id: ID,
}

/// What `releaseStep` did.
#[derive(Debug, SimpleObject)]
pub struct ReleaseStepPayload {
    /// The changed step.
    pub step: Option<Link<RequestStepKey>>,
    /// Its request.
    pub request: Option<Link<RequestId>>,
    /// Why nothing was done; empty when it was.
    pub errors: Vec<DomainError>,
}

impl ReleaseStepInput {
    pub(super) async fn run(self, ctx: &Context<'_>) -> Answer<Worked> {
        let call = require_call(ctx)?;
        let step: RequestStepKey = parsed(&self.step_id, "stepId")?;
        let done = application(ctx)?.requests.release(call, step.request, step.step).await;
        // A manager may give back what he may not see.
        worked(step, done.map(|()| Written { id: step.request, request: None }))
    }
}

/// An open step to be ended with an outcome.
#[derive(Debug, Clone, InputObject)]
pub struct CompleteStepInput {
    /// Which step.
    step_id: ID,
    /// One of the step's outcomes, such as `APPROVED`.
    outcome: String,
    /// What to say about it; at most 10,000 characters.
    comment: Option<String>,
    /// Variables to set by name, an object; null removes one.
    variables: Option<Json>,
    /// On whose behalf. Unless told otherwise as the step was claimed, else for oneself if one may, else for
    /// the first for whom one may.
    on_behalf_of: Option<ID>,
    /// The same key and input give the first result again; another input with it is refused.
    idempotency_key: Option<String>,
}

/// What `completeStep` did.
#[derive(Debug, SimpleObject)]
pub struct CompleteStepPayload {
    /// The completed step.
    pub step: Option<Link<RequestStepKey>>,
    /// Its request.
    pub request: Option<Link<RequestId>>,
    /// Why nothing was done; empty when it was.
    pub errors: Vec<DomainError>,
}

impl CompleteStepInput {
    pub(super) async fn run(self, ctx: &Context<'_>) -> Answer<Worked> {
        let call = require_call(ctx)?;
        let replay = replay(&self, self.idempotency_key.as_deref());
        let step: RequestStepKey = parsed(&self.step_id, "stepId")?;
        let outcome = parsed(&self.outcome, "outcome")?;
        let (variables, on_behalf_of) = (variables(self.variables)?, person(self.on_behalf_of)?);
        let completion = Completion { outcome, comment: self.comment, variables, on_behalf_of };
        let done = application(ctx)?.requests.complete(call, step.request, step.step, completion, replay).await;
        worked(step, done)
    }
}

fn person(id: Option<ID>) -> Answer<Option<UserId>> {
    id.map(|id| parsed(&id, "onBehalfOf")).transpose()
}

/// The step and its request; when there is no such request, it is the step that the client named.
fn worked(step: RequestStepKey, done: Result<Written, Error>) -> Answer<Worked> {
    match done {
        Ok(written) => Ok(Worked { step, written }),
        Err(error) if matches!(error.refused(), Some(Refused::NotFound { .. })) => {
            Err(Refused::NotFound { kind: "request step", id: step.to_string() }.into())
        }
        Err(error) => Err(Declined::from(error)),
    }
}

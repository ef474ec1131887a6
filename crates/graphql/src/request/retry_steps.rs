use async_graphql::{Context, ID, InputObject, Result, SimpleObject};

use crate::context::{application, require_call};
use crate::error::{Answer, Declined, DomainError, parsed, settle};
use crate::loader::Link;
use crate::node_id::RequestStepKey;

/// Failed steps that are to try again.
#[derive(Debug, Clone, InputObject)]
pub struct RetryStepsInput {
    /// Which steps; 1 to 100.
    step_ids: Vec<ID>,
}

/// What `retrySteps` did.
#[derive(Debug, SimpleObject)]
pub struct RetryStepsPayload {
    /// The steps that try again.
    pub steps: Vec<Link<RequestStepKey>>,
    /// Those that do not.
    pub refused: Vec<RefusedRetry>,
    /// Why nothing was done at all; empty when something was.
    pub errors: Vec<DomainError>,
}

/// A step that does not try again.
#[derive(Debug, SimpleObject)]
pub struct RefusedRetry {
    /// Which step, as it was named.
    step_id: ID,
    /// Why not.
    error: DomainError,
}

impl RefusedRetry {
    pub(super) fn new(step: RequestStepKey, error: DomainError) -> Self {
        Self { step_id: step.to_string().into(), error }
    }
}

impl RetryStepsInput {
    pub(super) async fn answer(self, ctx: &Context<'_>) -> Result<RetryStepsPayload> {
        let (done, errors) = settle(ctx, self.run(ctx).await)?;
        let (mut steps, mut refused) = (Vec::new(), Vec::new());
        for (key, answer) in done.into_iter().flatten() {
            match answer {
                Ok(()) => steps.push(Link(key)),
                Err(Declined::Refused(error)) => refused.push(RefusedRetry::new(key, *error)),
                Err(Declined::Failed(error)) => return Err(error),
            }
        }
        Ok(RetryStepsPayload { steps, refused, errors })
    }

    async fn run(self, ctx: &Context<'_>) -> Answer<Vec<(RequestStepKey, Answer<()>)>> {
        let call = require_call(ctx)?;
        let keys: Vec<RequestStepKey> = self.step_ids.iter().map(|id| parsed(id, "stepIds")).collect::<Answer<_>>()?;
        let steps: Vec<_> = keys.iter().map(|key| (key.request, key.step)).collect();
        let answers = application(ctx)?.requests.retry_steps(call, &steps).await?;
        Ok(keys.into_iter().zip(answers.into_iter().map(|answer| answer.map_err(Into::into))).collect())
    }
}

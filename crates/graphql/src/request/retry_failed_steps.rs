use async_graphql::{Context, ID, InputObject, Result, SimpleObject};
use nexusflow_application::request::{BulkRetry, FailedStepFilter};

use super::retry_steps::RefusedRetry;
use crate::context::{application, require_call};
use crate::error::{Answer, Declined, DomainError, parsed, settle};
use crate::node_id::RequestStepKey;
use crate::scalar::{DateTime, int};

/// How many are retried unless told otherwise.
const USUAL: i32 = 100;

/// Failed steps that are to try again: all that fit every given part, the oldest first.
#[derive(Debug, Clone, InputObject)]
pub struct RetryFailedStepsInput {
    /// Of requests of this workflow.
    workflow_id: Option<ID>,
    /// Whose jobs go exactly there: a job type of workers, host and port in lower case (`api.example.org:443`), or
    /// `smtp`.
    target: Option<String>,
    /// Which failed with an error that contains this text, whatever the case of its letters; 1 to 300 characters.
    error_contains: Option<String>,
    /// Which failed before this instant.
    failed_before: Option<DateTime>,
    /// At most so many; 1 to 1,000, 100 unless told otherwise.
    limit: Option<i32>,
}

/// What `retryFailedSteps` did.
#[derive(Debug, SimpleObject)]
pub struct RetryFailedStepsPayload {
    /// How many steps try again.
    pub retried: i32,
    /// Those that fit and do not.
    pub refused: Vec<RefusedRetry>,
    /// Whether there are more that fit.
    pub has_more: bool,
    /// Why nothing was done at all; empty when something was.
    pub errors: Vec<DomainError>,
}

impl RetryFailedStepsInput {
    pub(super) async fn answer(self, ctx: &Context<'_>) -> Result<RetryFailedStepsPayload> {
        let (done, errors) = settle(ctx, self.run(ctx).await)?;
        let (answers, has_more) = done.map_or_else(<_>::default, |done| (done.retried, done.has_more));
        let (mut retried, mut refused) = (0, Vec::new());
        for ((request, step), answer) in answers {
            match answer.map_err(Declined::from) {
                Ok(()) => retried += 1,
                Err(Declined::Refused(error)) => {
                    refused.push(RefusedRetry::new(RequestStepKey { request, step }, *error));
                }
                Err(Declined::Failed(error)) => return Err(error),
            }
        }
        Ok(RetryFailedStepsPayload { retried: int(retried), refused, has_more, errors })
    }

    async fn run(self, ctx: &Context<'_>) -> Answer<BulkRetry> {
        let call = require_call(ctx)?;
        let filter = FailedStepFilter {
            workflow: self.workflow_id.map(|id| parsed(&id, "workflowId")).transpose()?,
            target: self.target,
            error_contains: self.error_contains,
            failed_before: self.failed_before.map(|at| at.0),
            ..FailedStepFilter::default()
        };
        // What is no number of steps is refused like one that is too small.
        let limit = u32::try_from(self.limit.unwrap_or(USUAL)).unwrap_or(0);
        Ok(application(ctx)?.requests.retry_failed_steps(call, filter, limit).await?)
    }
}

use std::ops::RangeInclusive;

use futures::StreamExt;
use futures::stream;
use nexusflow_domain::access::{Permission, Reach};
use nexusflow_domain::ids::{RequestId, RequestStepId};
use nexusflow_domain::request::Command;

use crate::access::actions;
use crate::input::{InputCheck, Length};
use crate::request::{FailedStepFilter, RequestService};
use crate::{Call, PageRequest, Result};

const NAMED: RangeInclusive<usize> = 1..=100;
const LIMIT: RangeInclusive<u32> = 1..=1_000;
const TEXT_LENGTH: Length = 1..=300;
/// How many steps are retried at a time, so that they are written together.
const AT_ONCE: usize = 64;

/// A step, and what became of its retry.
pub type Retried = ((RequestId, RequestStepId), Result<()>);

/// What became of the failed steps that fit.
#[derive(Debug)]
pub struct BulkRetry {
    /// Those that were looked at, the oldest first.
    pub retried: Vec<Retried>,
    /// Whether there are more that fit.
    pub has_more: bool,
}

/// Letting failed steps (dead letters) try again. All of it needs `MANAGE_REQUEST`, of steps of one workflow there.
impl RequestService {
    /// Lets a failed step try again.
    #[tracing::instrument(skip_all, fields(%request, %step))]
    pub async fn retry_step(&self, call: &Call, request: RequestId, step: RequestStepId) -> Result<()> {
        self.operate(call, request, None).await?;
        self.act(call, request, &Command::Retry { step }, None).await
    }

    /// Lets failed steps try again, 1 to 100, each by itself: what became of each, in the order given.
    #[tracing::instrument(skip_all, fields(steps = steps.len()))]
    pub async fn retry_steps(&self, call: &Call, steps: &[(RequestId, RequestStepId)]) -> Result<Vec<Result<()>>> {
        let reach = self.authorizer.reach(call, Permission::ManageRequest).await?;
        if reach.is_nowhere() {
            self.authorizer.require::<actions::ManageRequest>(call).await?;
        }
        InputCheck::default().holds("stepIds", NAMED.contains(&steps.len()), "expected 1 to 100 steps").finish()?;
        if reach == Reach::Everywhere {
            let retried = self.retry_each(call, steps.to_vec()).await;
            return Ok(retried.into_iter().map(|(_, answer)| answer).collect());
        }
        let retries = steps.iter().copied().map(async |(request, step)| self.retry_step(call, request, step).await);
        Ok(stream::iter(retries).buffered(AT_ONCE).collect().await)
    }

    /// Lets the failed steps that fit try again, at most `limit` (1 to 1,000), each by itself. Steps of suspended
    /// requests are left alone, whatever the filter says.
    #[tracing::instrument(skip_all, fields(limit))]
    pub async fn retry_failed_steps(&self, call: &Call, filter: FailedStepFilter, limit: u32) -> Result<BulkRetry> {
        let permit = self.authorizer.require_for::<actions::ManageRequest>(call, filter.workflow, None).await?;
        InputCheck::default()
            .holds("limit", LIMIT.contains(&limit), "expected 1 to 1,000")
            .optional_length("target", filter.target.as_deref(), &TEXT_LENGTH)
            .optional_length("errorContains", filter.error_contains.as_deref(), &TEXT_LENGTH)
            .instant("failedBefore", filter.failed_before)
            .finish()?;
        let filter = FailedStepFilter { retryable: true, ..filter };
        let found = self.steps.failed_steps(&permit, &filter, &PageRequest::first(limit)).await?;
        let has_more = found.has_next;
        let steps = found.into_nodes().into_iter().map(|step| (step.request, step.id)).collect();
        Ok(BulkRetry { retried: self.retry_each(call, steps).await, has_more })
    }

    /// What became of each, in the order given.
    async fn retry_each(&self, call: &Call, steps: Vec<(RequestId, RequestStepId)>) -> Vec<Retried> {
        let retries = steps.into_iter().map(|(request, step)| async move {
            ((request, step), self.act(call, request, &Command::Retry { step }, None).await)
        });
        stream::iter(retries).buffered(AT_ONCE).collect().await
    }
}

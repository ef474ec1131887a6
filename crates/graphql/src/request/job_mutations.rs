use async_graphql::{Context, Object, Result};

use super::job_inputs::{
    CompleteJobInput, CompleteJobPayload, ExtendLeaseInput, ExtendLeasePayload, FailJobInput, FailJobPayload,
    FetchJobsInput, FetchJobsPayload,
};
use crate::error::settle;

/// What workers do: they fetch the jobs of service and agent steps, and tell what came of them.
#[derive(Debug, Default)]
pub struct JobMutation;

#[Object]
impl JobMutation {
    /// Claims jobs for a worker; waits for some when there are none. Needs `WORK_JOBS`.
    #[graphql(complexity = "input.cost(child_complexity)")]
    async fn fetch_jobs(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which jobs.")] input: FetchJobsInput,
    ) -> Result<Option<FetchJobsPayload>> {
        let (jobs, errors) = settle(ctx, input.run(ctx).await)?;
        Ok(Some(FetchJobsPayload { jobs, errors }))
    }

    /// Ends the step that a job carries out. Told again by the same worker under the same claim, it is answered as the
    /// first time. Needs `WORK_JOBS`.
    async fn complete_job(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which job, and what came of it.")] input: CompleteJobInput,
    ) -> Result<Option<CompleteJobPayload>> {
        let (step, errors) = settle(ctx, input.run(ctx).await)?;
        Ok(Some(CompleteJobPayload { step, errors }))
    }

    /// Notes that an attempt at a job failed: it is attempted again as its workflow says, or throws an error, or the
    /// step fails and waits for an operator. Needs `WORK_JOBS`.
    async fn fail_job(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which job, and what went wrong.")] input: FailJobInput,
    ) -> Result<Option<FailJobPayload>> {
        let (step, errors) = settle(ctx, input.run(ctx).await)?;
        Ok(Some(FailJobPayload { step, errors }))
    }

    /// Keeps a job for longer. Needs `WORK_JOBS`.
    async fn extend_lease(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which job, and for how long.")] input: ExtendLeaseInput,
    ) -> Result<Option<ExtendLeasePayload>> {
        let (lease_until, errors) = settle(ctx, input.run(ctx).await)?;
        Ok(Some(ExtendLeasePayload { lease_until, errors }))
    }
}

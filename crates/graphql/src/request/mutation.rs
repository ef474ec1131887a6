use async_graphql::{Context, Object, Result};

use super::instance_mutations::{AddInstanceInput, AddInstancePayload, CloseInstancesInput, CloseInstancesPayload};
use super::job_pause_mutations::{PauseJobsInput, PauseJobsPayload, ResumeJobsInput, ResumeJobsPayload};
use super::lifecycle_mutations::{
    CancelRequestInput, CancelRequestPayload, ResumeRequestInput, ResumeRequestPayload, SuspendRequestInput,
    SuspendRequestPayload,
};
use super::operation_mutations::{
    CancelScopeInput, CancelScopePayload, CancelStepInput, CancelStepPayload, JumpRequestInput, JumpRequestPayload,
    RetryStepInput, RetryStepPayload, SkipStepInput, SkipStepPayload,
};
use super::publish_message::{PublishMessageInput, PublishMessagePayload};
use super::request::link;
use super::retry_failed_steps::{RetryFailedStepsInput, RetryFailedStepsPayload};
use super::retry_steps::{RetryStepsInput, RetryStepsPayload};
use super::start_request::{StartRequestInput, StartRequestPayload};
use super::step_mutations::{
    ClaimStepInput, ClaimStepPayload, CompleteStepInput, CompleteStepPayload, ReleaseStepInput, ReleaseStepPayload,
    links,
};
use crate::error::settle;
use crate::loader::Link;

/// Changing requests.
#[derive(Debug, Default)]
pub struct RequestMutation;

#[Object]
impl RequestMutation {
    /// Starts a request on its workflow's active version. Needs `START_REQUEST`.
    async fn start_request(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The request.")] input: StartRequestInput,
    ) -> Result<Option<StartRequestPayload>> {
        let (written, errors) = settle(ctx, input.run(ctx).await)?;
        Ok(Some(StartRequestPayload { request: link(ctx, written).await?, errors }))
    }

    /// Takes an open step, so that others leave it. Needs `COMPLETE_TASK` or `APPROVE_REQUEST`, and to be asked.
    async fn claim_step(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which step.")] input: ClaimStepInput,
    ) -> Result<Option<ClaimStepPayload>> {
        let (worked, errors) = settle(ctx, input.run(ctx).await)?;
        let (step, request) = links(ctx, worked).await?;
        Ok(Some(ClaimStepPayload { step, request, errors }))
    }

    /// Gives a claimed step back; with `MANAGE_REQUEST` also one that another has claimed.
    async fn release_step(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which step.")] input: ReleaseStepInput,
    ) -> Result<Option<ReleaseStepPayload>> {
        let (worked, errors) = settle(ctx, input.run(ctx).await)?;
        let (step, request) = links(ctx, worked).await?;
        Ok(Some(ReleaseStepPayload { step, request, errors }))
    }

    /// Ends an open step with an outcome. Needs `COMPLETE_TASK` or `APPROVE_REQUEST`, and to be asked.
    async fn complete_step(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which step, and with what.")] input: CompleteStepInput,
    ) -> Result<Option<CompleteStepPayload>> {
        let (worked, errors) = settle(ctx, input.run(ctx).await)?;
        let (step, request) = links(ctx, worked).await?;
        Ok(Some(CompleteStepPayload { step, request, errors }))
    }

    /// Stops a request for a while. Needs `MANAGE_REQUEST`.
    async fn suspend_request(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which request.")] input: SuspendRequestInput,
    ) -> Result<Option<SuspendRequestPayload>> {
        let (request, errors) = settle(ctx, input.run(ctx).await)?;
        Ok(Some(SuspendRequestPayload { request, errors }))
    }

    /// Lets a suspended request go on. Needs `MANAGE_REQUEST`.
    async fn resume_request(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which request.")] input: ResumeRequestInput,
    ) -> Result<Option<ResumeRequestPayload>> {
        let (request, errors) = settle(ctx, input.run(ctx).await)?;
        Ok(Some(ResumeRequestPayload { request, errors }))
    }

    /// Ends a request. Its requester may; others need `MANAGE_REQUEST`.
    async fn cancel_request(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which request.")] input: CancelRequestInput,
    ) -> Result<Option<CancelRequestPayload>> {
        let (request, errors) = settle(ctx, input.run(ctx).await)?;
        Ok(Some(CancelRequestPayload { request, errors }))
    }

    /// Leaves an open step out that the workflow does not require. Needs `MANAGE_REQUEST`.
    async fn skip_step(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which step, and why.")] input: SkipStepInput,
    ) -> Result<Option<SkipStepPayload>> {
        let (request, errors) = settle(ctx, input.run(ctx).await)?;
        Ok(Some(SkipStepPayload { request, errors }))
    }

    /// Adds an instance to an open step of several that its workflow lets grow. Needs `MANAGE_REQUEST`.
    async fn add_instance(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "To which step, and what for.")] input: AddInstanceInput,
    ) -> Result<Option<AddInstancePayload>> {
        let (request, errors) = settle(ctx, input.run(ctx).await)?;
        Ok(Some(AddInstancePayload { request, errors }))
    }

    /// Ends an open step of several instances with what there is. Needs `MANAGE_REQUEST`.
    async fn close_instances(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which step, and why.")] input: CloseInstancesInput,
    ) -> Result<Option<CloseInstancesPayload>> {
        let (request, errors) = settle(ctx, input.run(ctx).await)?;
        Ok(Some(CloseInstancesPayload { request, errors }))
    }

    /// Lets a failed step try again. Needs `MANAGE_REQUEST`.
    async fn retry_step(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which step.")] input: RetryStepInput,
    ) -> Result<Option<RetryStepPayload>> {
        let (request, errors) = settle(ctx, input.run(ctx).await)?;
        Ok(Some(RetryStepPayload { request, errors }))
    }

    /// Lets failed steps try again, each by itself. Needs `MANAGE_REQUEST`.
    async fn retry_steps(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which steps.")] input: RetryStepsInput,
    ) -> Result<Option<RetryStepsPayload>> {
        input.answer(ctx).await.map(Some)
    }

    /// Lets all failed steps that fit try again, up to a limit, each by itself; those of suspended requests stay as they
    /// are. Needs `MANAGE_REQUEST`.
    async fn retry_failed_steps(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which steps, and how many.")] input: RetryFailedStepsInput,
    ) -> Result<Option<RetryFailedStepsPayload>> {
        input.answer(ctx).await.map(Some)
    }

    /// Holds work of service and agent steps back from now on. Nothing is lost and no attempt is used up; what is
    /// being carried out already goes on to its end. Needs `MANAGE_REQUEST`.
    async fn pause_jobs(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which work, and why.")] input: PauseJobsInput,
    ) -> Result<Option<PauseJobsPayload>> {
        let (pause, errors) = settle(ctx, input.run(ctx).await)?;
        Ok(Some(PauseJobsPayload { pause, errors }))
    }

    /// Ends a pause: what it held back may begin at once, unless another pause holds it back too. Needs
    /// `MANAGE_REQUEST`.
    async fn resume_jobs(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which pause.")] input: ResumeJobsInput,
    ) -> Result<Option<ResumeJobsPayload>> {
        let (resumed_id, errors) = settle(ctx, input.run(ctx).await)?;
        Ok(Some(ResumeJobsPayload { resumed_id, errors }))
    }

    /// Ends an open step and the branch it is on. Needs `MANAGE_REQUEST`.
    async fn cancel_step(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which step, and why.")] input: CancelStepInput,
    ) -> Result<Option<CancelStepPayload>> {
        let (request, errors) = settle(ctx, input.run(ctx).await)?;
        Ok(Some(CancelStepPayload { request, errors }))
    }

    /// Ends everything in a scope. Needs `MANAGE_REQUEST`.
    async fn cancel_scope(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which scope, and why.")] input: CancelScopeInput,
    ) -> Result<Option<CancelScopePayload>> {
        let (request, errors) = settle(ctx, input.run(ctx).await)?;
        Ok(Some(CancelScopePayload { request, errors }))
    }

    /// Ends open steps and starts another one instead. Needs `MANAGE_REQUEST`.
    async fn jump_request(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Where to, and why.")] input: JumpRequestInput,
    ) -> Result<Option<JumpRequestPayload>> {
        let (request, errors) = settle(ctx, input.run(ctx).await)?;
        Ok(Some(JumpRequestPayload { request, errors }))
    }

    /// Publishes a message for the request that waits for it, now or before the message expires. Needs
    /// `PUBLISH_MESSAGE`.
    async fn publish_message(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The message.")] input: PublishMessageInput,
    ) -> Result<Option<PublishMessagePayload>> {
        let (published, errors) = settle(ctx, input.run(ctx).await)?;
        let request = published.and_then(|published| published.received_by).map(Link);
        let message_id = published.map(|published| published.id.to_string().into());
        Ok(Some(PublishMessagePayload { message_id, received: request.is_some(), request, errors }))
    }
}

use async_graphql::{Context, Object, Result};

use super::create_workflow::{CreateWorkflowInput, CreateWorkflowPayload};
use super::edit_workflow::{EditWorkflowInput, EditWorkflowPayload};
use super::publication::{ActivateVersionInput, ActivateVersionPayload, PublishWorkflowInput, PublishWorkflowPayload};
use super::status_mutations::{
    ArchiveWorkflowInput, ArchiveWorkflowPayload, DeleteWorkflowInput, DeleteWorkflowPayload, PauseWorkflowInput,
    PauseWorkflowPayload, ResumeWorkflowInput, ResumeWorkflowPayload,
};
use crate::error::settle;

/// Changing definitions.
#[derive(Debug, Default)]
pub struct WorkflowMutation;

#[Object]
impl WorkflowMutation {
    /// Creates a workflow, with its first draft if one is given. Needs `CREATE_WORKFLOW`.
    async fn create_workflow(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The workflow.")] input: CreateWorkflowInput,
    ) -> Result<Option<CreateWorkflowPayload>> {
        let (workflow, errors) = settle(ctx, input.run(ctx).await)?;
        Ok(Some(CreateWorkflowPayload { workflow, errors }))
    }

    /// Changes texts and draft; published versions never change. Needs `EDIT_WORKFLOW`.
    async fn edit_workflow(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which workflow, and what changes.")] input: EditWorkflowInput,
    ) -> Result<Option<EditWorkflowPayload>> {
        let (workflow, errors) = settle(ctx, input.run(ctx).await)?;
        Ok(Some(EditWorkflowPayload { workflow, errors }))
    }

    /// Publishes the draft, if nothing is wrong with it. Needs `PUBLISH_WORKFLOW`.
    async fn publish_workflow(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which workflow.")] input: PublishWorkflowInput,
    ) -> Result<Option<PublishWorkflowPayload>> {
        let (done, errors) = settle(ctx, input.run(ctx).await)?;
        let (workflow, version) = done.unzip();
        Ok(Some(PublishWorkflowPayload { workflow, version, errors }))
    }

    /// Lets new requests run on another published version. Needs `PUBLISH_WORKFLOW`.
    async fn activate_version(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which version.")] input: ActivateVersionInput,
    ) -> Result<Option<ActivateVersionPayload>> {
        let (done, errors) = settle(ctx, input.run(ctx).await)?;
        let (workflow, version) = done.unzip();
        Ok(Some(ActivateVersionPayload { workflow, version, errors }))
    }

    /// Lets a workflow take no new requests for a while; live ones go on. Needs `PAUSE_WORKFLOW`.
    async fn pause_workflow(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which workflow.")] input: PauseWorkflowInput,
    ) -> Result<Option<PauseWorkflowPayload>> {
        let (workflow, errors) = settle(ctx, input.run(ctx).await)?;
        Ok(Some(PauseWorkflowPayload { workflow, errors }))
    }

    /// Lets a paused workflow take new requests again. Needs `PAUSE_WORKFLOW`.
    async fn resume_workflow(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which workflow.")] input: ResumeWorkflowInput,
    ) -> Result<Option<ResumeWorkflowPayload>> {
        let (workflow, errors) = settle(ctx, input.run(ctx).await)?;
        Ok(Some(ResumeWorkflowPayload { workflow, errors }))
    }

    /// Puts a workflow away for good; live requests finish. Needs `ARCHIVE_WORKFLOW`.
    async fn archive_workflow(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which workflow.")] input: ArchiveWorkflowInput,
    ) -> Result<Option<ArchiveWorkflowPayload>> {
        let (workflow, errors) = settle(ctx, input.run(ctx).await)?;
        Ok(Some(ArchiveWorkflowPayload { workflow, errors }))
    }

    /// Deletes a workflow; refused while one of its requests is live. Needs `DELETE_WORKFLOW`.
    async fn delete_workflow(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which workflow.")] input: DeleteWorkflowInput,
    ) -> Result<Option<DeleteWorkflowPayload>> {
        let (deleted_id, errors) = settle(ctx, input.run(ctx).await)?;
        Ok(Some(DeleteWorkflowPayload { deleted_id, errors }))
    }
}

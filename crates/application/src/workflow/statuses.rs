use nexusflow_domain::ids::WorkflowId;
use nexusflow_domain::workflow::WorkflowStatus;

use crate::access::actions;
use crate::administration::{AdministrationCommit, Change, NewAuditEntry};
use crate::workflow::service::summary;
use crate::workflow::{Workflow, WorkflowService};
use crate::{Call, Refused, Result};

impl WorkflowService {
    /// No new requests until it goes on; live ones are not touched.
    #[tracing::instrument(skip_all, fields(workflow = %id))]
    pub async fn pause(&self, call: &Call, id: WorkflowId) -> Result<()> {
        let permit = self.authorizer.require_on::<actions::PauseWorkflow>(call, id).await?;
        let (changes, entry) =
            self.change_status(call, id, &[WorkflowStatus::Active], WorkflowStatus::Paused, "WORKFLOW_PAUSED").await?;
        self.registrar.commit(AdministrationCommit::of_pause(&permit, changes, vec![entry])).await?;
        Ok(())
    }

    /// New requests are welcome again.
    #[tracing::instrument(skip_all, fields(workflow = %id))]
    pub async fn resume(&self, call: &Call, id: WorkflowId) -> Result<()> {
        let permit = self.authorizer.require_on::<actions::PauseWorkflow>(call, id).await?;
        let (changes, entry) =
            self.change_status(call, id, &[WorkflowStatus::Paused], WorkflowStatus::Active, "WORKFLOW_RESUMED").await?;
        self.registrar.commit(AdministrationCommit::of_pause(&permit, changes, vec![entry])).await?;
        Ok(())
    }

    /// Puts a workflow away for good; live requests finish.
    #[tracing::instrument(skip_all, fields(workflow = %id))]
    pub async fn archive(&self, call: &Call, id: WorkflowId) -> Result<()> {
        let permit = self.authorizer.require_on::<actions::ArchiveWorkflow>(call, id).await?;
        let from = [WorkflowStatus::Draft, WorkflowStatus::Active, WorkflowStatus::Paused];
        let (changes, entry) =
            self.change_status(call, id, &from, WorkflowStatus::Archived, "WORKFLOW_ARCHIVED").await?;
        self.registrar.commit(AdministrationCommit::of_archive(&permit, changes, vec![entry])).await?;
        Ok(())
    }

    /// Deletes a workflow softly; refused while one of its requests is live.
    #[tracing::instrument(skip_all, fields(workflow = %id))]
    pub async fn delete(&self, call: &Call, id: WorkflowId) -> Result<()> {
        let permit = self.authorizer.require_on::<actions::DeleteWorkflow>(call, id).await?;
        let workflow = self.find(&permit.scope(), id).await?;
        let new = Workflow { deleted_at: Some(self.registrar.now()), ..self.next(&workflow) };
        let entry = self.entry(call, "WORKFLOW_DELETED", id).changing(Some(summary(&workflow)), None);
        let changes = vec![Change::UpdateWorkflow(new), Change::RequireNoLiveRequest(id)];
        self.registrar.commit(AdministrationCommit::of_deletion(&permit, changes, vec![entry])).await?;
        Ok(())
    }

    async fn change_status(
        &self,
        call: &Call,
        id: WorkflowId,
        from: &[WorkflowStatus],
        to: WorkflowStatus,
        event: &'static str,
    ) -> Result<(Vec<Change>, NewAuditEntry)> {
        let workflow = self.find(&self.authorizer.member(call).scope(), id).await?;
        if !from.contains(&workflow.status) {
            let allowed: Vec<_> = from.iter().map(|status| status.as_str()).collect();
            let message = format!("the workflow is {}; this needs {}", workflow.status, allowed.join(" or "));
            return Err(Refused::WrongState { message, state: workflow.status.to_string() }.into());
        }
        let new = Workflow { status: to, ..self.next(&workflow) };
        let entry = self.entry(call, event, id).changing(Some(summary(&workflow)), Some(summary(&new)));
        Ok((vec![Change::UpdateWorkflow(new)], entry))
    }
}

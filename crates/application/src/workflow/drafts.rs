use nexusflow_domain::ids::{WorkflowId, WorkflowVersionId};
use nexusflow_domain::workflow::{VersionStatus, WorkflowDocument, WorkflowStatus};

use crate::access::actions;
use crate::administration::{AdministrationCommit, Change};
use crate::idempotency::Replay;
use crate::input::{InputCheck, Length};
use crate::workflow::service::{check_version, not_archived, summary};
use crate::workflow::{Draft, NewWorkflow, Workflow, WorkflowChange, WorkflowService};
use crate::{Call, Result};

const NAME_LENGTH: Length = 1..=200;
const DESCRIPTION_LENGTH: Length = 0..=4_000;

impl WorkflowService {
    /// Creates a workflow, with its first draft if one is given.
    #[tracing::instrument(skip_all)]
    pub async fn create(&self, call: &Call, new: NewWorkflow, replay: Option<Replay>) -> Result<WorkflowId> {
        let permit = self.authorizer.require::<actions::CreateWorkflow>(call).await?;
        if let Some(id) = self.registrar.replayed(call, "createWorkflow", replay.as_ref()).await? {
            return Ok(WorkflowId::from_uuid(id));
        }
        check_texts(&new.name, &new.description)?;
        let now = self.registrar.now();
        let workflow = Workflow {
            id: self.registrar.next_id(),
            organization: permit.organization(),
            name: new.name.trim().to_owned(),
            description: new.description,
            status: WorkflowStatus::Draft,
            active_version: None,
            version: 1,
            created_by: Some(call.principal.user),
            created_at: now,
            updated_at: now,
            deleted_at: None,
        };
        let id = workflow.id;
        let entry = self.entry(call, "WORKFLOW_CREATED", id).changing(None, Some(summary(&workflow)));
        let draft = new.document.map(|document| Change::SaveDraft(self.draft(&workflow, 1, None, document)));
        let changes = [Change::CreateWorkflow(workflow)].into_iter().chain(draft).collect();
        let stored = self.registrar.idempotency(call, "createWorkflow", replay, id.uuid());
        let commit = AdministrationCommit::of_new_workflow(&permit, changes, vec![entry]).with_idempotency(stored);
        self.registrar.commit(commit).await?;
        Ok(id)
    }

    /// Changes texts and draft; published versions never change.
    #[tracing::instrument(skip_all, fields(workflow = %id))]
    pub async fn edit(&self, call: &Call, id: WorkflowId, change: WorkflowChange) -> Result<()> {
        let permit = self.authorizer.require_on::<actions::EditWorkflow>(call, id).await?;
        let workflow = self.find(&permit.scope(), id).await?;
        check_version(&workflow, change.expected_version)?;
        not_archived(&workflow)?;
        let new = Workflow {
            name: change.name.unwrap_or_else(|| workflow.name.clone()).trim().to_owned(),
            description: change.description.unwrap_or_else(|| workflow.description.clone()),
            ..self.next(&workflow)
        };
        check_texts(&new.name, &new.description)?;
        let draft = match change.document {
            None => None,
            Some(document) => {
                let newest = self.reader.versions_of(&permit.scope(), &[id], 1).await?.pop();
                let open = newest.as_ref().filter(|version| version.status == VersionStatus::Draft);
                let number = open.or(newest.as_ref()).map_or(1, |v| v.number + u32::from(open.is_none()));
                Some(Change::SaveDraft(self.draft(&new, number, open.map(|draft| draft.id), document)))
            }
        };
        let entry = self.entry(call, "WORKFLOW_EDITED", id).changing(Some(summary(&workflow)), Some(summary(&new)));
        let changes = [Change::UpdateWorkflow(new)].into_iter().chain(draft).collect();
        self.registrar.commit(AdministrationCommit::of_draft(&permit, changes, vec![entry])).await?;
        Ok(())
    }

    fn draft(
        &self,
        workflow: &Workflow,
        number: u32,
        id: Option<WorkflowVersionId>,
        document: WorkflowDocument,
    ) -> Draft {
        Draft {
            id: id.unwrap_or_else(|| self.registrar.next_id()),
            organization: workflow.organization,
            workflow: workflow.id,
            number,
            document,
            at: self.registrar.now(),
        }
    }
}

fn check_texts(name: &str, description: &str) -> Result<()> {
    let check = InputCheck::default();
    check.name_and_description((name, &NAME_LENGTH), (description, &DESCRIPTION_LENGTH)).finish()
}

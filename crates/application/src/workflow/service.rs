use std::collections::BTreeMap;
use std::sync::Arc;

use nexusflow_domain::ids::{WorkflowId, WorkflowStepId, WorkflowVersionId};
use nexusflow_domain::problem::Problem;
use nexusflow_domain::workflow::{
    Candidate, Directory, Graph, StepKey, VersionStatus, WorkflowDocument, WorkflowStatus, compile,
};
use serde_json::{Value, json};

use crate::access::{Authorizer, Scope, actions};
use crate::administration::{AdministrationCommit, AdministrationStore, Change, NewAuditEntry};
use crate::application::Ports;
use crate::idempotency::{self, Replay};
use crate::identity::check_length;
use crate::platform::{Clock, IdGenerator};
use crate::workflow::{
    Draft, NewWorkflow, PublishedRows, ReferencedNames, StepRow, TransitionRow, Workflow, WorkflowChange,
    WorkflowFilter, WorkflowReader, WorkflowVersion,
};
use crate::{Call, Page, PageRequest, Refused, Result};

const NAME_LENGTH: std::ops::RangeInclusive<usize> = 1..=200;
const DESCRIPTION_LENGTH: std::ops::RangeInclusive<usize> = 0..=4_000;
/// The most versions of a workflow shown at once.
const MAX_VERSIONS: u32 = 100;

/// Definitions: from draft to published version and out of use again.
pub struct WorkflowService {
    authorizer: Authorizer,
    reader: Arc<dyn WorkflowReader>,
    store: Arc<dyn AdministrationStore>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdGenerator>,
}

impl WorkflowService {
    pub(crate) fn new(ports: &Ports, authorizer: Authorizer) -> Self {
        Self {
            authorizer,
            reader: ports.workflows.clone(),
            store: ports.administration.clone(),
            clock: ports.clock.clone(),
            ids: ports.ids.clone(),
        }
    }

    /// Creates a workflow, with its first draft if one is given.
    #[tracing::instrument(skip_all)]
    pub async fn create(&self, call: &Call, new: NewWorkflow, replay: Option<Replay>) -> Result<WorkflowId> {
        let permit = self.authorizer.require::<actions::CreateWorkflow>(call).await?;
        if let Some(result) = idempotency::replayed(&*self.store, call, "createWorkflow", replay.as_ref()).await? {
            return Ok(WorkflowId::from_uuid(idempotency::stored_id(&result)?));
        }
        check_texts(&new.name, &new.description)?;
        let now = self.clock.now();
        let workflow = Workflow {
            id: self.ids.next(),
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
        let entry = self.entry(call, "WORKFLOW_CREATED", id, None, Some(summary(&workflow)));
        let draft = new.document.map(|document| Change::SaveDraft(self.draft(&workflow, 1, None, document)));
        let changes = [Change::CreateWorkflow(workflow)].into_iter().chain(draft).collect();
        let stored = replay.map(|replay| replay.entry(call, "createWorkflow", json!({ "id": id }), now));
        let commit = AdministrationCommit::of_new_workflow(&permit, changes, vec![entry]).with_idempotency(stored);
        self.store.commit(commit).await?;
        Ok(id)
    }

    /// Changes texts and draft; published versions never change.
    #[tracing::instrument(skip_all, fields(workflow = %id))]
    pub async fn edit(&self, call: &Call, id: WorkflowId, change: WorkflowChange) -> Result<()> {
        let permit = self.authorizer.require_for::<actions::EditWorkflow>(call, Some(("workflow", id.uuid()))).await?;
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
                let newest = self.reader.versions_of(&permit.scope(), id, 1).await?.pop();
                let open = newest.as_ref().filter(|version| version.status == VersionStatus::Draft);
                let number = open.or(newest.as_ref()).map_or(1, |v| v.number + u32::from(open.is_none()));
                Some(Change::SaveDraft(self.draft(&new, number, open.map(|draft| draft.id), document)))
            }
        };
        let entry = self.entry(call, "WORKFLOW_EDITED", id, Some(summary(&workflow)), Some(summary(&new)));
        let changes = [Change::UpdateWorkflow(new)].into_iter().chain(draft).collect();
        self.store.commit(AdministrationCommit::of_draft(&permit, changes, vec![entry])).await?;
        Ok(())
    }

    /// Every problem of a document, were it published now; empty when there is none.
    #[tracing::instrument(skip_all)]
    pub async fn validate(&self, call: &Call, document: &WorkflowDocument) -> Result<Vec<Problem>> {
        let permit = self.authorizer.require::<actions::ViewWorkflow>(call).await?;
        let directory = self.reader.directory(&permit.scope()).await?;
        Ok(compile(document, &directory).err().unwrap_or_default())
    }

    /// Publishes the draft. With `activate`, new requests run on it from now on and the version
    /// before it is retired.
    #[tracing::instrument(skip_all, fields(workflow = %id))]
    pub async fn publish(
        &self,
        call: &Call,
        id: WorkflowId,
        expected_version: Option<u64>,
        activate: bool,
    ) -> Result<WorkflowVersionId> {
        let subject = Some(("workflow", id.uuid()));
        let permit = self.authorizer.require_for::<actions::PublishWorkflow>(call, subject).await?;
        let workflow = self.find(&permit.scope(), id).await?;
        check_version(&workflow, expected_version)?;
        not_archived(&workflow)?;
        let newest = self.reader.versions_of(&permit.scope(), id, 1).await?.pop();
        let Some(draft) = newest.filter(|version| version.status == VersionStatus::Draft) else {
            let message = "there is no draft to publish".to_owned();
            return Err(Refused::WrongState { message, state: workflow.status.to_string() }.into());
        };
        let directory = self.reader.directory(&permit.scope()).await?;
        let graph = compile(&draft.document, &directory).map_err(Refused::InvalidGraph)?;
        let rows = self.rows(call, &workflow, &draft, &graph, &directory);
        let mut changes = vec![Change::PublishVersion(rows)];
        let mut new = self.next(&workflow);
        if activate {
            changes.extend(activation(&mut new, draft.id));
        }
        let payload = json!({ "version": draft.id, "number": draft.number, "activated": activate });
        let mut entry = self.entry(call, "WORKFLOW_PUBLISHED", id, Some(summary(&workflow)), Some(summary(&new)));
        entry.payload = payload;
        changes.push(Change::UpdateWorkflow(new));
        self.store.commit(AdministrationCommit::of_publication(&permit, changes, vec![entry])).await?;
        Ok(draft.id)
    }

    /// Lets new requests run on another published version: forward, or back to an earlier one.
    #[tracing::instrument(skip_all, fields(version = %version))]
    pub async fn activate_version(
        &self,
        call: &Call,
        version: WorkflowVersionId,
        expected_version: Option<u64>,
    ) -> Result<WorkflowId> {
        let permit = self.authorizer.require::<actions::PublishWorkflow>(call).await?;
        let found = self.reader.versions(&permit.scope(), &[version]).await?.pop();
        let not_found = || Refused::NotFound { kind: "workflow version", id: version.to_string() };
        let found = found.filter(|v| v.published_at.is_some()).ok_or_else(not_found)?;
        let workflow = self.find(&permit.scope(), found.workflow).await?;
        check_version(&workflow, expected_version)?;
        not_archived(&workflow)?;
        let mut new = self.next(&workflow);
        let mut changes = activation(&mut new, version);
        let before = Some(json!({ "activeVersion": workflow.active_version }));
        let after = Some(json!({ "activeVersion": version }));
        let entry = self.entry(call, "VERSION_ACTIVATED", workflow.id, before, after);
        changes.push(Change::UpdateWorkflow(new));
        self.store.commit(AdministrationCommit::of_publication(&permit, changes, vec![entry])).await?;
        Ok(workflow.id)
    }

    /// No new requests until it goes on; live ones are not touched.
    #[tracing::instrument(skip_all, fields(workflow = %id))]
    pub async fn pause(&self, call: &Call, id: WorkflowId) -> Result<()> {
        let permit = self.authorizer.require_for::<actions::PauseWorkflow>(call, Some(("workflow", id.uuid()))).await?;
        let (changes, entry) =
            self.change_status(call, id, &[WorkflowStatus::Active], WorkflowStatus::Paused, "WORKFLOW_PAUSED").await?;
        self.store.commit(AdministrationCommit::of_pause(&permit, changes, vec![entry])).await?;
        Ok(())
    }

    /// New requests are welcome again.
    #[tracing::instrument(skip_all, fields(workflow = %id))]
    pub async fn resume(&self, call: &Call, id: WorkflowId) -> Result<()> {
        let permit = self.authorizer.require_for::<actions::PauseWorkflow>(call, Some(("workflow", id.uuid()))).await?;
        let (changes, entry) =
            self.change_status(call, id, &[WorkflowStatus::Paused], WorkflowStatus::Active, "WORKFLOW_RESUMED").await?;
        self.store.commit(AdministrationCommit::of_pause(&permit, changes, vec![entry])).await?;
        Ok(())
    }

    /// Puts a workflow away for good; live requests finish.
    #[tracing::instrument(skip_all, fields(workflow = %id))]
    pub async fn archive(&self, call: &Call, id: WorkflowId) -> Result<()> {
        let subject = Some(("workflow", id.uuid()));
        let permit = self.authorizer.require_for::<actions::ArchiveWorkflow>(call, subject).await?;
        let from = [WorkflowStatus::Draft, WorkflowStatus::Active, WorkflowStatus::Paused];
        let (changes, entry) =
            self.change_status(call, id, &from, WorkflowStatus::Archived, "WORKFLOW_ARCHIVED").await?;
        self.store.commit(AdministrationCommit::of_archive(&permit, changes, vec![entry])).await?;
        Ok(())
    }

    /// Deletes a workflow softly; refused while one of its requests is live.
    #[tracing::instrument(skip_all, fields(workflow = %id))]
    pub async fn delete(&self, call: &Call, id: WorkflowId) -> Result<()> {
        let subject = Some(("workflow", id.uuid()));
        let permit = self.authorizer.require_for::<actions::DeleteWorkflow>(call, subject).await?;
        let workflow = self.find(&permit.scope(), id).await?;
        let new = Workflow { deleted_at: Some(self.clock.now()), ..self.next(&workflow) };
        let entry = self.entry(call, "WORKFLOW_DELETED", id, Some(summary(&workflow)), None);
        let changes = vec![Change::UpdateWorkflow(new), Change::RequireNoLiveRequest(id)];
        self.store.commit(AdministrationCommit::of_deletion(&permit, changes, vec![entry])).await?;
        Ok(())
    }

    /// Workflows by id, as far as the caller may see them. Whoever sees a request sees its workflow.
    pub async fn workflows(&self, call: &Call, ids: &[WorkflowId]) -> Result<Vec<Workflow>> {
        Ok(self.reader.workflows(&self.authorizer.member(call).scope(), ids).await?)
    }

    /// A page of the workflows.
    pub async fn list(&self, call: &Call, filter: &WorkflowFilter, page: &PageRequest) -> Result<Page<Workflow>> {
        let permit = self.authorizer.require::<actions::ViewWorkflow>(call).await?;
        Ok(self.reader.list_workflows(&permit.scope(), filter, page).await?)
    }

    /// Versions by id; whoever sees a request sees the version it runs on.
    pub async fn versions(&self, call: &Call, ids: &[WorkflowVersionId]) -> Result<Vec<WorkflowVersion>> {
        Ok(self.reader.versions(&self.authorizer.member(call).scope(), ids).await?)
    }

    /// The newest versions of a workflow, the draft included.
    pub async fn versions_of(&self, call: &Call, workflow: WorkflowId) -> Result<Vec<WorkflowVersion>> {
        let permit = self.authorizer.require::<actions::ViewWorkflow>(call).await?;
        Ok(self.reader.versions_of(&permit.scope(), workflow, MAX_VERSIONS).await?)
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
        let entry = self.entry(call, event, id, Some(summary(&workflow)), Some(summary(&new)));
        Ok((vec![Change::UpdateWorkflow(new)], entry))
    }

    async fn find(&self, scope: &Scope, id: WorkflowId) -> Result<Workflow> {
        let found = self.reader.workflows(scope, &[id]).await?.pop();
        found.ok_or_else(|| Refused::NotFound { kind: "workflow", id: id.to_string() }.into())
    }

    /// The workflow's row as the next change writes it.
    fn next(&self, workflow: &Workflow) -> Workflow {
        Workflow { version: workflow.version + 1, updated_at: self.clock.now(), ..workflow.clone() }
    }

    fn draft(
        &self,
        workflow: &Workflow,
        number: u32,
        id: Option<WorkflowVersionId>,
        document: WorkflowDocument,
    ) -> Draft {
        Draft {
            id: id.unwrap_or_else(|| self.ids.next()),
            organization: workflow.organization,
            workflow: workflow.id,
            number,
            document,
            at: self.clock.now(),
        }
    }

    fn rows(
        &self,
        call: &Call,
        workflow: &Workflow,
        draft: &WorkflowVersion,
        graph: &Graph,
        directory: &Directory,
    ) -> PublishedRows {
        let document = &draft.document;
        let ids: BTreeMap<&StepKey, WorkflowStepId> =
            document.steps.iter().map(|step| (&step.key, self.ids.next())).collect();
        let steps = document.steps.iter().map(|step| {
            let candidate = graph.find(&step.key).and_then(|ix| graph.step(ix).human()).map(|human| human.candidate);
            let (required_role, assignee) = match candidate {
                Some(Candidate::Role(role)) => (Some(role), None),
                Some(Candidate::User(user)) => (None, Some(user)),
                Some(Candidate::Requester) | None => (None, None),
            };
            StepRow { id: ids[&step.key], document: step.clone(), required_role, assignee }
        });
        let transitions = (0u32..).zip(&document.transitions).map(|(ordinal, transition)| TransitionRow {
            id: self.ids.next(),
            ordinal,
            from: ids[&transition.from],
            to: ids[&transition.to],
            document: transition.clone(),
        });
        PublishedRows {
            id: draft.id,
            organization: workflow.organization,
            workflow: workflow.id,
            steps: steps.collect(),
            transitions: transitions.collect(),
            sla: document.sla.clone(),
            due_date_escalations: document.due_date_escalations.clone(),
            names: ReferencedNames::of(document, graph, directory),
            published_by: call.principal.user,
            published_at: self.clock.now(),
        }
    }

    fn entry(
        &self,
        call: &Call,
        event: &'static str,
        workflow: WorkflowId,
        before: Option<Value>,
        after: Option<Value>,
    ) -> NewAuditEntry {
        NewAuditEntry {
            id: self.ids.next(),
            at: self.clock.now(),
            actor: Some(call.principal.user),
            event,
            subject: Some(("workflow".to_owned(), workflow.uuid())),
            payload: json!({}),
            before,
            after,
            origin: call.origin.clone(),
        }
    }
}

/// Makes a version the active one: the one before it is retired, the workflow becomes active unless
/// it is paused.
fn activation(workflow: &mut Workflow, version: WorkflowVersionId) -> Vec<Change> {
    let before = workflow.active_version.replace(version).filter(|before| *before != version);
    if workflow.status == WorkflowStatus::Draft {
        workflow.status = WorkflowStatus::Active;
    }
    let retire = before.map(|version| Change::SetVersionStatus { version, status: VersionStatus::Retired });
    let publish = Change::SetVersionStatus { version, status: VersionStatus::Published };
    retire.into_iter().chain([publish]).collect()
}

fn summary(workflow: &Workflow) -> Value {
    json!({
        "name": workflow.name,
        "description": workflow.description,
        "status": workflow.status,
        "activeVersion": workflow.active_version,
        "version": workflow.version,
    })
}

fn check_version(workflow: &Workflow, expected: Option<u64>) -> Result<()> {
    match expected {
        Some(expected) if expected != workflow.version => {
            Err(Refused::StaleVersion { current: workflow.version }.into())
        }
        _ => Ok(()),
    }
}

fn not_archived(workflow: &Workflow) -> Result<()> {
    if workflow.status == WorkflowStatus::Archived {
        let message = "the workflow is archived; it can only be read or deleted".to_owned();
        return Err(Refused::WrongState { message, state: workflow.status.to_string() }.into());
    }
    Ok(())
}

fn check_texts(name: &str, description: &str) -> Result<()> {
    let mut problems: Vec<Problem> = Vec::new();
    check_length(name.trim(), &NAME_LENGTH, "name", &mut problems);
    check_length(description, &DESCRIPTION_LENGTH, "description", &mut problems);
    if problems.is_empty() { Ok(()) } else { Err(Refused::InvalidInput(problems).into()) }
}

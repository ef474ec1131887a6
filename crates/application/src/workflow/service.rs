use std::sync::Arc;

use nexusflow_domain::access::Permission;
use nexusflow_domain::ids::{WorkflowId, WorkflowVersionId};
use nexusflow_domain::workflow::{VersionStatus, WorkflowStatus};
use serde_json::{Value, json};

use crate::access::{Authorizer, Scope, actions};
use crate::administration::{NewAuditEntry, Registrar};
use crate::application::Ports;
use crate::workflow::{Catalogue, PublishedVersion, Workflow, WorkflowFilter, WorkflowReader, WorkflowVersion};
use crate::{Call, Page, PageRequest, Refused, Result};

/// The most versions of a workflow shown at once.
const MAX_VERSIONS: u32 = 100;

/// Definitions: from draft to published version and out of use again.
pub struct WorkflowService {
    pub(super) authorizer: Authorizer,
    pub(super) reader: Arc<dyn WorkflowReader>,
    pub(super) registrar: Registrar,
    catalogue: Catalogue,
}

impl WorkflowService {
    pub(crate) fn new(ports: &Ports, authorizer: Authorizer, registrar: Registrar, catalogue: Catalogue) -> Self {
        Self { authorizer, reader: ports.workflows.clone(), registrar, catalogue }
    }

    /// Workflows by id, as far as the caller may see them: those ever published, which one may start
    /// and of which one sees requests; the others with `VIEW_WORKFLOW`.
    pub async fn workflows(&self, call: &Call, ids: &[WorkflowId]) -> Result<Vec<Workflow>> {
        let found = self.reader.workflows(&self.authorizer.member(call).scope(), ids).await?;
        self.visible(call, found, |workflow| (workflow.id, workflow.active_version.is_some())).await
    }

    /// A page of the workflows.
    pub async fn list(&self, call: &Call, filter: &WorkflowFilter, page: &PageRequest) -> Result<Page<Workflow>> {
        let scope = self.authorizer.workflow_scope(call).await?;
        Ok(self.reader.list_workflows(&scope, filter, page).await?)
    }

    /// Versions by id: published ones, since whoever sees a request sees the version it runs on; drafts
    /// with `VIEW_WORKFLOW`.
    pub async fn versions(&self, call: &Call, ids: &[WorkflowVersionId]) -> Result<Vec<WorkflowVersion>> {
        let found = self.reader.versions(&self.authorizer.member(call).scope(), ids).await?;
        self.visible(call, found, |version| (version.workflow, version.published_at.is_some())).await
    }

    /// Published versions by id, compiled; from memory as far as they are there.
    pub async fn published_versions(
        &self,
        call: &Call,
        ids: &[WorkflowVersionId],
    ) -> Result<Vec<Arc<PublishedVersion>>> {
        Ok(self.catalogue.versions(&self.authorizer.member(call).scope(), ids).await?)
    }

    /// The newest versions of workflows, the draft included; at most 100 of each.
    pub async fn versions_of(&self, call: &Call, workflows: &[WorkflowId]) -> Result<Vec<WorkflowVersion>> {
        let scope = self.require_view(call, workflows).await?;
        Ok(self.reader.versions_of(&scope, workflows, MAX_VERSIONS).await?)
    }

    /// Those drafts that the given workflows have.
    pub async fn drafts_of(&self, call: &Call, workflows: &[WorkflowId]) -> Result<Vec<WorkflowVersion>> {
        let scope = self.require_view(call, workflows).await?;
        // A draft is the newest version: publishing it makes room for the next.
        let newest = self.reader.versions_of(&scope, workflows, 1).await?;
        Ok(newest.into_iter().filter(|version| version.status == VersionStatus::Draft).collect())
    }

    /// Those of the found that are for everybody, and those of workflows that the caller may see. `of` says of which
    /// workflow something is, and whether it is for everybody.
    async fn visible<T>(
        &self,
        call: &Call,
        mut found: Vec<T>,
        of: impl Fn(&T) -> (WorkflowId, bool),
    ) -> Result<Vec<T>> {
        if found.iter().any(|item| !of(item).1) {
            let reach = self.authorizer.reach(call, Permission::ViewWorkflow).await?;
            found.retain(|item| {
                let (workflow, for_everybody) = of(item);
                for_everybody || reach.covers(Some(workflow))
            });
        }
        Ok(found)
    }

    /// The caller may see all of these workflows.
    async fn require_view(&self, call: &Call, workflows: &[WorkflowId]) -> Result<Scope> {
        let reach = self.authorizer.reach(call, Permission::ViewWorkflow).await?;
        match workflows.iter().find(|workflow| !reach.covers(Some(**workflow))) {
            Some(&hidden) => Ok(self.authorizer.require_on::<actions::ViewWorkflow>(call, hidden).await?.scope()),
            None => Ok(self.authorizer.member(call).scope()),
        }
    }

    pub(super) async fn find(&self, scope: &Scope, id: WorkflowId) -> Result<Workflow> {
        let found = self.reader.workflows(scope, &[id]).await?.pop();
        found.ok_or_else(|| Refused::NotFound { kind: "workflow", id: id.to_string() }.into())
    }

    /// The workflow's row as the next change writes it.
    pub(super) fn next(&self, workflow: &Workflow) -> Workflow {
        Workflow { version: workflow.version + 1, updated_at: self.registrar.now(), ..workflow.clone() }
    }

    pub(super) fn entry(&self, call: &Call, event: &'static str, workflow: WorkflowId) -> NewAuditEntry {
        self.registrar.entry(call, event, Some(("workflow", workflow.uuid())))
    }
}

pub(super) fn summary(workflow: &Workflow) -> Value {
    json!({
        "name": workflow.name,
        "description": workflow.description,
        "status": workflow.status,
        "activeVersion": workflow.active_version,
        "version": workflow.version,
    })
}

pub(super) fn check_version(workflow: &Workflow, expected: Option<u64>) -> Result<()> {
    match expected {
        Some(expected) if expected != workflow.version => {
            Err(Refused::StaleVersion { current: workflow.version }.into())
        }
        _ => Ok(()),
    }
}

pub(super) fn not_archived(workflow: &Workflow) -> Result<()> {
    if workflow.status == WorkflowStatus::Archived {
        let message = "the workflow is archived; it can only be read or deleted".to_owned();
        return Err(Refused::WrongState { message, state: workflow.status.to_string() }.into());
    }
    Ok(())
}

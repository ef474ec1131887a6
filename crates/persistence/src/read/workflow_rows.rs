use std::collections::BTreeMap;

use nexusflow_application::StoreError;
use nexusflow_application::workflow::{ReferencedNames, Workflow, WorkflowVersion};
use nexusflow_domain::Timestamp;
use nexusflow_domain::ids::{OrganizationId, UserId, WorkflowId, WorkflowVersionId};
use nexusflow_domain::workflow::{EscalationRung, Sla, VersionStatus, WorkflowDocument};
use sea_orm::FromQueryResult;
use uuid::Uuid;

use crate::encoding::{corrupt, from_json, parsed, unsigned};
use crate::read::workflow_documents::Graph;

/// A row of `workflows`.
#[derive(FromQueryResult)]
pub(super) struct WorkflowRow {
    id: Uuid,
    organization_id: Uuid,
    name: String,
    description: String,
    status: String,
    active_version_id: Option<Uuid>,
    version: i64,
    created_by: Option<Uuid>,
    created_at: Timestamp,
    updated_at: Timestamp,
    deleted_at: Option<Timestamp>,
}

impl TryFrom<WorkflowRow> for Workflow {
    type Error = StoreError;

    fn try_from(row: WorkflowRow) -> Result<Self, StoreError> {
        const TABLE: &str = "workflows";
        let id = WorkflowId::from_uuid(row.id);
        Ok(Self {
            id,
            organization: OrganizationId::from_uuid(row.organization_id),
            name: row.name,
            description: row.description,
            status: parsed(TABLE, &id, "status", &row.status)?,
            active_version: row.active_version_id.map(WorkflowVersionId::from_uuid),
            version: unsigned(TABLE, &id, "version", row.version)?,
            created_by: row.created_by.map(UserId::from_uuid),
            created_at: row.created_at,
            updated_at: row.updated_at,
            deleted_at: row.deleted_at,
        })
    }
}

const VERSIONS: &str = "workflow_versions";

/// A row of `workflow_versions`.
#[derive(FromQueryResult)]
pub(super) struct VersionRow {
    pub id: Uuid,
    workflow_id: Uuid,
    number: i32,
    status: String,
    document: Option<String>,
    names: Option<String>,
    sla: Option<String>,
    due_date_escalations: String,
    scopes: String,
    input_schema: Option<String>,
    soundness: Option<String>,
    published_at: Option<Timestamp>,
    published_by: Option<Uuid>,
    created_at: Timestamp,
}

impl VersionRow {
    /// The version: a draft from its document, a published one from `graph`.
    pub fn into_version(self, graph: Graph) -> Result<WorkflowVersion, StoreError> {
        let id = WorkflowVersionId::from_uuid(self.id);
        let status = parsed(VERSIONS, &id, "status", &self.status)?;
        let (document, step_ids) = match status {
            VersionStatus::Draft => (self.draft(id)?, BTreeMap::new()),
            VersionStatus::Published | VersionStatus::Retired => {
                let (sla, due_date_escalations) = self.deadlines(id)?;
                let Graph { steps, transitions, step_ids } = graph;
                let scopes = from_json(VERSIONS, &id, "scopes", &self.scopes)?;
                let schema = self.input_schema.as_deref();
                let input_schema = schema.map(|text| from_json(VERSIONS, &id, "input_schema", text)).transpose()?;
                (WorkflowDocument { steps, transitions, sla, due_date_escalations, scopes, input_schema }, step_ids)
            }
        };
        Ok(WorkflowVersion {
            id,
            workflow: WorkflowId::from_uuid(self.workflow_id),
            number: unsigned(VERSIONS, &id, "number", self.number.into())?,
            status,
            document,
            names: self.names(id)?,
            step_ids,
            finding: self.soundness.map(|text| from_json(VERSIONS, &id, "soundness", &text)).transpose()?,
            published_at: self.published_at,
            published_by: self.published_by.map(UserId::from_uuid),
            created_at: self.created_at,
        })
    }

    fn draft(&self, id: WorkflowVersionId) -> Result<WorkflowDocument, StoreError> {
        let missing = || corrupt(VERSIONS, &id, "document", &"a draft has one");
        from_json(VERSIONS, &id, "document", self.document.as_deref().ok_or_else(missing)?)
    }

    fn deadlines(&self, id: WorkflowVersionId) -> Result<(Option<Sla>, Vec<EscalationRung>), StoreError> {
        let sla = self.sla.as_deref().map(|text| from_json(VERSIONS, &id, "sla", text)).transpose()?;
        Ok((sla, from_json(VERSIONS, &id, "due_date_escalations", &self.due_date_escalations)?))
    }

    fn names(&self, id: WorkflowVersionId) -> Result<ReferencedNames, StoreError> {
        let names = self.names.as_deref().map(|text| from_json(VERSIONS, &id, "names", text)).transpose()?;
        Ok(names.unwrap_or_default())
    }
}

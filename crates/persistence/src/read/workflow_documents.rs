//! Documents of published versions, put together from the rows of their steps and transitions.

use std::collections::{BTreeMap, HashMap};

use nexusflow_application::StoreError;
use nexusflow_domain::ids::{OrganizationId, StepTransitionId, WorkflowStepId};
use nexusflow_domain::workflow::{StepDocument, StepKey, TransitionDocument};
use sea_orm::FromQueryResult;
use uuid::Uuid;

use crate::encoding::{StepColumns, TransitionColumns, corrupt};
use crate::read::reading::Reading;

/// What rows say of a version's graph.
#[derive(Default)]
pub(super) struct Graph {
    pub steps: Vec<StepDocument>,
    pub transitions: Vec<TransitionDocument>,
    pub step_ids: BTreeMap<String, WorkflowStepId>,
}

/// The graphs of versions, in the order of their documents: steps by id, since their ids were made
/// in that order, and transitions by ordinal. None for a version without rows.
pub(super) async fn graphs(
    reading: &Reading,
    organization: OrganizationId,
    versions: &[Uuid],
) -> Result<HashMap<Uuid, Graph>, StoreError> {
    let mut graphs: HashMap<Uuid, Graph> = HashMap::new();
    if versions.is_empty() {
        return Ok(graphs);
    }
    let mut sql = reading.sql([organization.uuid().into()]);
    sql.push("SELECT id, workflow_version_id, key, name, description, kind, join_kind, split_kind, config,");
    sql.push(" is_required, position FROM workflow_steps WHERE ").of_tenant("organization_id").push(" AND ");
    sql.any("workflow_version_id", versions.iter().copied()).push(" ORDER BY id");
    let mut keys = HashMap::new();
    for row in reading.rows::<StepRow>(sql).await? {
        let id = WorkflowStepId::from_uuid(row.id);
        let graph = graphs.entry(row.workflow_version_id).or_default();
        let step = row.into_columns().into_document(&id)?;
        keys.insert(id, step.key.clone());
        graph.step_ids.insert(step.key.as_str().to_owned(), id);
        graph.steps.push(step);
    }
    let mut sql = reading.sql([organization.uuid().into()]);
    sql.push("SELECT id, workflow_version_id, from_step_id, to_step_id, outcome, condition, priority, is_default");
    sql.push(" FROM step_transitions WHERE ").of_tenant("organization_id").push(" AND ");
    sql.any("workflow_version_id", versions.iter().copied()).push(" ORDER BY workflow_version_id, ordinal");
    for row in reading.rows::<TransitionRow>(sql).await? {
        let graph = graphs.entry(row.workflow_version_id).or_default();
        graph.transitions.push(row.into_document(&keys)?);
    }
    Ok(graphs)
}

#[derive(FromQueryResult)]
struct StepRow {
    id: Uuid,
    workflow_version_id: Uuid,
    key: String,
    name: String,
    description: String,
    kind: String,
    join_kind: String,
    split_kind: String,
    config: String,
    is_required: bool,
    position: i32,
}

impl StepRow {
    fn into_columns(self) -> StepColumns {
        StepColumns {
            key: self.key,
            name: self.name,
            description: self.description,
            kind: self.kind,
            join: self.join_kind,
            split: self.split_kind,
            config: self.config,
            required: self.is_required,
            order: self.position,
        }
    }
}

#[derive(FromQueryResult)]
struct TransitionRow {
    id: Uuid,
    workflow_version_id: Uuid,
    from_step_id: Uuid,
    to_step_id: Uuid,
    outcome: Option<String>,
    condition: Option<String>,
    priority: i32,
    is_default: bool,
}

impl TransitionRow {
    fn into_document(self, keys: &HashMap<WorkflowStepId, StepKey>) -> Result<TransitionDocument, StoreError> {
        let id = StepTransitionId::from_uuid(self.id);
        let key = |column, step| {
            let missing = || corrupt("step_transitions", &id, column, &"the step is not one of the version");
            keys.get(&WorkflowStepId::from_uuid(step)).cloned().ok_or_else(missing)
        };
        let (from, to) = (key("from_step_id", self.from_step_id)?, key("to_step_id", self.to_step_id)?);
        let columns = TransitionColumns {
            outcome: self.outcome,
            condition: self.condition,
            priority: self.priority,
            is_default: self.is_default,
        };
        columns.into_document(&id, from, to)
    }
}

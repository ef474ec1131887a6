use std::collections::BTreeMap;

use nexusflow_domain::Timestamp;
use nexusflow_domain::ids::{OrganizationId, WorkflowId, WorkflowStepId, WorkflowVersionId};
use nexusflow_domain::workflow::{VersionStatus, WorkflowDocument};

use crate::StoreError;
use crate::administration::CommitError;
use crate::fakes::memory::changes::missing;
use crate::fakes::memory::store::violation;
use crate::fakes::memory::world::{VersionRow, World};
use crate::workflow::{Draft, PublishedRows, ReferencedNames, StepRow, TransitionRow, Workflow, WorkflowVersion};

pub(super) fn create(world: &mut World, tenant: OrganizationId, workflow: Workflow) -> Result<(), CommitError> {
    if workflow.organization != tenant {
        return Err(violation("workflows: belongs to another tenant").into());
    }
    check_name(world, &workflow)?;
    check_active_version(world, &workflow)?;
    match world.workflows.insert(workflow.id, workflow) {
        None => Ok(()),
        Some(_) => Err(violation("workflows: the id is taken").into()),
    }
}

pub(super) fn update(world: &mut World, tenant: OrganizationId, workflow: Workflow) -> Result<(), CommitError> {
    let stored = world.workflow(tenant, workflow.id).ok_or_else(|| missing("workflow", workflow.id))?;
    if stored.version + 1 != workflow.version {
        return Err(CommitError::Stale { current: stored.version });
    }
    if workflow.deleted_at.is_none() {
        check_name(world, &workflow)?;
    }
    check_active_version(world, &workflow)?;
    world.workflows.insert(workflow.id, Workflow { organization: tenant, ..workflow });
    Ok(())
}

pub(super) fn save_draft(world: &mut World, tenant: OrganizationId, draft: Draft) -> Result<(), CommitError> {
    world.workflow(tenant, draft.workflow).ok_or_else(|| missing("workflow", draft.workflow))?;
    if let Some(row) = world.versions.get_mut(&draft.id) {
        let is_the_draft = row.version.workflow == draft.workflow && row.version.status == VersionStatus::Draft;
        if row.organization != tenant || !is_the_draft {
            return Err(missing("draft", draft.id));
        }
        row.version.document = draft.document;
        return Ok(());
    }
    let clashes = |row: &VersionRow| {
        let taken = row.version.number == draft.number || row.version.status == VersionStatus::Draft;
        row.version.workflow == draft.workflow && taken
    };
    if world.versions.values().any(clashes) {
        return Err(violation("workflow_versions: the number is taken, or there is a draft").into());
    }
    let version = WorkflowVersion {
        id: draft.id,
        workflow: draft.workflow,
        number: draft.number,
        status: VersionStatus::Draft,
        document: draft.document,
        names: ReferencedNames::default(),
        step_ids: BTreeMap::new(),
        finding: None,
        published_at: None,
        published_by: None,
        created_at: draft.at,
    };
    world.versions.insert(draft.id, VersionRow { organization: tenant, version });
    Ok(())
}

pub(super) fn publish(world: &mut World, tenant: OrganizationId, rows: PublishedRows) -> Result<(), CommitError> {
    if let Some(role) =
        rows.steps.iter().filter_map(|step| step.required_role).find(|&r| world.role(tenant, r).is_none())
    {
        return Err(missing("role", role));
    }
    let row = world.versions.get_mut(&rows.id).filter(|row| row.organization == tenant);
    let row = row.filter(|row| row.version.workflow == rows.workflow && row.version.status == VersionStatus::Draft);
    let version = &mut row.ok_or_else(|| missing("draft", rows.id))?.version;
    version.document = document_of(&rows)?;
    version.status = VersionStatus::Published;
    version.names = rows.names;
    version.finding = Some(rows.finding);
    version.step_ids = rows.steps.iter().map(|step| (step.document.key.to_string(), step.id)).collect();
    version.published_at = Some(rows.published_at);
    version.published_by = Some(rows.published_by);
    Ok(())
}

pub(super) fn set_version_status(
    world: &mut World,
    tenant: OrganizationId,
    version: WorkflowVersionId,
    status: VersionStatus,
) -> Result<(), CommitError> {
    let row = world.versions.get_mut(&version).filter(|row| row.organization == tenant);
    let row = row.filter(|row| row.version.published_at.is_some());
    row.ok_or_else(|| missing("workflow version", version))?.version.status = status;
    Ok(())
}

pub(super) fn require_no_live_request(
    world: &World,
    tenant: OrganizationId,
    workflow: WorkflowId,
) -> Result<(), CommitError> {
    let of_workflow = world.requests.values().map(|row| &row.state);
    let live = of_workflow
        .filter(|state| state.organization == tenant && state.workflow == workflow && !state.status().is_final())
        .count();
    if live > 0 {
        return Err(CommitError::InUse { message: format!("{live} requests of the workflow are live") });
    }
    Ok(())
}

pub(super) fn purge(
    world: &mut World,
    tenant: OrganizationId,
    workflow: WorkflowId,
    deleted_before: Timestamp,
) -> Result<(), CommitError> {
    let stored = world.workflows.get(&workflow).filter(|stored| stored.organization == tenant);
    let deleted = stored.is_some_and(|stored| stored.deleted_at.is_some_and(|at| at < deleted_before));
    if !deleted {
        return Err(missing("deleted workflow", workflow));
    }
    if world.requests.values().any(|row| row.state.workflow == workflow) {
        return Err(CommitError::InUse { message: "requests refer to the workflow".to_owned() });
    }
    world.workflows.remove(&workflow);
    world.versions.retain(|_, row| row.version.workflow != workflow);
    world.job_pauses.retain(|_, pause| pause.work.workflow != Some(workflow));
    world.role_mappings.retain(|(_, mapping), _| mapping.workflow != Some(workflow));
    Ok(())
}

fn check_name(world: &World, workflow: &Workflow) -> Result<(), CommitError> {
    let taken = |other: &Workflow| {
        let alive = other.organization == workflow.organization && other.deleted_at.is_none();
        alive && other.name == workflow.name && other.id != workflow.id
    };
    if world.workflows.values().any(taken) {
        return Err(CommitError::Duplicate { field: "name", value: workflow.name.clone() });
    }
    Ok(())
}

fn check_active_version(world: &World, workflow: &Workflow) -> Result<(), StoreError> {
    let belongs = |version| world.versions.get(&version).is_some_and(|row| row.version.workflow == workflow.id);
    if workflow.active_version.is_none_or(belongs) {
        return Ok(());
    }
    Err(violation("workflows: the active version is not one of the workflow's"))
}

/// The document that a version's rows make: steps by id, transitions by ordinal.
fn document_of(rows: &PublishedRows) -> Result<WorkflowDocument, StoreError> {
    let mut steps: Vec<&StepRow> = rows.steps.iter().collect();
    steps.sort_by_key(|step| step.id);
    let mut transitions: Vec<&TransitionRow> = rows.transitions.iter().collect();
    transitions.sort_by_key(|transition| transition.ordinal);
    let known = |id: WorkflowStepId| rows.steps.iter().any(|step| step.id == id);
    if !transitions.iter().all(|transition| known(transition.from) && known(transition.to)) {
        return Err(violation("step_transitions: a step is not one of the version's"));
    }
    Ok(WorkflowDocument {
        steps: steps.into_iter().map(|step| step.document.clone()).collect(),
        transitions: transitions.into_iter().map(|transition| transition.document.clone()).collect(),
        sla: rows.sla.clone(),
        due_date_escalations: rows.due_date_escalations.clone(),
        scopes: rows.scopes.clone(),
        input_schema: rows.input_schema.clone(),
    })
}

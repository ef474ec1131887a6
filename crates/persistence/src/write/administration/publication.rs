//! A draft becomes a published version: rows instead of a document.

use crate::transaction::Transaction;
use nexusflow_application::StoreError;
use nexusflow_application::administration::CommitError;
use nexusflow_application::workflow::{PublishedRows, StepRow, TransitionRow};
use nexusflow_domain::ids::{RoleId, UserId};
use sea_orm::Value;

use super::failures::require_one;
use super::roles::require_role;
use crate::encoding::{StepColumns, TransitionColumns, json, storable};
use crate::rows::{Column, Kind, Rows};
use crate::write::sql::{execute, insert, signed_short};

const STEPS: [Column; 15] = [
    ("id", Kind::Uuid),
    ("organization_id", Kind::Uuid),
    ("workflow_version_id", Kind::Uuid),
    ("key", Kind::Text),
    ("name", Kind::Text),
    ("description", Kind::Text),
    ("kind", Kind::Text),
    ("join_kind", Kind::Text),
    ("split_kind", Kind::Text),
    ("required_role_id", Kind::Uuid),
    ("assignee_id", Kind::Uuid),
    ("config", Kind::Text),
    ("is_required", Kind::Bool),
    ("position", Kind::Int),
    ("created_at", Kind::Time),
];

const TRANSITIONS: [Column; 11] = [
    ("id", Kind::Uuid),
    ("organization_id", Kind::Uuid),
    ("workflow_version_id", Kind::Uuid),
    ("ordinal", Kind::Int),
    ("from_step_id", Kind::Uuid),
    ("to_step_id", Kind::Uuid),
    ("outcome", Kind::Text),
    ("condition", Kind::Text),
    ("priority", Kind::Int),
    ("is_default", Kind::Bool),
    ("created_at", Kind::Time),
];

pub(super) async fn publish(transaction: &Transaction, rows: &PublishedRows) -> Result<(), CommitError> {
    // Roles may have been deleted since the names were resolved. People never are.
    for &role in rows.names.roles.values() {
        require_role(transaction, rows.organization, role).await?;
    }
    update_version(transaction, rows).await?;
    insert_steps(transaction, rows).await?;
    insert_transitions(transaction, rows).await?;
    Ok(())
}

async fn update_version(transaction: &Transaction, rows: &PublishedRows) -> Result<(), CommitError> {
    let sql = "UPDATE workflow_versions SET status = 'PUBLISHED', document = NULL, names = $1, sla = $2, \
        due_date_escalations = $3, published_by = $4, published_at = $5, updated_at = $5, scopes = $6, \
        input_schema = $7, soundness = $8 \
        WHERE id = $9 AND organization_id = $10 AND workflow_id = $11 AND status = 'DRAFT'";
    let values = [
        json(&rows.names)?.into(),
        rows.sla.as_ref().map(json).transpose()?.into(),
        json(&rows.due_date_escalations)?.into(),
        rows.published_by.uuid().into(),
        storable(rows.published_at).into(),
        json(&rows.scopes)?.into(),
        rows.input_schema.as_ref().map(json).transpose()?.into(),
        json(&rows.finding)?.into(),
        rows.id.uuid().into(),
        rows.organization.uuid().into(),
        rows.workflow.uuid().into(),
    ];
    require_one(execute(transaction, sql, values).await?, "draft", rows.id)
}

async fn insert_steps(transaction: &Transaction, rows: &PublishedRows) -> Result<(), CommitError> {
    let steps: Result<Vec<_>, StoreError> = rows.steps.iter().map(|step| step_values(rows, step)).collect();
    Ok(insert(transaction, "workflow_steps", Rows::of(&STEPS, steps?)).await?)
}

async fn insert_transitions(transaction: &Transaction, rows: &PublishedRows) -> Result<(), CommitError> {
    let transitions: Result<Vec<_>, StoreError> =
        rows.transitions.iter().map(|transition| transition_values(rows, transition)).collect();
    Ok(insert(transaction, "step_transitions", Rows::of(&TRANSITIONS, transitions?)).await?)
}

fn step_values(rows: &PublishedRows, step: &StepRow) -> Result<[Value; 15], StoreError> {
    let columns = StepColumns::of(&step.document)?;
    let [organization, version, at] = common(rows);
    Ok([
        step.id.uuid().into(),
        organization,
        version,
        columns.key.into(),
        columns.name.into(),
        columns.description.into(),
        columns.kind.into(),
        columns.join.into(),
        columns.split.into(),
        step.required_role.map(RoleId::uuid).into(),
        step.assignee.map(UserId::uuid).into(),
        columns.config.into(),
        columns.required.into(),
        columns.order.into(),
        at,
    ])
}

fn transition_values(rows: &PublishedRows, transition: &TransitionRow) -> Result<[Value; 11], StoreError> {
    let columns = TransitionColumns::of(&transition.document)?;
    let [organization, version, at] = common(rows);
    Ok([
        transition.id.uuid().into(),
        organization,
        version,
        signed_short(transition.ordinal),
        transition.from.uuid().into(),
        transition.to.uuid().into(),
        columns.outcome.into(),
        columns.condition.into(),
        columns.priority.into(),
        columns.is_default.into(),
        at,
    ])
}

/// What every row of the version has: organization, version, time.
fn common(rows: &PublishedRows) -> [Value; 3] {
    [rows.organization.uuid().into(), rows.id.uuid().into(), storable(rows.published_at).into()]
}

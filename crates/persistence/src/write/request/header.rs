//! The request's own row.

use std::collections::BTreeSet;

use nexusflow_application::StoreError;
use nexusflow_domain::Timestamp;
use nexusflow_domain::ids::{RequestId, WorkflowId};
use nexusflow_domain::insight::Hash;
use nexusflow_domain::request::RequestState;
use nexusflow_domain::workflow::WorkflowStatus;
use sea_orm::{QueryResult, Value};

use crate::encoding::{due_order, json, storable};
use crate::rows::{Column, Kind, Rows};
use crate::transaction::Transaction;
use crate::write::request::batch::{Chain, Prepared, Unwritten};
use crate::write::sql::{column, locking, query_over, signed};

/// What a command may change.
const CHANGING: [Column; 11] = [
    ("status", Kind::Text),
    ("priority", Kind::Text),
    ("due_at", Kind::Time),
    ("due_order", Kind::Time),
    ("variables", Kind::Text),
    ("state", Kind::Text),
    ("version", Kind::BigInt),
    ("audit_hash", Kind::Bytes),
    ("started_at", Kind::Time),
    ("completed_at", Kind::Time),
    ("updated_at", Kind::Time),
];

/// What stays as it was at the start.
const FIXED: [Column; 10] = [
    ("id", Kind::Uuid),
    ("organization_id", Kind::Uuid),
    ("workflow_id", Kind::Uuid),
    ("workflow_version_id", Kind::Uuid),
    ("requester_id", Kind::Uuid),
    ("parent_request_id", Kind::Uuid),
    ("parent_step_id", Kind::Uuid),
    ("title", Kind::Text),
    ("reference", Kind::Text),
    ("created_at", Kind::Time),
];

/// What must be stored for a change to be written.
const GUARD: [Column; 4] = [
    ("request_id", Kind::Uuid),
    ("organization_id", Kind::Uuid),
    ("expected_version", Kind::BigInt),
    ("expected_hash", Kind::Bytes),
];

/// Keeps the workflows of new requests as they are until the transaction ends; those units, by place, whose
/// workflow takes no new requests.
pub(super) async fn lock_active_workflows(
    transaction: &Transaction,
    starts: &[&Prepared],
) -> Result<Vec<usize>, StoreError> {
    const WORKFLOWS: [Column; 2] = [("id", Kind::Uuid), ("organization_id", Kind::Uuid)];
    let ids: BTreeSet<_> = starts.iter().map(|unit| (unit.unit.state.workflow, unit.unit.state.organization)).collect();
    let rows = ids.into_iter().map(|(workflow, organization)| [workflow.uuid().into(), organization.uuid().into()]);
    let (active, clause) = (WorkflowStatus::Active.as_str(), locking(transaction, "FOR SHARE OF w"));
    let text = |v: &str| {
        format!(
            "SELECT w.id FROM {v} CROSS JOIN workflows w \
            WHERE w.id = v.id AND w.organization_id = v.organization_id AND w.status = '{active}' AND w.deleted_at IS NULL ORDER BY w.id {clause}"
        )
    };
    let found = query_over(transaction, Rows::of(&WORKFLOWS, rows), text).await?;
    let found: BTreeSet<WorkflowId> =
        found.iter().map(|row| column(row, 0).map(WorkflowId::from_uuid)).collect::<Result<_, _>>()?;
    let gone = starts.iter().filter(|unit| !found.contains(&unit.unit.state.workflow));
    Ok(gone.map(|unit| unit.place).collect())
}

/// New rows; the requests of those that are there already.
pub(super) async fn insert_headers(transaction: &Transaction, new: &[Chain<'_>]) -> Result<Unwritten, StoreError> {
    let columns: Vec<Column> = CHANGING.into_iter().chain(FIXED).collect();
    let mut rows = Rows::new(&columns);
    for Chain { first, last } in new {
        rows.push(last.header.iter().cloned().chain(fixed(&last.unit.state, first.unit.at)));
    }
    let names = rows.names();
    let text = |v: &str| {
        format!(
            "INSERT INTO workflow_requests ({names}) SELECT {names} FROM {v} WHERE TRUE \
            ON CONFLICT (id) DO NOTHING RETURNING id"
        )
    };
    unwritten(new, &query_over(transaction, rows, text).await?)
}

/// The rows' new content, where they are as expected; the requests of the others.
pub(super) async fn update_headers(transaction: &Transaction, old: &[Chain<'_>]) -> Result<Unwritten, StoreError> {
    let columns: Vec<Column> = CHANGING.into_iter().chain(GUARD).collect();
    let mut rows = Rows::new(&columns);
    for Chain { first, last } in old {
        let guard: [Value; 4] = [
            first.request().uuid().into(),
            first.unit.state.organization.uuid().into(),
            signed(first.unit.expected_version),
            first.follows.0.to_vec().into(),
        ];
        rows.push(last.header.iter().cloned().chain(guard));
    }
    let assignments: Vec<String> = CHANGING.iter().map(|(name, _)| format!("{name} = v.{name}")).collect();
    let assignments = assignments.join(", ");
    let text = |v: &str| {
        format!(
            "UPDATE workflow_requests AS r SET {assignments} FROM {v} WHERE r.id = v.request_id \
            AND r.organization_id = v.organization_id AND r.version = v.expected_version \
            AND r.audit_hash = v.expected_hash RETURNING id"
        )
    };
    unwritten(old, &query_over(transaction, rows, text).await?)
}

fn unwritten(chains: &[Chain<'_>], written: &[QueryResult]) -> Result<Unwritten, StoreError> {
    let written: BTreeSet<RequestId> =
        written.iter().map(|row| column(row, 0).map(RequestId::from_uuid)).collect::<Result<_, _>>()?;
    Ok(chains.iter().map(|chain| chain.first.request()).filter(|request| !written.contains(request)).collect())
}

fn fixed(state: &RequestState, at: Timestamp) -> [Value; 10] {
    [
        state.id.uuid().into(),
        state.organization.uuid().into(),
        state.workflow.uuid().into(),
        state.workflow_version.uuid().into(),
        state.requester.uuid().into(),
        state.parent.map(|parent| parent.request.uuid()).into(),
        state.parent.map(|parent| parent.step.uuid()).into(),
        state.title.as_str().into(),
        state.reference.as_deref().into(),
        storable(at).into(),
    ]
}

/// The columns that a command may change. The variables have a column of their own, hence the column
/// `state` is without them, and so is the state from now on.
pub(super) fn changing(state: &mut RequestState, head: Hash, at: Timestamp) -> Result<[Value; 11], StoreError> {
    let variables = json(&std::mem::take(&mut state.variables))?;
    Ok([
        state.status().as_str().into(),
        state.priority.as_str().into(),
        state.due_at.map(storable).into(),
        due_order(state.due_at).into(),
        variables.into(),
        json(state)?.into(),
        signed(state.version),
        head.0.to_vec().into(),
        state.started_at.map(storable).into(),
        state.ended_at().map(storable).into(),
        storable(at).into(),
    ])
}

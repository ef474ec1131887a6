//! The request's own row.

use crate::transaction::Transaction;
use nexusflow_application::StoreError;
use nexusflow_domain::Timestamp;
use nexusflow_domain::insight::Hash;
use nexusflow_domain::request::RequestState;
use nexusflow_domain::workflow::WorkflowStatus;
use sea_orm::Value;

use crate::encoding::{due_order, json, storable};
use crate::write::sql::{execute, locking, query_one, signed};

const INSERT: &str = "INSERT INTO workflow_requests (status, priority, due_at, due_order, variables, state, version, \
    audit_hash, started_at, completed_at, updated_at, id, organization_id, workflow_id, workflow_version_id, \
    requester_id, parent_request_id, parent_step_id, title, reference, created_at) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21) \
    ON CONFLICT (id) DO NOTHING";

const UPDATE: &str = "UPDATE workflow_requests SET status = $1, priority = $2, due_at = $3, due_order = $4, \
    variables = $5, state = $6, version = $7, audit_hash = $8, started_at = $9, completed_at = $10, \
    updated_at = $11 WHERE id = $12 AND organization_id = $13 AND version = $14";

/// Whether the request's workflow takes new requests; it stays so until the transaction ends.
pub(super) async fn lock_active_workflow(transaction: &Transaction, state: &RequestState) -> Result<bool, StoreError> {
    let sql = format!(
        "SELECT id FROM workflows WHERE organization_id = $1 AND id = $2 AND status = $3 AND deleted_at IS NULL {}",
        locking(transaction, "FOR SHARE")
    );
    let values =
        [state.organization.uuid().into(), state.workflow.uuid().into(), WorkflowStatus::Active.as_str().into()];
    Ok(query_one(transaction, sql, values).await?.is_some())
}

/// A new row; `false` when there is one already.
pub(super) async fn insert_header(
    transaction: &Transaction,
    mut state: RequestState,
    head: Hash,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let values = [
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
    ];
    let values = changing(&mut state, head, at)?.into_iter().chain(values);
    Ok(execute(transaction, INSERT, values).await? == 1)
}

/// The row's new content, if its version is the expected one; otherwise `false`.
pub(super) async fn update_header(
    transaction: &Transaction,
    mut state: RequestState,
    expected_version: u64,
    head: Hash,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let guard = [state.id.uuid().into(), state.organization.uuid().into(), signed(expected_version)];
    let values = changing(&mut state, head, at)?.into_iter().chain(guard);
    Ok(execute(transaction, UPDATE, values).await? == 1)
}

/// The columns that a command may change. The variables have a column of their own, hence the column
/// `state` is without them.
fn changing(state: &mut RequestState, head: Hash, at: Timestamp) -> Result<[Value; 11], StoreError> {
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

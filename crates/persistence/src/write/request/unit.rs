use crate::transaction::Transaction;
use nexusflow_application::StoreError;
use nexusflow_application::request::{CommitConflict, CommitUnit};
use nexusflow_domain::insight::Hash;

use crate::write::audit::insert_request_records;
use crate::write::idempotency::take_key;
use crate::write::request::details::{insert_escalations, insert_notifications};
use crate::write::request::header::{insert_header, lock_active_workflow, update_header};
use crate::write::request::jobs::{lease_is_lost, write_jobs};
use crate::write::request::messages::{receive, write_subscriptions};
use crate::write::request::steps::write_steps;

/// Writes one unit; after an error its caller rolls back. Every writer takes locks in the same order:
/// key, workflow, request, jobs, message.
pub(super) async fn write_unit(transaction: &Transaction, unit: CommitUnit) -> Result<(), CommitConflict> {
    if let Some(entry) = &unit.idempotency
        && !take_key(transaction, entry).await?
    {
        return Err(CommitConflict::IdempotencyKeyTaken);
    }
    let (jobs, lease) = ((unit.wake, unit.jobs), unit.lease);
    let (receives, subscriptions) = (unit.receives, unit.subscriptions);
    let CommitUnit { expected_version, state, records, steps, escalations, notifications, at, .. } = unit;
    let (organization, request, workflow) = (state.organization, state.id, state.workflow);
    let head: Hash = records.last().map(|record| record.hash).ok_or_else(no_records)?;
    let written = if expected_version == 0 {
        if !lock_active_workflow(transaction, &state).await? {
            return Err(CommitConflict::WorkflowGone);
        }
        insert_header(transaction, state, head, at).await?
    } else {
        update_header(transaction, state, expected_version, head, at).await?
    };
    if !written {
        let lost = lease_is_lost(transaction, organization, lease).await?;
        return Err(if lost { CommitConflict::LeaseLost } else { CommitConflict::Stale });
    }
    if !write_jobs(transaction, organization, (request, workflow), jobs, lease, at).await? {
        return Err(CommitConflict::LeaseLost);
    }
    if let Some(reception) = receives
        && !receive(transaction, organization, request, reception, at).await?
    {
        return Err(CommitConflict::MessageTaken);
    }
    write_subscriptions(transaction, organization, request, subscriptions).await?;
    write_steps(transaction, organization, request, steps, at).await?;
    insert_escalations(transaction, organization, escalations).await?;
    insert_notifications(transaction, organization, notifications).await?;
    insert_request_records(transaction, records).await?;
    Ok(())
}

fn no_records() -> StoreError {
    StoreError::Failed("a commit unit without a journal record".into())
}

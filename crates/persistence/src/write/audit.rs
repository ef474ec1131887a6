//! Rows of the two audit logs.

use crate::transaction::Transaction;
use nexusflow_application::StoreError;
use nexusflow_domain::ids::UserId;
use nexusflow_domain::insight::AuditRecord;
use sea_orm::Value;
use uuid::Uuid;

use crate::encoding::storable;
use crate::write::sql::{insert, signed};

/// The only kind of thing that a request's journal has records about, besides the request.
const REQUEST_STEP: &str = "request_step";

/// Appends records to requests' journals.
pub(super) async fn insert_request_records(
    transaction: &Transaction,
    records: Vec<AuditRecord>,
) -> Result<(), StoreError> {
    let head = "INSERT INTO audit_logs (request_id, request_step_id, seq, organization_id, id, event, actor_id, \
        payload, before, after, ip, user_agent, correlation_id, occurred_at, prev_hash, hash)";
    let rows: Result<Vec<_>, StoreError> = records.into_iter().map(request_row).collect();
    insert(transaction, head, rows?).await
}

/// Appends records to an organization's stream.
pub(super) async fn insert_organization_records(
    transaction: &Transaction,
    records: Vec<AuditRecord>,
) -> Result<(), StoreError> {
    let head = "INSERT INTO organization_audit_logs (subject_type, subject_id, seq, organization_id, id, event, \
        actor_id, payload, before, after, ip, user_agent, correlation_id, occurred_at, prev_hash, hash)";
    insert(transaction, head, records.into_iter().map(organization_row).collect()).await
}

fn request_row(mut record: AuditRecord) -> Result<[Value; 16], StoreError> {
    let step: Option<Uuid> = match record.subject.take() {
        None => None,
        Some((kind, id)) if kind == REQUEST_STEP => Some(id),
        Some((kind, _)) => {
            return Err(StoreError::Failed(format!("a request's journal has no column for a {kind}").into()));
        }
    };
    Ok(row([record.stream.into(), step.into()], record))
}

fn organization_row(mut record: AuditRecord) -> [Value; 16] {
    let (kind, id) = record.subject.take().unzip();
    row([kind.into(), id.into()], record)
}

/// A row of either log: two columns of its own, then what both have.
fn row([first, second]: [Value; 2], record: AuditRecord) -> [Value; 16] {
    [
        first,
        second,
        signed(record.seq),
        record.organization.uuid().into(),
        record.id.uuid().into(),
        record.event.into(),
        record.actor.map(UserId::uuid).into(),
        record.payload.into(),
        record.before.into(),
        record.after.into(),
        record.origin.ip.into(),
        record.origin.user_agent.into(),
        record.origin.correlation_id.into(),
        storable(record.at).into(),
        record.prev_hash.0.to_vec().into(),
        record.hash.0.to_vec().into(),
    ]
}

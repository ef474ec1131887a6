//! Rows of the two audit logs.

use crate::transaction::Transaction;
use nexusflow_application::StoreError;
use nexusflow_domain::ids::UserId;
use nexusflow_domain::insight::AuditRecord;
use sea_orm::Value;
use uuid::Uuid;

use crate::encoding::storable;
use crate::rows::{Column, Kind, Rows};
use crate::write::sql::{insert, signed};

/// The only kind of thing that a request's journal has records about, besides the request.
const REQUEST_STEP: &str = "request_step";

/// Appends records to requests' journals.
pub(super) async fn insert_request_records<'a>(
    transaction: &Transaction,
    records: impl Iterator<Item = &'a AuditRecord>,
) -> Result<(), StoreError> {
    let columns = columns(("request_id", Kind::Uuid), ("request_step_id", Kind::Uuid));
    let rows: Result<Vec<_>, StoreError> = records.map(request_row).collect();
    insert(transaction, "audit_logs", Rows::of(&columns, rows?)).await
}

/// Appends records to an organization's stream.
pub(super) async fn insert_organization_records(
    transaction: &Transaction,
    records: Vec<AuditRecord>,
) -> Result<(), StoreError> {
    let columns = columns(("subject_type", Kind::Text), ("subject_id", Kind::Uuid));
    insert(transaction, "organization_audit_logs", Rows::of(&columns, records.iter().map(organization_row))).await
}

/// The columns of either log: two of its own, then what both have.
const fn columns(first: Column, second: Column) -> [Column; 17] {
    [
        first,
        second,
        ("seq", Kind::BigInt),
        ("organization_id", Kind::Uuid),
        ("id", Kind::Uuid),
        ("event", Kind::Text),
        ("actor_id", Kind::Uuid),
        ("payload", Kind::Text),
        ("before", Kind::Text),
        ("after", Kind::Text),
        ("ip", Kind::Text),
        ("user_agent", Kind::Text),
        ("correlation_id", Kind::Text),
        ("credential", Kind::Text),
        ("occurred_at", Kind::Time),
        ("prev_hash", Kind::Bytes),
        ("hash", Kind::Bytes),
    ]
}

fn request_row(record: &AuditRecord) -> Result<[Value; 17], StoreError> {
    let step: Option<Uuid> = match &record.subject {
        None => None,
        Some((kind, id)) if kind == REQUEST_STEP => Some(*id),
        Some((kind, _)) => {
            return Err(StoreError::Failed(format!("a request's journal has no column for a {kind}").into()));
        }
    };
    Ok(row([record.stream.into(), step.into()], record))
}

fn organization_row(record: &AuditRecord) -> [Value; 17] {
    let (kind, id) = record.subject.clone().unzip();
    row([kind.into(), id.into()], record)
}

/// A row of either log.
fn row([first, second]: [Value; 2], record: &AuditRecord) -> [Value; 17] {
    [
        first,
        second,
        signed(record.seq),
        record.organization.uuid().into(),
        record.id.uuid().into(),
        record.event.clone().into(),
        record.actor.map(UserId::uuid).into(),
        record.payload.clone().into(),
        record.before.clone().into(),
        record.after.clone().into(),
        record.origin.ip.clone().into(),
        record.origin.user_agent.clone().into(),
        record.origin.correlation_id.clone().into(),
        record.origin.credential.map(|credential| credential.to_string()).into(),
        storable(record.at).into(),
        record.prev_hash.0.to_vec().into(),
        record.hash.0.to_vec().into(),
    ]
}

//! What a unit adds beside steps: missed deadlines and messages.

use crate::transaction::Transaction;
use nexusflow_application::StoreError;
use nexusflow_application::request::{NewEscalation, NewNotification};
use nexusflow_domain::ids::{OrganizationId, RequestStepId, RoleId, UserId};
use sea_orm::Value;

use crate::encoding::{json, storable};
use crate::write::sql::{insert, signed_short};

/// Records missed deadlines. A rung that is on record already is an error: each fires once.
pub(super) async fn insert_escalations(
    transaction: &Transaction,
    organization: OrganizationId,
    escalations: Vec<NewEscalation>,
) -> Result<(), StoreError> {
    let head = "INSERT INTO sla_escalations (request_id, id, organization_id, subject_id, request_step_id, rung, \
        action, detail, missed_deadline, escalated_at)";
    let rows: Result<Vec<_>, _> =
        escalations.iter().map(|escalation| escalation_row(organization, escalation)).collect();
    insert(transaction, head, rows?).await
}

/// Stores messages.
pub(super) async fn insert_notifications(
    transaction: &Transaction,
    organization: OrganizationId,
    notifications: Vec<NewNotification>,
) -> Result<(), StoreError> {
    let head = "INSERT INTO notifications (id, organization_id, user_id, role_id, kind, request_id, request_step_id, \
        detail, created_at)";
    let rows: Result<Vec<_>, _> = notifications.iter().map(|message| notification_row(organization, message)).collect();
    insert(transaction, head, rows?).await
}

fn escalation_row(organization: OrganizationId, escalation: &NewEscalation) -> Result<[Value; 10], StoreError> {
    let request = escalation.request.uuid();
    let step = escalation.request_step.map(RequestStepId::uuid);
    Ok([
        request.into(),
        escalation.id.uuid().into(),
        organization.uuid().into(),
        step.unwrap_or(request).into(),
        step.into(),
        signed_short(escalation.rung),
        escalation.action.into(),
        json(&escalation.detail)?.into(),
        storable(escalation.missed_deadline).into(),
        storable(escalation.escalated_at).into(),
    ])
}

fn notification_row(organization: OrganizationId, message: &NewNotification) -> Result<[Value; 9], StoreError> {
    Ok([
        message.id.uuid().into(),
        organization.uuid().into(),
        message.user.map(UserId::uuid).into(),
        message.role.map(RoleId::uuid).into(),
        message.kind.into(),
        message.request.uuid().into(),
        message.request_step.map(RequestStepId::uuid).into(),
        json(&message.detail)?.into(),
        storable(message.created_at).into(),
    ])
}

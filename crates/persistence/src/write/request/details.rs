//! What units add beside steps: missed deadlines and notifications.

use nexusflow_application::StoreError;
use nexusflow_application::request::{NewEscalation, NewNotification};
use nexusflow_domain::ids::{OrganizationId, RequestStepId, RoleId, UserId};
use sea_orm::Value;

use crate::encoding::{json, storable};
use crate::rows::{Column, Kind, Rows};
use crate::transaction::Transaction;
use crate::write::request::batch::Prepared;
use crate::write::sql::{insert, signed_short};

const ESCALATION: [Column; 10] = [
    ("request_id", Kind::Uuid),
    ("id", Kind::Uuid),
    ("organization_id", Kind::Uuid),
    ("subject_id", Kind::Uuid),
    ("request_step_id", Kind::Uuid),
    ("rung", Kind::Int),
    ("action", Kind::Text),
    ("detail", Kind::Text),
    ("missed_deadline", Kind::Time),
    ("escalated_at", Kind::Time),
];

const NOTIFICATION: [Column; 9] = [
    ("id", Kind::Uuid),
    ("organization_id", Kind::Uuid),
    ("user_id", Kind::Uuid),
    ("role_id", Kind::Uuid),
    ("kind", Kind::Text),
    ("request_id", Kind::Uuid),
    ("request_step_id", Kind::Uuid),
    ("detail", Kind::Text),
    ("created_at", Kind::Time),
];

/// Records missed deadlines. A rung that is on record already is an error: each fires once.
pub(super) async fn insert_escalations(transaction: &Transaction, units: &[&Prepared]) -> Result<(), StoreError> {
    let mut rows = Rows::new(&ESCALATION);
    for unit in units {
        for escalation in &unit.unit.escalations {
            rows.push(escalation_row(unit.unit.state.organization, escalation)?);
        }
    }
    insert(transaction, "sla_escalations", rows).await
}

/// Stores notifications.
pub(super) async fn insert_notifications(transaction: &Transaction, units: &[&Prepared]) -> Result<(), StoreError> {
    let mut rows = Rows::new(&NOTIFICATION);
    for unit in units {
        for notification in &unit.unit.notifications {
            rows.push(notification_row(unit.unit.state.organization, notification)?);
        }
    }
    insert(transaction, "notifications", rows).await
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

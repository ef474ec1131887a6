//! The messages that units receive, and the places of requests that wait for messages.

use std::collections::{BTreeMap, BTreeSet};

use nexusflow_application::StoreError;
use nexusflow_application::request::{Subscription, SubscriptionChange};
use nexusflow_domain::ids::{MessageId, OrganizationId, RequestId, RequestStepId};
use nexusflow_domain::request::Subscriber;
use nexusflow_domain::workflow::StepKey;
use sea_orm::Value;
use uuid::Uuid;

use crate::encoding::storable;
use crate::error::store_error;
use crate::rows::{Column, Kind, Rows};
use crate::transaction::Transaction;
use crate::write::messages::MET;
use crate::write::request::batch::Prepared;
use crate::write::sql::{column, locking, query_over, try_insert};

const MESSAGE: [Column; 2] = [("id", Kind::Uuid), ("organization_id", Kind::Uuid)];

const RECEPTION: [Column; 7] = [
    ("message_id", Kind::Uuid),
    ("organization_id", Kind::Uuid),
    ("received_at", Kind::Time),
    ("request_id", Kind::Uuid),
    ("request_step_id", Kind::Uuid),
    ("subject_id", Kind::Uuid),
    ("boundary", Kind::Text),
];

const PLACE: [Column; 4] =
    [("request_id", Kind::Uuid), ("subject_id", Kind::Uuid), ("boundary", Kind::Text), ("organization_id", Kind::Uuid)];

const SUBSCRIPTION: [Column; 8] = [
    ("request_id", Kind::Uuid),
    ("subject_id", Kind::Uuid),
    ("boundary", Kind::Text),
    ("organization_id", Kind::Uuid),
    ("name", Kind::Text),
    ("key", Kind::Text),
    ("since", Kind::Time),
    ("opened_at", Kind::Time),
];

const PUT_ANEW: &str = "ON CONFLICT (request_id, subject_id, boundary) DO UPDATE SET name = excluded.name, \
    key = excluded.key, since = excluded.since, opened_at = excluded.opened_at";

/// Marks messages as received; those units, by place, whose message is received or gone, or is not what the
/// place waits for as it is stored. Of several units that receive one message, the first does.
pub(super) async fn receive(transaction: &Transaction, units: &[&Prepared]) -> Result<Vec<usize>, StoreError> {
    let mut wanted: BTreeMap<MessageId, &Prepared> = BTreeMap::new();
    for unit in units {
        if let Some(reception) = &unit.unit.receives {
            wanted.entry(reception.message).or_insert(unit);
        }
    }
    let ids = wanted.iter().map(|(id, unit)| [id.uuid().into(), unit.unit.state.organization.uuid().into()]);
    let clause = locking(transaction, "FOR UPDATE OF m");
    let text = |v: &str| {
        format!(
            "SELECT m.id FROM {v} CROSS JOIN messages m \
            WHERE m.id = v.id AND m.organization_id = v.organization_id ORDER BY m.id {clause}"
        )
    };
    if wanted.len() > 1 && !clause.is_empty() {
        query_over(transaction, Rows::of(&MESSAGE, ids), text).await?;
    }
    let receptions = Rows::of(&RECEPTION, wanted.iter().filter_map(|(id, unit)| reception(*id, unit)));
    let text = |v: &str| {
        format!(
            "UPDATE messages AS m SET received_at = v.received_at, request_id = v.request_id, \
            request_step_id = v.request_step_id, boundary = nullif(v.boundary, '') FROM {v} \
            WHERE m.id = v.message_id AND m.organization_id = v.organization_id AND m.received_at IS NULL AND EXISTS \
            (SELECT 1 FROM message_subscriptions s WHERE s.request_id = v.request_id \
                AND s.subject_id = v.subject_id AND s.boundary = v.boundary AND {MET}) RETURNING id"
        )
    };
    let received = query_over(transaction, receptions, text).await?;
    let received: BTreeSet<MessageId> =
        received.iter().map(|row| column(row, 0).map(MessageId::from_uuid)).collect::<Result<_, _>>()?;
    wanted.retain(|id, _| received.contains(id));
    let written: BTreeSet<usize> = wanted.values().map(|unit| unit.place).collect();
    Ok(units.iter().map(|unit| unit.place).filter(|place| !written.contains(place)).collect())
}

/// Does to the places that wait what becomes of them. Of several changes the last counts.
pub(super) async fn write_subscriptions(transaction: &Transaction, units: &[&Prepared]) -> Result<(), StoreError> {
    let mut changes: BTreeMap<(RequestId, Uuid, String), (OrganizationId, Option<&Subscription>)> = BTreeMap::new();
    for unit in units {
        let (request, organization) = (unit.request(), unit.unit.state.organization);
        for change in &unit.unit.subscriptions {
            let (to, put) = match change {
                SubscriptionChange::Put(subscription) => (&subscription.to, Some(subscription)),
                SubscriptionChange::Remove(to) => (to, None),
            };
            let (subject, boundary) = place(request, to);
            changes.insert((request, subject, boundary), (organization, put));
        }
    }
    let (mut put, mut removed) = (Rows::new(&SUBSCRIPTION), Rows::new(&PLACE));
    for ((request, subject, boundary), (organization, change)) in changes {
        let place: [Value; 4] = [request.uuid().into(), subject.into(), boundary.into(), organization.uuid().into()];
        match change {
            Some(Subscription { awaits, opened_at, .. }) => put.push(place.into_iter().chain([
                awaits.name.as_str().into(),
                awaits.key.as_str().into(),
                awaits.since.map(storable).into(),
                storable(*opened_at).into(),
            ])),
            None => removed.push(place),
        }
    }
    try_insert(transaction, "message_subscriptions", put, PUT_ANEW).await.map_err(store_error)?;
    let names = removed.names();
    let text = |v: &str| format!("DELETE FROM message_subscriptions WHERE ({names}) IN (SELECT {names} FROM {v})");
    transaction.execute_over(removed, text).await.map(drop).map_err(store_error)
}

fn reception(message: MessageId, unit: &Prepared) -> Option<[Value; 7]> {
    let by = &unit.unit.receives.as_ref()?.by;
    let (subject, boundary) = place(unit.request(), by);
    Some([
        message.uuid().into(),
        unit.unit.state.organization.uuid().into(),
        storable(unit.unit.at).into(),
        unit.request().uuid().into(),
        by.step.map(RequestStepId::uuid).into(),
        subject.into(),
        boundary.into(),
    ])
}

/// The columns `subject_id` and `boundary`; see the migration.
fn place(request: RequestId, to: &Subscriber) -> (Uuid, String) {
    let subject = to.step.map_or(request.uuid(), RequestStepId::uuid);
    (subject, to.boundary.as_ref().map_or_else(String::new, StepKey::to_string))
}

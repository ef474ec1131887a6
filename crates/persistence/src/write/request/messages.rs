//! The message that a unit receives, and the places of a request that wait for messages.

use nexusflow_application::StoreError;
use nexusflow_application::request::{Reception, Subscription, SubscriptionChange};
use nexusflow_domain::Timestamp;
use nexusflow_domain::ids::{OrganizationId, RequestId, RequestStepId};
use nexusflow_domain::request::Subscriber;
use nexusflow_domain::workflow::StepKey;
use sea_orm::Value;
use uuid::Uuid;

use crate::encoding::storable;
use crate::transaction::Transaction;
use crate::write::messages::MET;
use crate::write::sql::execute;

/// Marks a message as received; `false` when it is received or gone, or is not what the place waits
/// for as it is stored.
pub(super) async fn receive(
    transaction: &Transaction,
    organization: OrganizationId,
    request: RequestId,
    Reception { message, by }: Reception,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let sql = format!(
        "UPDATE messages AS m SET received_at = $1, request_id = $2, request_step_id = $3, boundary = $4 \
        WHERE m.id = $5 AND m.organization_id = $6 AND m.received_at IS NULL AND EXISTS \
        (SELECT 1 FROM message_subscriptions s \
            WHERE s.request_id = $2 AND s.subject_id = $7 AND s.boundary = $8 AND {MET})"
    );
    let (subject, boundary) = place(request, &by);
    let values = [
        storable(at).into(),
        request.uuid().into(),
        by.step.map(RequestStepId::uuid).into(),
        by.boundary.map(|boundary| boundary.to_string()).into(),
        message.uuid().into(),
        organization.uuid().into(),
        subject.into(),
        boundary.into(),
    ];
    Ok(execute(transaction, sql, values).await? == 1)
}

/// Does to the places that wait what becomes of them.
pub(super) async fn write_subscriptions(
    transaction: &Transaction,
    organization: OrganizationId,
    request: RequestId,
    changes: Vec<SubscriptionChange>,
) -> Result<(), StoreError> {
    for change in changes {
        match change {
            SubscriptionChange::Put(subscription) => put(transaction, organization, request, subscription).await?,
            SubscriptionChange::Remove(to) => remove(transaction, organization, request, &to).await?,
        }
    }
    Ok(())
}

async fn put(
    transaction: &Transaction,
    organization: OrganizationId,
    request: RequestId,
    Subscription { to, awaits, opened_at }: Subscription,
) -> Result<(), StoreError> {
    const PUT: &str = "INSERT INTO message_subscriptions (request_id, subject_id, boundary, organization_id, name, \
        key, since, opened_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
        ON CONFLICT (request_id, subject_id, boundary) DO UPDATE SET name = excluded.name, key = excluded.key, \
        since = excluded.since, opened_at = excluded.opened_at";
    let (subject, boundary) = place(request, &to);
    let values: [Value; 8] = [
        request.uuid().into(),
        subject.into(),
        boundary.into(),
        organization.uuid().into(),
        awaits.name.into(),
        awaits.key.into(),
        awaits.since.map(storable).into(),
        storable(opened_at).into(),
    ];
    execute(transaction, PUT, values).await.map(drop)
}

async fn remove(
    transaction: &Transaction,
    organization: OrganizationId,
    request: RequestId,
    to: &Subscriber,
) -> Result<(), StoreError> {
    let sql = "DELETE FROM message_subscriptions \
        WHERE request_id = $1 AND subject_id = $2 AND boundary = $3 AND organization_id = $4";
    let (subject, boundary) = place(request, to);
    let values = [request.uuid().into(), subject.into(), boundary.into(), organization.uuid().into()];
    execute(transaction, sql, values).await.map(drop)
}

/// The columns `subject_id` and `boundary`; see the migration.
fn place(request: RequestId, to: &Subscriber) -> (Uuid, String) {
    let subject = to.step.map_or(request.uuid(), RequestStepId::uuid);
    (subject, to.boundary.as_ref().map_or_else(String::new, StepKey::to_string))
}

//! Messages and those who wait for them, as the engine brings them together.

use async_trait::async_trait;
use nexusflow_application::StoreError;
use nexusflow_application::request::{Address, Deliverable, MessageStore, Unreceived};
use nexusflow_domain::Timestamp;
use nexusflow_domain::ids::{MessageId, OrganizationId, RequestId, RequestStepId};
use nexusflow_domain::request::Subscriber;
use sea_orm::{QueryResult, Value};
use uuid::Uuid;

use crate::Store;
use crate::database::Access;
use crate::encoding::{from_json, parsed, storable};
use crate::error::store_error;
use crate::write::sql::{column, execute, query_all, query_one};

/// Whether the place `s` waits for the message `m`: as `Subscription::is_met_by` says.
pub(super) const MET: &str = "s.organization_id = m.organization_id AND s.name = m.name AND s.key = m.key \
    AND s.opened_at <= m.expires_at AND (s.since IS NULL OR s.since <= m.published_at)";

#[async_trait]
impl MessageStore for Store {
    async fn unreceived(&self, after: Option<MessageId>, limit: u32) -> Result<Unreceived, StoreError> {
        let transaction = self.database.read(Access::System).await?;
        let sql = format!(
            "SELECT m.id, m.organization_id, EXISTS (SELECT 1 FROM message_subscriptions s WHERE {MET}) \
            FROM messages m WHERE m.received_at IS NULL AND m.id > $1 ORDER BY m.id LIMIT $2"
        );
        let after = after.map_or(Uuid::nil(), MessageId::uuid);
        let rows = query_all(&transaction, sql, [after.into(), i64::from(limit).into()]).await?;
        transaction.commit().await.map_err(store_error)?;
        let next =
            rows.last().filter(|_| rows.len() == limit as usize).map(|row| column::<Uuid>(row, 0)).transpose()?;
        let mut awaited = Vec::new();
        for row in &rows {
            if column::<bool>(row, 2)? {
                awaited.push((OrganizationId::from_uuid(column(row, 1)?), MessageId::from_uuid(column(row, 0)?)));
            }
        }
        Ok(Unreceived { awaited, next: next.map(MessageId::from_uuid) })
    }

    async fn awaited_at(
        &self,
        organization: OrganizationId,
        address: &Address,
        limit: u32,
    ) -> Result<Vec<MessageId>, StoreError> {
        let transaction = self.database.read(Access::Tenants(&[organization])).await?;
        let sql = format!(
            "SELECT m.id FROM messages m \
            WHERE m.organization_id = $1 AND m.name = $2 AND m.key = $3 AND m.received_at IS NULL \
            AND EXISTS (SELECT 1 FROM message_subscriptions s WHERE {MET}) ORDER BY m.id LIMIT $4"
        );
        let Address { name, key } = address;
        let values = [organization.uuid().into(), name.as_str().into(), key.as_str().into(), i64::from(limit).into()];
        let rows = query_all(&transaction, sql, values).await?;
        transaction.commit().await.map_err(store_error)?;
        rows.iter().map(|row| column(row, 0).map(MessageId::from_uuid)).collect()
    }

    async fn deliverable(
        &self,
        organization: OrganizationId,
        message: MessageId,
        limit: u32,
    ) -> Result<Option<Deliverable>, StoreError> {
        let transaction = self.database.read(Access::Tenants(&[organization])).await?;
        let sql = format!(
            "SELECT s.request_id, s.subject_id, s.boundary FROM messages m JOIN message_subscriptions s ON {MET} \
            WHERE m.id = $1 AND m.organization_id = $2 AND m.received_at IS NULL \
            ORDER BY s.opened_at, s.request_id, s.subject_id, s.boundary LIMIT $3"
        );
        let key: [Value; 2] = [message.uuid().into(), organization.uuid().into()];
        let values = key.clone().into_iter().chain([i64::from(limit).into()]);
        let receivers = query_all(&transaction, sql, values).await?;
        let sql = "SELECT payload FROM messages WHERE id = $1 AND organization_id = $2";
        let payload = if receivers.is_empty() { None } else { query_one(&transaction, sql, key).await? };
        transaction.commit().await.map_err(store_error)?;
        let Some(row) = payload else { return Ok(None) };
        let payload = from_json("messages", &message, "payload", &column::<String>(&row, 0)?)?;
        Ok(Some(Deliverable { payload, receivers: receivers.iter().map(receiver).collect::<Result<_, _>>()? }))
    }

    async fn expire(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let transaction = self.database.write(Access::System).await?;
        let sql = format!(
            "DELETE FROM messages WHERE id IN (SELECT m.id FROM messages m WHERE m.expires_at < $1 \
            AND (m.received_at IS NOT NULL OR NOT EXISTS (SELECT 1 FROM message_subscriptions s WHERE {MET})) \
            ORDER BY m.expires_at LIMIT $2)"
        );
        let removed = execute(&transaction, sql, [storable(before).into(), i64::from(limit).into()]).await?;
        transaction.commit().await.map_err(store_error)?;
        Ok(removed)
    }
}

/// What the columns `request_id`, `subject_id` and `boundary` say; see the migration.
fn receiver(row: &QueryResult) -> Result<(RequestId, Subscriber), StoreError> {
    let (request, subject): (Uuid, Uuid) = (column(row, 0)?, column(row, 1)?);
    let boundary: String = column(row, 2)?;
    let boundary = match boundary.as_str() {
        "" => None,
        key => Some(parsed("message_subscriptions", &RequestId::from_uuid(request), "boundary", key)?),
    };
    let step = (subject != request).then(|| RequestStepId::from_uuid(subject));
    Ok((RequestId::from_uuid(request), Subscriber { step, boundary }))
}

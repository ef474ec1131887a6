use async_trait::async_trait;
use nexusflow_application::access::Scope;
use nexusflow_application::request::{Message, MessageFilter, MessageReader, Received};
use nexusflow_application::{Page, PageRequest, StoreError};
use nexusflow_domain::Timestamp;
use nexusflow_domain::ids::{MessageId, OrganizationId, RequestId, RequestStepId};
use nexusflow_domain::request::Subscriber;
use sea_orm::FromQueryResult;
use uuid::Uuid;

use crate::Store;
use crate::encoding::{corrupt, from_json, parsed};
use crate::read::paging::{Key, Keyset, by_id};

const TABLE: &str = "messages";
const KEYSET: Keyset = Keyset::descending(Key::Id("id"));
const SELECT: &str = "SELECT id, organization_id, name, key, payload, published_at, expires_at, received_at, \
    request_id, request_step_id, boundary FROM messages WHERE organization_id = $1";

#[async_trait]
impl MessageReader for Store {
    async fn messages(&self, scope: &Scope, ids: &[MessageId]) -> Result<Vec<Message>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut sql = self.sql(scope.organization());
        sql.push(SELECT).push(" AND ").any("id", ids.iter().map(|id| id.uuid()));
        self.fetch::<MessageRow, _>(scope.organization(), sql).await
    }

    async fn list_messages(
        &self,
        scope: &Scope,
        filter: &MessageFilter,
        page: &PageRequest,
    ) -> Result<Page<Message>, StoreError> {
        let mut sql = self.sql(scope.organization());
        sql.push(SELECT);
        for (column, text) in [("name", &filter.name), ("key", &filter.key)] {
            if let Some(text) = text {
                sql.push(" AND ").equals(column, text);
            }
        }
        match filter.received {
            Some(true) => drop(sql.push(" AND received_at IS NOT NULL")),
            Some(false) => drop(sql.push(" AND received_at IS NULL")),
            None => {}
        }
        let keyset = KEYSET.of_few(filter.key.is_some());
        keyset.bounds(&mut sql, page)?;
        keyset.order_and_limit(&mut sql, page);
        let messages = self.fetch::<MessageRow, Message>(scope.organization(), sql).await?;
        Ok(Page::from_fetched(messages, page, |message| by_id(message.id.uuid())))
    }
}

#[derive(FromQueryResult)]
struct MessageRow {
    id: Uuid,
    organization_id: Uuid,
    name: String,
    key: String,
    payload: String,
    published_at: Timestamp,
    expires_at: Timestamp,
    received_at: Option<Timestamp>,
    request_id: Option<Uuid>,
    request_step_id: Option<Uuid>,
    boundary: Option<String>,
}

impl TryFrom<MessageRow> for Message {
    type Error = StoreError;

    fn try_from(row: MessageRow) -> Result<Self, StoreError> {
        let id = MessageId::from_uuid(row.id);
        let boundary = row.boundary.map(|key| parsed(TABLE, &id, "boundary", &key)).transpose()?;
        let by = Subscriber { step: row.request_step_id.map(RequestStepId::from_uuid), boundary };
        let received = match (row.received_at, row.request_id) {
            (Some(at), Some(request)) => Some(Received { at, request: RequestId::from_uuid(request), by }),
            (None, None) => None,
            _ => return Err(corrupt(TABLE, &id, "request_id", &"expected one exactly where received_at is")),
        };
        Ok(Self {
            id,
            organization: OrganizationId::from_uuid(row.organization_id),
            name: row.name,
            key: row.key,
            payload: from_json(TABLE, &id, "payload", &row.payload)?,
            published_at: row.published_at,
            expires_at: row.expires_at,
            received,
        })
    }
}

use async_trait::async_trait;
use nexusflow_domain::Timestamp;
use nexusflow_domain::ids::{MessageId, OrganizationId};

use crate::access::Scope;
use crate::request::{Address, Deliverable, Message, MessageFilter, Unreceived};
use crate::{Page, PageRequest, StoreError};

/// Brings messages together with what waits for them. A message is marked as received by the commit of
/// the request that receives it, and there alone.
#[async_trait]
pub trait MessageStore: Send + Sync {
    /// Looks at `limit` messages of any tenant that nothing has received, by id, after the given one.
    async fn unreceived(&self, after: Option<MessageId>, limit: u32) -> Result<Unreceived, StoreError>;

    /// Messages at an address that nothing has received and something waits for, the oldest first.
    async fn awaited_at(
        &self,
        organization: OrganizationId,
        address: &Address,
        limit: u32,
    ) -> Result<Vec<MessageId>, StoreError>;

    /// A message with at most `limit` of those who wait for it; `None` when nobody does, or it is
    /// received or gone.
    async fn deliverable(
        &self,
        organization: OrganizationId,
        message: MessageId,
        limit: u32,
    ) -> Result<Option<Deliverable>, StoreError>;

    /// Removes messages that expired before an instant, at most `limit`, unless something still waits
    /// for them; returns how many.
    async fn expire(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError>;
}

/// Reads messages.
#[async_trait]
pub trait MessageReader: Send + Sync {
    /// Those of the given messages that exist in the tenant, in any order.
    async fn messages(&self, scope: &Scope, ids: &[MessageId]) -> Result<Vec<Message>, StoreError>;

    /// A page of messages, the newest first.
    async fn list_messages(
        &self,
        scope: &Scope,
        filter: &MessageFilter,
        page: &PageRequest,
    ) -> Result<Page<Message>, StoreError>;
}

use async_trait::async_trait;
use nexusflow_domain::Timestamp;
use nexusflow_domain::ids::{MessageId, OrganizationId, RequestId};
use nexusflow_domain::request::Subscriber;

use crate::access::Scope;
use crate::fakes::MemoryStore;
use crate::fakes::memory::paging::{by_id, page};
use crate::fakes::memory::world::World;
use crate::request::{
    Address, Deliverable, Message, MessageFilter, MessageReader, MessageStore, Received, Reception, SubscriptionChange,
    Unreceived,
};
use crate::{Page, PageRequest, StoreError};

#[async_trait]
impl MessageStore for MemoryStore {
    async fn unreceived(&self, after: Option<MessageId>, limit: u32) -> Result<Unreceived, StoreError> {
        let world = self.world().await?;
        let is_next = |message: &&Message| message.received.is_none() && after.is_none_or(|after| message.id > after);
        let found: Vec<_> = world.messages.values().filter(is_next).take(limit as usize).collect();
        let next = found.last().map(|last| last.id).filter(|_| found.len() == limit as usize);
        let awaited = found.into_iter().filter(|message| !receivers(&world, message).is_empty());
        Ok(Unreceived { awaited: awaited.map(|message| (message.organization, message.id)).collect(), next })
    }

    async fn awaited_at(
        &self,
        organization: OrganizationId,
        address: &Address,
        limit: u32,
    ) -> Result<Vec<MessageId>, StoreError> {
        let world = self.world().await?;
        let is_there = |message: &&Message| {
            message.organization == organization
                && message.received.is_none()
                && (&message.name, &message.key) == (&address.name, &address.key)
                && !receivers(&world, message).is_empty()
        };
        Ok(world.messages.values().filter(is_there).take(limit as usize).map(|message| message.id).collect())
    }

    async fn deliverable(
        &self,
        organization: OrganizationId,
        message: MessageId,
        limit: u32,
    ) -> Result<Option<Deliverable>, StoreError> {
        let world = self.world().await?;
        let found = world.messages.get(&message).filter(|found| found.organization == organization);
        let Some(message) = found.filter(|message| message.received.is_none()) else { return Ok(None) };
        let mut receivers = receivers(&world, message);
        receivers.truncate(limit as usize);
        Ok((!receivers.is_empty()).then(|| Deliverable { payload: message.payload.clone(), receivers }))
    }

    async fn expire(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let mut world = self.world().await?;
        let is_old = |message: &&Message| {
            message.expires_at < before && (message.received.is_some() || receivers(&world, message).is_empty())
        };
        let old: Vec<MessageId> =
            world.messages.values().filter(is_old).take(limit as usize).map(|message| message.id).collect();
        for id in &old {
            world.messages.remove(id);
        }
        Ok(old.len() as u64)
    }
}

#[async_trait]
impl MessageReader for MemoryStore {
    async fn messages(&self, scope: &Scope, ids: &[MessageId]) -> Result<Vec<Message>, StoreError> {
        let world = self.world().await?;
        let found = ids.iter().filter_map(|id| world.messages.get(id));
        Ok(found.filter(|message| message.organization == scope.organization()).cloned().collect())
    }

    async fn list_messages(
        &self,
        scope: &Scope,
        filter: &MessageFilter,
        request: &PageRequest,
    ) -> Result<Page<Message>, StoreError> {
        let world = self.world().await?;
        let fits = |message: &&Message| {
            message.organization == scope.organization()
                && filter.name.as_ref().is_none_or(|name| message.name == *name)
                && filter.key.as_ref().is_none_or(|key| message.key == *key)
                && filter.received.is_none_or(|received| message.received.is_some() == received)
        };
        let rows = world.messages.values().filter(fits).cloned();
        Ok(page(rows, true, request, |message| by_id(message.id.uuid())))
    }
}

/// Marks a message as received; `false` when it is not there to be received by this.
pub(super) fn receive(
    world: &mut World,
    organization: OrganizationId,
    request: RequestId,
    Reception { message, by }: Reception,
    at: Timestamp,
) -> bool {
    let subscription = world.subscriptions.get(&(request, by.clone())).map(|(_, subscription)| subscription.clone());
    let free = |found: &&mut Message| found.organization == organization && found.received.is_none();
    let met = |found: &&mut Message| subscription.is_some_and(|subscription| subscription.is_met_by(found));
    let found = world.messages.get_mut(&message).filter(free).filter(met);
    found.map(|found| found.received = Some(Received { at, request, by })).is_some()
}

/// Does to the places that wait what becomes of them.
pub(super) fn follow(
    world: &mut World,
    organization: OrganizationId,
    request: RequestId,
    changes: Vec<SubscriptionChange>,
) {
    for change in changes {
        match change {
            SubscriptionChange::Put(put) => {
                world.subscriptions.insert((request, put.to.clone()), (organization, put));
            }
            SubscriptionChange::Remove(to) => drop(world.subscriptions.remove(&(request, to))),
        }
    }
}

/// Who waits for a message, the longest waiting first.
fn receivers(world: &World, message: &Message) -> Vec<(RequestId, Subscriber)> {
    let met = world.subscriptions.iter().filter(|(_, (organization, subscription))| {
        *organization == message.organization && subscription.is_met_by(message)
    });
    let mut met: Vec<_> = met.map(|((request, to), (_, found))| (found.opened_at, *request, to.clone())).collect();
    met.sort_unstable();
    met.into_iter().map(|(_, request, to)| (request, to)).collect()
}

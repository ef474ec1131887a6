use std::sync::Arc;

use chrono::TimeDelta;
use nexusflow_domain::duration::Duration;
use nexusflow_domain::ids::{MessageId, RequestId};
use serde_json::json;

use crate::access::{Authorizer, actions};
use crate::administration::{AdministrationCommit, Change, Registrar};
use crate::application::Ports;
use crate::idempotency::Replay;
use crate::input::{InputCheck, Length};
use crate::request::{Message, MessageFilter, MessageReader, MessageStore, NewMessage, RequestService};
use crate::{Call, Page, PageRequest, Result, StoreError};

const NAME_LENGTH: Length = 1..=64;
const KEY_BYTES: Length = 1..=512;
const PAYLOAD_BYTES: Length = 0..=256 * 1024;
const OPERATION: &str = "publishMessage";
/// How long an expired message stays, for a commit under way that began to wait before.
const AFTERLIFE: TimeDelta = TimeDelta::minutes(1);

/// Messages from outside: publishing them, reading them, and delivering what was missed.
pub struct MessageService {
    authorizer: Authorizer,
    registrar: Registrar,
    requests: Arc<RequestService>,
    store: Arc<dyn MessageStore>,
    reader: Arc<dyn MessageReader>,
}

/// A message that was published, and the request that has received it by now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Published {
    /// The message.
    pub id: MessageId,
    /// The request; `None` while nothing has received it.
    pub received_by: Option<RequestId>,
}

impl MessageService {
    /// The longest time that a message may be kept: 90 days.
    pub const LONGEST_LIFE: TimeDelta = TimeDelta::days(90);

    pub(crate) fn new(
        ports: &Ports,
        authorizer: Authorizer,
        registrar: Registrar,
        requests: Arc<RequestService>,
    ) -> Self {
        let (store, reader) = (ports.messages.clone(), ports.message_reader.clone());
        Self { authorizer, registrar, requests, store, reader }
    }

    /// Publishes a message and delivers it, if something waits for it.
    #[tracing::instrument(skip_all)]
    pub async fn publish(&self, call: &Call, new: NewMessage, replay: Option<Replay>) -> Result<Published> {
        let permit = self.authorizer.require::<actions::PublishMessage>(call).await?;
        let organization = permit.organization();
        if let Some(id) = self.registrar.replayed(call, OPERATION, replay.as_ref()).await? {
            return self.published(call, MessageId::from_uuid(id)).await;
        }
        check(&new)?;
        let id: MessageId = self.registrar.next_id();
        let now = self.registrar.now();
        let NewMessage { name, key, payload, time_to_live } = new;
        let expires_at = now + time_to_live.as_delta();
        let detail = json!({ "name": name, "key": key, "expiresAt": expires_at });
        let entry = self.registrar.entry(call, "MESSAGE_PUBLISHED", Some(("message", id.uuid())));
        let entry = entry.changing(None, Some(detail));
        let message = Message { id, organization, name, key, payload, published_at: now, expires_at, received: None };
        let stored = self.registrar.idempotency(call, OPERATION, replay, id.uuid());
        let changes = vec![Change::PublishMessage(message)];
        let commit = AdministrationCommit::of_message(&permit, changes, vec![entry]).with_idempotency(stored);
        self.registrar.commit(commit).await?;
        if let Err(error) = self.requests.deliver(organization, id).await {
            tracing::warn!(message = %id, error = &error as &dyn std::error::Error, "a message is delivered later");
        }
        self.published(call, id).await
    }

    /// Those of the given messages that there are.
    pub async fn messages(&self, call: &Call, ids: &[MessageId]) -> Result<Vec<Message>> {
        let permit = self.authorizer.require::<actions::ManageRequest>(call).await?;
        Ok(self.reader.messages(&permit.scope(), ids).await?)
    }

    /// A page of messages, the newest first.
    pub async fn list(&self, call: &Call, filter: &MessageFilter, page: &PageRequest) -> Result<Page<Message>> {
        let permit = self.authorizer.require::<actions::ManageRequest>(call).await?;
        Ok(self.reader.list_messages(&permit.scope(), filter, page).await?)
    }

    /// Looks at `limit` messages that nothing has received, after the given one, and delivers those
    /// that something waits for. Returns where to go on, or `None` at the end.
    #[tracing::instrument(skip_all)]
    pub async fn deliver_missed(&self, after: Option<MessageId>, limit: u32) -> Result<Option<MessageId>, StoreError> {
        let found = self.store.unreceived(after, limit).await?;
        for (organization, message) in found.awaited {
            match self.requests.deliver(organization, message).await {
                Ok(_) => {}
                Err(error @ (StoreError::Unavailable(_) | StoreError::Overloaded { .. })) => return Err(error),
                // One that cannot be delivered must not keep the others.
                Err(error) => {
                    let error = &error as &dyn std::error::Error;
                    tracing::error!(%message, error, "a message was not delivered");
                }
            }
        }
        Ok(found.next)
    }

    /// Removes messages that have expired, at most `limit`; returns how many.
    pub async fn expire(&self, limit: u32) -> Result<u64, StoreError> {
        self.store.expire(self.registrar.now() - AFTERLIFE, limit).await
    }

    async fn published(&self, call: &Call, id: MessageId) -> Result<Published> {
        let scope = self.authorizer.member(call).scope();
        let message = self.reader.messages(&scope, &[id]).await?.pop();
        let received_by = message.and_then(|message| message.received).map(|received| received.request);
        Ok(Published { id, received_by })
    }
}

fn check(new: &NewMessage) -> Result<()> {
    let longest = Duration::from_seconds(MessageService::LONGEST_LIFE.num_seconds()).unwrap_or(Duration::ZERO);
    InputCheck::default()
        .length("name", &new.name, &NAME_LENGTH)
        .bytes("key", &new.key, &KEY_BYTES)
        .bytes("payload", &json!(new.payload).to_string(), &PAYLOAD_BYTES)
        .duration("timeToLive", new.time_to_live, longest)
        .finish()
}

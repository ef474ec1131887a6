//! Messages from outside, and the places that wait for them, as stores keep them.

use nexusflow_domain::duration::Duration;
use nexusflow_domain::ids::{MessageId, OrganizationId, RequestId};
use nexusflow_domain::request::{AwaitedMessage, Subscriber};
use nexusflow_domain::{JsonMap, Timestamp};

/// A message to be published.
#[derive(Debug, Clone, PartialEq)]
pub struct NewMessage {
    /// What kind of message: 1 to 64 characters.
    pub name: String,
    /// Its correlation key: 1 to 512 bytes.
    pub key: String,
    /// What it says; at most 256 KiB of JSON.
    pub payload: JsonMap,
    /// How long it is kept for what begins to wait later; at most 90 days.
    pub time_to_live: Duration,
}

/// A message that was published.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// The message.
    pub id: MessageId,
    /// Its tenant.
    pub organization: OrganizationId,
    /// What kind of message.
    pub name: String,
    /// Its correlation key.
    pub key: String,
    /// What it says.
    pub payload: JsonMap,
    /// When it was published.
    pub published_at: Timestamp,
    /// What begins to wait after this instant does not get it any more.
    pub expires_at: Timestamp,
    /// What has received it.
    pub received: Option<Received>,
}

/// Where and when a message was received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// When.
    pub at: Timestamp,
    /// By which request.
    pub request: RequestId,
    /// By what in it.
    pub by: Subscriber,
}

/// A filter of messages; fields that are given must all hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MessageFilter {
    /// Of this kind.
    pub name: Option<String>,
    /// With this correlation key.
    pub key: Option<String>,
    /// Received already, or not yet.
    pub received: Option<bool>,
}

/// What messages and those who wait for them have in common.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Address {
    /// What kind of message.
    pub name: String,
    /// Its correlation key.
    pub key: String,
}

/// A place that waits for a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// Where in the request.
    pub to: Subscriber,
    /// Which message.
    pub awaits: AwaitedMessage,
    /// Since when it is there.
    pub opened_at: Timestamp,
}

/// What becomes of a place that waits for a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SubscriptionChange {
    /// It waits, or waits for another message.
    Put(Subscription),
    /// It does not wait any more.
    Remove(Subscriber),
}

/// A message that nothing has received, and who waits for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Deliverable {
    /// What it says.
    pub payload: JsonMap,
    /// Requests and the places in them, the longest waiting first.
    pub receivers: Vec<(RequestId, Subscriber)>,
}

/// Some of the messages that nothing has received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreceived {
    /// Those that something waits for, the oldest first.
    pub awaited: Vec<(OrganizationId, MessageId)>,
    /// The last one looked at, awaited or not; `None` when there are no more.
    pub next: Option<MessageId>,
}

impl Subscription {
    /// Whether the message may be received here: it is the one that is waited for, and was still kept
    /// when the waiting began.
    pub fn is_met_by(&self, message: &Message) -> bool {
        self.opened_at <= message.expires_at && self.awaits.is_met_by(&message.name, &message.key, message.published_at)
    }

    /// Where messages for it are looked for.
    pub fn address(&self) -> Address {
        Address { name: self.awaits.name.clone(), key: self.awaits.key.clone() }
    }
}

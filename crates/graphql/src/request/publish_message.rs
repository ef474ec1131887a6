use async_graphql::{Context, ID, InputObject, SimpleObject};
use nexusflow_application::request::{NewMessage, Published};
use nexusflow_domain::duration;
use nexusflow_domain::ids::RequestId;

use super::start_request::object;
use crate::context::{application, require_call};
use crate::error::{Answer, DomainError};
use crate::loader::Link;
use crate::platform::replay;
use crate::scalar::{Duration, Json};

const DAY: i64 = 24 * 60 * 60;

/// A message to be published.
#[derive(Debug, Clone, InputObject)]
pub struct PublishMessageInput {
    /// What kind of message; 1 to 64 characters.
    name: String,
    /// Its correlation key; 1 to 512 bytes. Only what waits for this key gets it.
    key: String,
    /// What it says, an object of at most 256 KiB; empty unless told otherwise.
    payload: Option<Json>,
    /// How long it is kept for what begins to wait later, at most `P90D`; `PT0S` only reaches what waits
    /// now. `P1D` unless told otherwise.
    time_to_live: Option<Duration>,
    /// The same key and input give the first result again; another input with it is refused.
    idempotency_key: Option<String>,
}

/// What `publishMessage` did.
#[derive(Debug, SimpleObject)]
pub struct PublishMessagePayload {
    /// The id of the message.
    pub message_id: Option<ID>,
    /// Whether a request has received it already.
    pub received: bool,
    /// The request that has received it already; null while none has, or when the caller may not see it.
    pub request: Option<Link<RequestId>>,
    /// Why nothing was done; empty when it was.
    pub errors: Vec<DomainError>,
}

impl PublishMessageInput {
    pub(super) async fn run(self, ctx: &Context<'_>) -> Answer<Published> {
        let call = require_call(ctx)?;
        let replay = replay(&self, self.idempotency_key.as_deref());
        let day = duration::Duration::from_seconds(DAY).unwrap_or_default();
        let new = NewMessage {
            name: self.name,
            key: self.key,
            payload: object(self.payload, "payload", "expected an object")?,
            time_to_live: self.time_to_live.map_or(day, |life| life.0),
        };
        Ok(application(ctx)?.messages.publish(call, new, replay).await?)
    }
}

use async_graphql::{ComplexObject, Context, ID, InputObject, Result, SimpleObject};
use nexusflow_application::request::{self, Received};
use nexusflow_domain::ids::MessageId;

use crate::context::loader;
use crate::loader::Linked;
use crate::node_id::RequestStepKey;
use crate::request::{Request, RequestStep};
use crate::scalar::{DateTime, Json};

/// A message from outside, for a request that waits for one of its name and correlation key. One request
/// receives it, once.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct Message {
    #[graphql(skip)]
    received: Option<Received>,
    /// The message.
    pub(crate) id: ID,
    /// What kind of message.
    name: String,
    /// Its correlation key.
    key: String,
    /// What it says.
    payload: Json,
    /// When it was published.
    published_at: DateTime,
    /// What begins to wait after this instant does not get it any more.
    expires_at: DateTime,
    /// When it was received; null while nothing has received it.
    received_at: Option<DateTime>,
    /// The key of the boundary event that it fired, if it fired one.
    boundary: Option<String>,
}

#[ComplexObject]
impl Message {
    /// The request that received it; null while none has.
    async fn request(&self, ctx: &Context<'_>) -> Result<Option<Request>> {
        let Some(received) = &self.received else { return Ok(None) };
        received.request.find(ctx).await
    }

    /// The execution that waited for it, or whose boundary event did; null also when a scope's did.
    async fn step(&self, ctx: &Context<'_>) -> Result<Option<RequestStep>> {
        let Some((request, step)) = self.received.as_ref().and_then(|found| Some((found.request, found.by.step?)))
        else {
            return Ok(None);
        };
        RequestStepKey { request, step }.find(ctx).await
    }
}

/// Which messages a list shows; every given part must hold.
#[derive(Debug, Clone, Default, InputObject)]
pub struct MessageFilter {
    /// Of this kind.
    name: Option<String>,
    /// With this correlation key.
    key: Option<String>,
    /// Received already, or not yet.
    received: Option<bool>,
}

impl From<MessageFilter> for request::MessageFilter {
    fn from(MessageFilter { name, key, received }: MessageFilter) -> Self {
        Self { name, key, received }
    }
}

impl From<request::Message> for Message {
    fn from(message: request::Message) -> Self {
        let received = message.received;
        Self {
            id: message.id.to_string().into(),
            name: message.name,
            key: message.key,
            payload: Json(message.payload.into()),
            published_at: message.published_at.into(),
            expires_at: message.expires_at.into(),
            received_at: received.as_ref().map(|received| received.at.into()),
            boundary: received.as_ref().and_then(|received| Some(received.by.boundary.as_ref()?.to_string())),
            received,
        }
    }
}

impl Linked for MessageId {
    type Node = Message;

    async fn find(self, ctx: &Context<'_>) -> Result<Option<Message>> {
        Ok(loader(ctx)?.load_one(self).await?.map(Into::into))
    }
}

use async_graphql::{ComplexObject, Context, ID, Result, SimpleObject};
use nexusflow_application::request;
use nexusflow_application::{Cursor, CursorValue, PageRequest};
use nexusflow_domain::ids::NotificationId;
use uuid::Uuid;

use crate::access::Role;
use crate::context::{application, require_call};
use crate::error::failure;
use crate::identity::User;
use crate::loader::Linked;
use crate::node_id::RequestStepKey;
use crate::request::{Request, RequestStep};
use crate::scalar::{DateTime, Json};

/// A message to a person or to a role's holders.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct Notification {
    #[graphql(skip)]
    model: request::Notification,
    /// The message.
    pub(crate) id: ID,
    /// What about: `DEADLINE_MISSED`, or `NOTICE` for what a workflow tells.
    kind: String,
    /// Details, depending on the kind.
    detail: Json,
    /// When.
    created_at: DateTime,
}

#[ComplexObject]
impl Notification {
    /// The person it is for; null when it is for a role.
    async fn user(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        let Some(user) = self.model.user else { return Ok(None) };
        user.find(ctx).await
    }

    /// The role whose holders it is for; null when it is for a person.
    async fn role(&self, ctx: &Context<'_>) -> Result<Option<Role>> {
        let Some(role) = self.model.role else { return Ok(None) };
        role.find(ctx).await
    }

    /// The request that it is about; null when the caller may not see it.
    async fn request(&self, ctx: &Context<'_>) -> Result<Option<Request>> {
        let Some(request) = self.model.request else { return Ok(None) };
        request.find(ctx).await
    }

    /// The execution of a step that it is about.
    async fn step(&self, ctx: &Context<'_>) -> Result<Option<RequestStep>> {
        let (Some(request), Some(step)) = (self.model.request, self.model.request_step) else { return Ok(None) };
        RequestStepKey { request, step }.find(ctx).await
    }
}

/// A message to the caller, found by its place in the list of them.
pub(super) async fn notification(ctx: &Context<'_>, id: NotificationId) -> Result<Option<Notification>> {
    let behind = Cursor { value: CursorValue::Id, id: Uuid::from_u128(id.uuid().as_u128().saturating_add(1)) };
    let page = PageRequest { after: Some(behind), ..PageRequest::first(1) };
    let found = application(ctx)?.request_reads.notifications(require_call(ctx)?, &page).await.map_err(failure)?;
    Ok(found.into_nodes().pop().filter(|found| found.id == id).map(Into::into))
}

impl From<request::Notification> for Notification {
    fn from(notification: request::Notification) -> Self {
        Self {
            id: notification.id.to_string().into(),
            kind: notification.kind.clone(),
            detail: Json(notification.detail.clone()),
            created_at: notification.created_at.into(),
            model: notification,
        }
    }
}

use async_graphql::{ComplexObject, Context, Enum, ID, Result, SimpleObject};
use nexusflow_application::identity;
use nexusflow_domain::ids::SessionId;

use crate::context::{loader, require_call};
use crate::loader::Linked;
use crate::scalar::DateTime;

/// A person's signing in to one organization, and what follows from it on one device.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct Session {
    #[graphql(skip)]
    key: SessionId,
    /// The session.
    pub(crate) id: ID,
    /// The client's own name for itself, when it was last refreshed or begun.
    client: Option<String>,
    /// The client's address then.
    address: Option<String>,
    /// When the person signed in.
    created_at: DateTime,
    /// When it was last refreshed, or begun.
    last_seen_at: DateTime,
    /// When it ends unless it is refreshed before; when it was revoked, if it was.
    ends_at: DateTime,
    /// When it ends, whatever happens.
    expires_at: DateTime,
    /// Why it was revoked, if it was.
    revoked: Option<SessionEnd>,
}

/// Why a session was revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "nexusflow_domain::identity::SessionEnd")]
pub enum SessionEnd {
    /// The person signed out of it.
    SignedOut,
    /// The person signed out everywhere.
    SignedOutEverywhere,
    /// The person, or an administrator, ended this one.
    Revoked,
    /// An administrator ended all sessions of the person.
    AllRevoked,
    /// The person may no longer act in the organization.
    Deactivated,
    /// The person ceased to be a member of the organization.
    MemberRemoved,
    /// The person's password was changed.
    PasswordChanged,
    /// A refresh token was used a second time: somebody else may have it.
    TokenReused,
}

#[ComplexObject]
impl Session {
    /// Whether this call is made in it.
    async fn current(&self, ctx: &Context<'_>) -> bool {
        // Nobody makes the call that begins a session.
        require_call(ctx).is_ok_and(|call| call.session() == Some(self.key))
    }
}

impl From<identity::Session> for Session {
    fn from(session: identity::Session) -> Self {
        Self {
            key: session.id,
            id: session.id.to_string().into(),
            client: session.client,
            address: session.address,
            created_at: session.created_at.into(),
            last_seen_at: session.last_seen_at.into(),
            ends_at: session.ends_at.into(),
            expires_at: session.expires_at.into(),
            revoked: session.revoked.map(Into::into),
        }
    }
}

impl Linked for SessionId {
    type Node = Session;

    async fn find(self, ctx: &Context<'_>) -> Result<Option<Session>> {
        Ok(loader(ctx)?.load_one(self).await?.map(Into::into))
    }
}

use async_graphql::{Context, ID, InputObject, SimpleObject};
use nexusflow_domain::ids::{SessionId, UserId};

use super::granted::forget;
use crate::context::{application, require_call};
use crate::error::{Answer, DomainError, parsed};
use crate::loader::Link;

/// What `signOut` did.
#[derive(Debug, SimpleObject)]
pub struct SignOutPayload {
    /// The session that has ended.
    pub session: Option<Link<SessionId>>,
    /// Why nothing was done; empty when it was.
    pub errors: Vec<DomainError>,
}

pub(super) async fn sign_out(ctx: &Context<'_>) -> Answer<Link<SessionId>> {
    let session = application(ctx)?.identity.sign_out(require_call(ctx)?).await?;
    forget(ctx);
    Ok(Link(session))
}

/// What `signOutEverywhere` did.
#[derive(Debug, SimpleObject)]
pub struct SignOutEverywherePayload {
    /// Who is signed in nowhere any more.
    pub user: Option<Link<UserId>>,
    /// Why nothing was done; empty when it was.
    pub errors: Vec<DomainError>,
}

pub(super) async fn sign_out_everywhere(ctx: &Context<'_>) -> Answer<Link<UserId>> {
    let call = require_call(ctx)?;
    application(ctx)?.identity.sign_out_everywhere(call).await?;
    forget(ctx);
    Ok(Link(call.principal.user))
}

/// A session to be ended.
#[derive(Debug, Clone, InputObject)]
pub struct RevokeSessionInput {
    /// Which.
    session_id: ID,
}

/// What `revokeSession` did.
#[derive(Debug, SimpleObject)]
pub struct RevokeSessionPayload {
    /// The session that has ended.
    pub session: Option<Link<SessionId>>,
    /// Why nothing was done; empty when it was.
    pub errors: Vec<DomainError>,
}

impl RevokeSessionInput {
    pub(super) async fn run(self, ctx: &Context<'_>) -> Answer<Link<SessionId>> {
        let call = require_call(ctx)?;
        let session = parsed(&self.session_id, "sessionId")?;
        application(ctx)?.identity.revoke_session(call, session).await?;
        Ok(Link(session))
    }
}

/// A member whose sessions are to be ended.
#[derive(Debug, Clone, InputObject)]
pub struct RevokeUserSessionsInput {
    /// Whose.
    user_id: ID,
}

/// What `revokeUserSessions` did.
#[derive(Debug, SimpleObject)]
pub struct RevokeUserSessionsPayload {
    /// Who is no longer signed in to the organization.
    pub user: Option<Link<UserId>>,
    /// Why nothing was done; empty when it was.
    pub errors: Vec<DomainError>,
}

impl RevokeUserSessionsInput {
    pub(super) async fn run(self, ctx: &Context<'_>) -> Answer<Link<UserId>> {
        let call = require_call(ctx)?;
        let user = parsed(&self.user_id, "userId")?;
        application(ctx)?.identity.revoke_user_sessions(call, user).await?;
        Ok(Link(user))
    }
}

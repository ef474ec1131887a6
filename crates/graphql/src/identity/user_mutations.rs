use async_graphql::{Context, ID, InputObject, SimpleObject};
use nexusflow_application::identity::NewMember;
use nexusflow_domain::ids::UserId;

use crate::context::{application, require_call};
use crate::error::{Answer, DomainError, parsed};
use crate::loader::Link;
use crate::platform::replay;

/// A person to be made, as a member of the organization.
#[derive(Clone, InputObject)]
pub struct CreateUserInput {
    /// The login name, unique over all organizations.
    email: String,
    /// For people; 1 to 200 characters.
    name: String,
    /// 12 to 200 characters. Not part of what an idempotency key stands for.
    password: String,
    /// Roles held from the start; User too, unless Member or Viewer is among them. The caller must hold whatever they
    /// are granted.
    #[graphql(default)]
    role_ids: Vec<ID>,
    /// The same key and input give the first result again; another input with it is refused.
    idempotency_key: Option<String>,
}

/// What `createUser` did.
#[derive(Debug, SimpleObject)]
pub struct CreateUserPayload {
    /// The new member.
    pub user: Option<Link<UserId>>,
    /// Why nothing was done; empty when it was.
    pub errors: Vec<DomainError>,
}

impl CreateUserInput {
    pub(super) async fn run(self, ctx: &Context<'_>) -> Answer<Link<UserId>> {
        let call = require_call(ctx)?;
        let replay = replay(&self, self.idempotency_key.as_deref());
        let roles = self.role_ids.iter().map(|role| parsed(role, "roleIds")).collect::<Answer<_>>()?;
        let new = NewMember { email: self.email, name: self.name, password: self.password, roles };
        Ok(Link(application(ctx)?.identity.create_user(call, new, replay).await?))
    }
}

/// A member who may no longer act in the organization.
#[derive(Debug, Clone, InputObject)]
pub struct DeactivateUserInput {
    /// Who; never the caller.
    user_id: ID,
}

/// What `deactivateUser` did.
#[derive(Debug, SimpleObject)]
pub struct DeactivateUserPayload {
    /// The member.
    pub user: Option<Link<UserId>>,
    /// Why nothing was done; empty when it was.
    pub errors: Vec<DomainError>,
}

impl DeactivateUserInput {
    pub(super) async fn run(self, ctx: &Context<'_>) -> Answer<Link<UserId>> {
        set_deactivated(ctx, &self.user_id, true).await
    }
}

/// A member who may act in the organization again.
#[derive(Debug, Clone, InputObject)]
pub struct ReactivateUserInput {
    /// Who.
    user_id: ID,
}

/// What `reactivateUser` did.
#[derive(Debug, SimpleObject)]
pub struct ReactivateUserPayload {
    /// The member.
    pub user: Option<Link<UserId>>,
    /// Why nothing was done; empty when it was.
    pub errors: Vec<DomainError>,
}

impl ReactivateUserInput {
    pub(super) async fn run(self, ctx: &Context<'_>) -> Answer<Link<UserId>> {
        set_deactivated(ctx, &self.user_id, false).await
    }
}

async fn set_deactivated(ctx: &Context<'_>, user_id: &ID, deactivated: bool) -> Answer<Link<UserId>> {
    let call = require_call(ctx)?;
    let user = parsed(user_id, "userId")?;
    application(ctx)?.identity.set_user_deactivated(call, user, deactivated).await?;
    Ok(Link(user))
}

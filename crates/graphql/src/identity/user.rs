use async_graphql::{ComplexObject, Context, ID, Result, SimpleObject};
use nexusflow_application::{access, identity};
use nexusflow_domain::ids::{RoleId, UserId};

use crate::access::{Role, RoleGrant};
use crate::connection::list_cost;
use crate::context::loader;
use crate::loader::{GrantsOf, Linked};
use crate::scalar::DateTime;

/// A person, as a member of the caller's organization.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct User {
    #[graphql(skip)]
    key: UserId,
    /// The person.
    pub(crate) id: ID,
    /// The login name, unique over all organizations.
    email: String,
    /// For people.
    name: String,
    /// Since when it is known that mail to the address reaches the person.
    email_verified_at: Option<DateTime>,
    /// When the account was made.
    created_at: DateTime,
    /// The last sign-in.
    last_login_at: Option<DateTime>,
    /// Since when the person may no longer act in the organization.
    deactivated_at: Option<DateTime>,
}

#[ComplexObject]
impl User {
    /// The roles held in all workflows. Those of others need `VIEW_ROLE`.
    #[graphql(complexity = "list_cost(child_complexity)")]
    async fn roles(&self, ctx: &Context<'_>) -> Result<Option<Vec<Role>>> {
        roles_of(ctx, self.key).await.map(Some)
    }

    /// Every role held, in all workflows or in one, the oldest first. Those of others need `VIEW_ROLE`.
    #[graphql(complexity = "list_cost(child_complexity)")]
    async fn role_grants(&self, ctx: &Context<'_>) -> Result<Option<Vec<RoleGrant>>> {
        let mut grants = grants_of(ctx, self.key).await?;
        grants.sort_by_key(|grant| (grant.granted_at, grant.mapping));
        Ok(Some(grants.into_iter().map(Into::into).collect()))
    }
}

/// The roles that somebody holds in all workflows, by name.
pub(super) async fn roles_of(ctx: &Context<'_>, user: UserId) -> Result<Vec<Role>> {
    let grants = grants_of(ctx, user).await?.into_iter();
    let everywhere = grants.map(|grant| grant.mapping).filter(|mapping| mapping.workflow.is_none());
    let held: Vec<RoleId> = everywhere.map(|mapping| mapping.role).collect();
    let mut roles: Vec<_> = loader(ctx)?.load_many(held).await?.into_values().collect();
    roles.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(roles.into_iter().map(Into::into).collect())
}

async fn grants_of(ctx: &Context<'_>, user: UserId) -> Result<Vec<access::RoleGrant>> {
    Ok(loader(ctx)?.load_one(GrantsOf(user)).await?.transpose()?.unwrap_or_default())
}

impl From<identity::User> for User {
    fn from(user: identity::User) -> Self {
        Self {
            key: user.id,
            id: user.id.to_string().into(),
            email: user.email.to_string(),
            name: user.name,
            email_verified_at: user.email_verified_at.map(Into::into),
            created_at: user.created_at.into(),
            last_login_at: user.last_login_at.map(Into::into),
            deactivated_at: user.deactivated_at.map(Into::into),
        }
    }
}

impl Linked for UserId {
    type Node = User;

    async fn find(self, ctx: &Context<'_>) -> Result<Option<User>> {
        Ok(loader(ctx)?.load_one(self).await?.map(Into::into))
    }
}

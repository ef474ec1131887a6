use async_graphql::{Context, ID, Object};
use nexusflow_domain::Timestamp;

use crate::access::Role;
use crate::context::links;
use crate::failure::{Failure, shared};
use crate::loader::RolesOf;

/// A person; global, a member of one or more organizations.
#[derive(Debug, Clone)]
pub struct User(pub nexusflow_application::identity::User);

#[Object]
impl User {
    /// Its global id.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// The address to sign in with; unique.
    async fn email(&self) -> &str {
        self.0.email.as_str()
    }

    /// For people.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// When the account was made.
    async fn created_at(&self) -> Timestamp {
        self.0.created_at
    }

    /// The last sign-in.
    async fn last_login_at(&self) -> Option<Timestamp> {
        self.0.last_login_at
    }

    /// Since when the person may no longer act in this organization.
    async fn deactivated_at(&self) -> Option<Timestamp> {
        self.0.deactivated_at
    }

    /// The roles held in this organization. Of others than oneself only with `VIEW_ROLE`.
    async fn roles(&self, ctx: &Context<'_>) -> Result<Option<Vec<Role>>, Failure> {
        let held = links(ctx)?.load_one(RolesOf(self.0.id)).await.map_err(shared)?.unwrap_or_default();
        let mut roles = links(ctx)?.load_many(held).await.map_err(shared)?.into_values().collect::<Vec<_>>();
        roles.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(Some(roles.into_iter().map(Role).collect()))
    }
}

/// A tenant.
#[derive(Debug, Clone)]
pub struct Organization(pub nexusflow_application::identity::Organization);

#[Object]
impl Organization {
    /// Its global id.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// For people.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Its short name in addresses; unique.
    async fn slug(&self) -> &str {
        self.0.slug.as_str()
    }

    /// When it was made.
    async fn created_at(&self) -> Timestamp {
        self.0.created_at
    }
}

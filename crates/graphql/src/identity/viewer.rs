use async_graphql::{Context, Object, Result};

use super::user::roles_of;
use crate::access::{Permission, Role};
use crate::connection::list_cost;
use crate::context::{application, loader, require_call};
use crate::error::failure;
use crate::identity::{Organization, User};
use crate::loader::{Linked, OwnPermissions};

/// The signed-in person, in the organization signed in to.
#[derive(Debug)]
pub struct Viewer;

/// The signed-in person, in the organization signed in to.
#[Object]
impl Viewer {
    /// Who is signed in.
    async fn user(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        require_call(ctx)?.principal.user.find(ctx).await
    }

    /// To which organization.
    async fn organization(&self, ctx: &Context<'_>) -> Result<Option<Organization>> {
        let organization = application(ctx)?.identity.organization(require_call(ctx)?).await;
        Ok(organization.map_err(failure)?.map(Into::into))
    }

    /// The roles held in all workflows, by name.
    #[graphql(complexity = "list_cost(child_complexity)")]
    async fn roles(&self, ctx: &Context<'_>) -> Result<Vec<Role>> {
        roles_of(ctx, require_call(ctx)?.principal.user).await
    }

    /// What those roles allow in all workflows.
    async fn permissions(&self, ctx: &Context<'_>) -> Result<Vec<Permission>> {
        let permissions = loader(ctx)?.load_one(OwnPermissions).await?.unwrap_or_default();
        Ok(permissions.into_iter().map(Into::into).collect())
    }
}

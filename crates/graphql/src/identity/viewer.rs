use async_graphql::{Context, Object, Result};

use super::user::roles_of;
use crate::access::{Permission, Role};
use crate::connection::{Connection, PageArguments, SortKey, list_cost};
use crate::context::{application, loader, require_call};
use crate::error::failure;
use crate::identity::{Organization, Session, User};
use crate::limits::page_cost;
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

    /// The organizations of which one is an active member, by the time of joining; see `switchOrganization`.
    #[graphql(complexity = "list_cost(child_complexity)")]
    async fn organizations(&self, ctx: &Context<'_>) -> Result<Option<Vec<Organization>>> {
        let organizations = application(ctx)?.identity.organizations(require_call(ctx)?).await.map_err(failure)?;
        Ok(Some(organizations.into_iter().map(Into::into).collect()))
    }

    /// One's sessions in the organization that have not ended, the newest first.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    async fn sessions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "That many from the start, at most 100; 20 unless told otherwise.")] first: Option<i32>,
        #[graphql(desc = "Only what follows this cursor.")] after: Option<String>,
        #[graphql(desc = "That many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only what precedes this cursor.")] before: Option<String>,
    ) -> Result<Option<Connection<Session>>> {
        let page = PageArguments { first, after, last, before }.read(SortKey::Id)?;
        let sessions = application(ctx)?.identity.live_sessions(require_call(ctx)?, &page).await;
        Ok(Some(Connection::of(sessions.map_err(failure)?, Session::from)))
    }

    /// For the header `X-CSRF-Token`, which a POST with cookies needs; null where no session makes the call.
    #[expect(clippy::unused_async, reason = "resolvers are async")]
    async fn csrf_token(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let session = require_call(ctx)?.session();
        let identity = &application(ctx)?.identity;
        Ok(session.map(|session| identity.csrf_token(session).into_revealed()))
    }
}

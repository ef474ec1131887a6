use async_graphql::{Context, Object, Result};

use super::plan::Plan;
use super::user_filter::UserFilter;
use super::viewer::Viewer;
use crate::connection::{Connection, PageArguments, SortKey, list_cost};
use crate::context::{application, require_call};
use crate::error::failure;
use crate::identity::{Invitation, Organization, User};
use crate::limits::page_cost;

/// Reading people and the organization.
#[derive(Debug, Default)]
pub struct IdentityQuery;

#[Object]
impl IdentityQuery {
    /// The signed-in person.
    #[expect(clippy::unused_async, reason = "resolvers are async")]
    async fn me(&self, ctx: &Context<'_>) -> Result<Option<Viewer>> {
        require_call(ctx)?;
        Ok(Some(Viewer))
    }

    /// The organization signed in to.
    async fn organization(&self, ctx: &Context<'_>) -> Result<Option<Organization>> {
        let organization = application(ctx)?.identity.organization(require_call(ctx)?).await;
        Ok(organization.map_err(failure)?.map(Into::into))
    }

    /// Members of the organization by id, deactivated ones too. Needs `VIEW_USER`.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    async fn users(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which of them.")] filter: Option<UserFilter>,
        #[graphql(desc = "That many from the start, at most 100; 20 unless told otherwise.")] first: Option<i32>,
        #[graphql(desc = "Only what follows this cursor.")] after: Option<String>,
        #[graphql(desc = "That many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only what precedes this cursor.")] before: Option<String>,
    ) -> Result<Option<Connection<User>>> {
        let call = require_call(ctx)?;
        let page = PageArguments { first, after, last, before }.read(SortKey::Id)?;
        let filter = filter.unwrap_or_default().read()?;
        let users = application(ctx)?.identity.list_users(call, &filter, &page).await.map_err(failure)?;
        Ok(Some(Connection::of(users, User::from)))
    }

    /// Invitations to the organization, the newest first. Needs `MANAGE_USER`.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    async fn invitations(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "That many from the start, at most 100; 20 unless told otherwise.")] first: Option<i32>,
        #[graphql(desc = "Only what follows this cursor.")] after: Option<String>,
        #[graphql(desc = "That many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only what precedes this cursor.")] before: Option<String>,
    ) -> Result<Option<Connection<Invitation>>> {
        let call = require_call(ctx)?;
        let page = PageArguments { first, after, last, before }.read(SortKey::Id)?;
        let invitations = application(ctx)?.identity.list_invitations(call, &page).await.map_err(failure)?;
        Ok(Some(Connection::of(invitations, Invitation::from)))
    }

    /// Every plan that an organization can have, the smallest first.
    #[graphql(complexity = "list_cost(child_complexity)")]
    async fn plans(&self, ctx: &Context<'_>) -> Result<Option<Vec<Plan>>> {
        require_call(ctx)?;
        let plans = application(ctx)?.organizations.plans().await.map_err(failure)?;
        Ok(Some(plans.into_iter().map(Into::into).collect()))
    }
}

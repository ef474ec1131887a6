use async_graphql::{Context, Object, Result};

use super::user_filter::UserFilter;
use super::viewer::Viewer;
use crate::connection::{Connection, PageArguments, SortKey};
use crate::context::{application, require_call};
use crate::error::failure;
use crate::identity::{Organization, User};
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
}

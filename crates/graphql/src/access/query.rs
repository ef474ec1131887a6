use async_graphql::{Context, ID, Object, Result};
use nexusflow_domain::access;

use super::delegation::DelegationFilter;
use super::explanation::AccessExplanation;
use crate::access::{Delegation, Permission, PermissionDefinition, Role};
use crate::connection::{Connection, PageArguments, SortKey, list_cost};
use crate::context::{application, require_call};
use crate::error::{argument_id, failure};
use crate::limits::page_cost;

/// Reading roles, permissions and delegations.
#[derive(Debug, Default)]
pub struct AccessQuery;

#[Object]
impl AccessQuery {
    /// The organization's roles, by name. Needs `VIEW_ROLE`.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    async fn roles(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "That many from the start, at most 100; 20 unless told otherwise.")] first: Option<i32>,
        #[graphql(desc = "Only what follows this cursor.")] after: Option<String>,
        #[graphql(desc = "That many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only what precedes this cursor.")] before: Option<String>,
    ) -> Result<Option<Connection<Role>>> {
        let call = require_call(ctx)?;
        let page = PageArguments { first, after, last, before }.read(SortKey::Text)?;
        let roles = application(ctx)?.access.list_roles(call, &page).await.map_err(failure)?;
        Ok(Some(Connection::of(roles, Role::from)))
    }

    /// Delegations that the caller gave or received, the newest first; with `MANAGE_ROLE` everybody's.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    async fn delegations(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which of them.")] filter: Option<DelegationFilter>,
        #[graphql(desc = "That many from the start, at most 100; 20 unless told otherwise.")] first: Option<i32>,
        #[graphql(desc = "Only what follows this cursor.")] after: Option<String>,
        #[graphql(desc = "That many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only what precedes this cursor.")] before: Option<String>,
    ) -> Result<Option<Connection<Delegation>>> {
        let call = require_call(ctx)?;
        let page = PageArguments { first, after, last, before }.read(SortKey::Id)?;
        let filter = filter.unwrap_or_default().read()?;
        let delegations = application(ctx)?.access.list_delegations(call, &filter, &page).await;
        Ok(Some(Connection::of(delegations.map_err(failure)?, Delegation::from)))
    }

    /// The catalogue of permissions.
    #[graphql(complexity = "list_cost(child_complexity)")]
    #[expect(clippy::unused_async, reason = "resolvers are async")]
    async fn permissions(&self, ctx: &Context<'_>) -> Result<Option<Vec<PermissionDefinition>>> {
        require_call(ctx)?;
        Ok(Some(access::Permission::ALL.iter().copied().map(Into::into).collect()))
    }

    /// Why somebody may or may not do something. About others it needs `VIEW_ROLE`.
    async fn explain_access(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who.")] user_id: ID,
        #[graphql(desc = "What.")] permission: Permission,
    ) -> Result<Option<AccessExplanation>> {
        let call = require_call(ctx)?;
        let user = argument_id(&user_id, "userId")?;
        let explained = application(ctx)?.access.explain_access(call, user, permission.into()).await;
        Ok(Some(explained.map_err(failure)?.into()))
    }
}

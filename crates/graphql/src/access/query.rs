use async_graphql::{Context, ID, Object, Result};
use nexusflow_domain::access;

use super::delegation::DelegationFilter;
use super::explanation::{AccessExplanation, AccessHolder, AccessResourceInput};
use super::matrix::RoleMatrixRow;
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

    /// Why somebody may or may not do something: which roles held, which delegation, or what is missing. Of a step
    /// that waits for people also what keeps somebody from working it. About others it needs `VIEW_ROLE`.
    async fn explain_access(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who.")] user_id: ID,
        #[graphql(desc = "What.")] permission: Permission,
        #[graphql(desc = "To what; without it, in all workflows and in what belongs to none.")] resource: Option<
            AccessResourceInput,
        >,
    ) -> Result<Option<AccessExplanation>> {
        let call = require_call(ctx)?;
        let user = argument_id(&user_id, "userId")?;
        let resource = resource.map(|resource| resource.read()).transpose()?;
        let explained = application(ctx)?.access.explain_access(call, user, permission.into(), resource).await;
        Ok(Some(explained.map_err(failure)?.into()))
    }

    /// Who may do something, by id, and why. Needs `VIEW_ROLE`.
    #[graphql(complexity = "20 + page_cost(first, None, child_complexity)")]
    async fn who_can(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What.")] permission: Permission,
        #[graphql(desc = "To what; without it, in all workflows and in what belongs to none.")] resource: Option<
            AccessResourceInput,
        >,
        #[graphql(desc = "That many from the start, at most 100; 20 unless told otherwise.")] first: Option<i32>,
        #[graphql(desc = "Only what follows this cursor.")] after: Option<String>,
    ) -> Result<Option<Connection<AccessHolder>>> {
        let call = require_call(ctx)?;
        let page = PageArguments { first, after, last: None, before: None }.read(SortKey::Id)?;
        let resource = resource.map(|resource| resource.read()).transpose()?;
        let access = &application(ctx)?.access;
        let found = access.who_can(call, permission.into(), resource, (page.limit, page.after)).await;
        Ok(Some(Connection::of(found.map_err(failure)?, AccessHolder::from)))
    }

    /// What every role is granted and how many hold it, by name. Needs `VIEW_ROLE`.
    #[graphql(complexity = "list_cost(child_complexity)")]
    async fn role_matrix(&self, ctx: &Context<'_>) -> Result<Option<Vec<RoleMatrixRow>>> {
        let rows = application(ctx)?.access.role_matrix(require_call(ctx)?).await.map_err(failure)?;
        Ok(Some(rows.into_iter().map(Into::into).collect()))
    }
}

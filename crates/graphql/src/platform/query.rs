use async_graphql::{Context, ID, Object, Result};
use futures::future::try_join_all;

use super::node::node;
use crate::connection::{Connection, PageArguments, SortKey};
use crate::context::{application, require_call};
use crate::error::{bad_argument, failure};
use crate::limits::{MAX_PAGE, page_cost};
use crate::platform::{Node, Notification};

/// Reading what belongs to no other context.
#[derive(Debug, Default)]
pub struct PlatformQuery;

#[Object]
impl PlatformQuery {
    /// The node of a global id; null when there is none that the caller may see.
    async fn node(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "An id that this API gave.")] id: ID,
    ) -> Result<Option<Node>> {
        require_call(ctx)?;
        node(ctx, &id, "id").await
    }

    /// The nodes of global ids, in the same order; null for what the caller may not see.
    #[graphql(complexity = "ids.len() * child_complexity + 1")]
    async fn nodes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most 100 ids that this API gave.")] ids: Vec<ID>,
    ) -> Result<Vec<Option<Node>>> {
        require_call(ctx)?;
        if ids.len() > MAX_PAGE {
            return Err(bad_argument("ids", format!("expected at most {MAX_PAGE}, found {}", ids.len())));
        }
        try_join_all(ids.iter().map(|id| node(ctx, id, "ids"))).await
    }

    /// Messages to the caller, newest first.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    async fn notifications(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "That many from the start, at most 100; 20 unless told otherwise.")] first: Option<i32>,
        #[graphql(desc = "Only what follows this cursor.")] after: Option<String>,
        #[graphql(desc = "That many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only what precedes this cursor.")] before: Option<String>,
    ) -> Result<Option<Connection<Notification>>> {
        let call = require_call(ctx)?;
        let page = PageArguments { first, after, last, before }.read(SortKey::Id)?;
        let messages = application(ctx)?.request_reads.notifications(call, &page).await.map_err(failure)?;
        Ok(Some(Connection::of(messages, Notification::from)))
    }
}

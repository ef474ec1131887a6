use async_graphql::{ComplexObject, Context, Object, Result, SimpleObject};
use nexusflow_application::Page;
use nexusflow_application::request::InboxItem;
use nexusflow_domain::ids::UserId;

use crate::connection::{PageInfo, encode, page_info};
use crate::identity::User;
use crate::loader::Linked;
use crate::request::RequestStep;

/// A page of an inbox.
#[derive(Debug, Clone)]
pub struct InboxConnection {
    edges: Vec<InboxEdge>,
    page_info: PageInfo,
}

/// A page of an inbox.
#[Object]
impl InboxConnection {
    /// The items with their places, in list order.
    async fn edges(&self) -> &[InboxEdge] {
        &self.edges
    }

    /// The items without their places.
    async fn nodes(&self) -> Vec<&RequestStep> {
        self.edges.iter().map(|edge| &edge.node).collect()
    }

    /// Where the page stands within the list.
    async fn page_info(&self) -> &PageInfo {
        &self.page_info
    }
}

/// An open step in an inbox, with its place in the list.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct InboxEdge {
    /// The item's place, for `after` and `before`.
    cursor: String,
    /// The step.
    node: RequestStep,
    #[graphql(skip)]
    for_whom: Option<UserId>,
}

#[ComplexObject]
impl InboxEdge {
    /// On whose behalf the caller may act; null when for himself.
    async fn on_behalf_of(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        let Some(user) = self.for_whom else { return Ok(None) };
        user.find(ctx).await
    }
}

impl From<Page<InboxItem>> for InboxConnection {
    fn from(page: Page<InboxItem>) -> Self {
        let (has_previous, has_next) = (page.has_previous, page.has_next);
        let edges = page.edges.into_iter().map(|edge| InboxEdge {
            cursor: encode(&edge.cursor),
            for_whom: edge.node.on_behalf_of,
            node: edge.node.step.into(),
        });
        let edges: Vec<InboxEdge> = edges.collect();
        let page_info = page_info(edges.iter().map(|edge| edge.cursor.as_str()), has_previous, has_next);
        Self { edges, page_info }
    }
}

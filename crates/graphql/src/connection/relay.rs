use std::borrow::Cow;

use async_graphql::{Object, OutputType, TypeName};
use nexusflow_application::{Cursor, Page};

use super::cursor::encode;
use super::edge::Edge;
use super::page_info::{PageInfo, page_info};

/// A page of a list.
#[derive(Debug, Clone)]
pub struct Connection<N> {
    edges: Vec<Edge<N>>,
    page_info: PageInfo,
}

/// A page of a list.
#[Object(name_type)]
impl<N: OutputType> Connection<N> {
    /// The items with their places, in list order.
    async fn edges(&self) -> &[Edge<N>] {
        &self.edges
    }

    /// The items without their places.
    async fn nodes(&self) -> Vec<&N> {
        self.nodes_of_edges()
    }

    /// Where the page stands within the list.
    async fn page_info(&self) -> &PageInfo {
        &self.page_info
    }
}

impl<N: OutputType> TypeName for Connection<N> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Connection", N::type_name()).into()
    }
}

impl<N> Connection<N> {
    /// The application's page; `node` shapes its items.
    pub fn of<M>(page: Page<M>, node: impl Fn(M) -> N) -> Self {
        Self::of_known(page, |item| Some(node(item)))
    }

    /// The same; what gives no node is left out.
    pub fn of_known<M>(page: Page<M>, node: impl Fn(M) -> Option<N>) -> Self {
        let edge = |cursor: &Cursor, item| node(item).map(|node| Edge { cursor: encode(cursor), node });
        let edges: Vec<_> = page.edges.into_iter().filter_map(|item| edge(&item.cursor, item.node)).collect();
        let cursors = edges.iter().map(|edge| edge.cursor.as_str());
        let page_info = page_info(cursors, page.has_previous, page.has_next);
        Self { edges, page_info }
    }

    pub(crate) fn edges_of_page(&self) -> &[Edge<N>] {
        &self.edges
    }

    pub(crate) fn nodes_of_edges(&self) -> Vec<&N> {
        self.edges.iter().map(|edge| &edge.node).collect()
    }

    pub(crate) const fn info(&self) -> &PageInfo {
        &self.page_info
    }
}

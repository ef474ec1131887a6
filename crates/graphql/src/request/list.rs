use async_graphql::{Context, Object, Result};
use nexusflow_application::request::RequestFilter;

use crate::connection::{Connection, Edge, PageInfo};
use crate::context::{application, require_call};
use crate::error::failure;
use crate::request::Request;
use crate::scalar::int;

/// A page of requests; counts them when asked to.
#[derive(Debug, Clone)]
pub struct RequestConnection {
    pub(super) page: Connection<Request>,
    pub(super) filter: RequestFilter,
}

/// A page of a list of requests.
#[Object]
impl RequestConnection {
    /// The items with their places, in list order.
    async fn edges(&self) -> &[Edge<Request>] {
        self.page.edges_of_page()
    }

    /// The items without their places.
    async fn nodes(&self) -> Vec<&Request> {
        self.page.nodes_of_edges()
    }

    /// Where the page stands within the list.
    async fn page_info(&self) -> &PageInfo {
        self.page.info()
    }

    /// How many requests fit the filter, whatever the page. Counted only when selected, and only up to
    /// 10,000: that number means "10,000 or more".
    #[graphql(complexity = 50)]
    async fn total_count(&self, ctx: &Context<'_>) -> Result<Option<i32>> {
        let count = application(ctx)?.request_reads.count(require_call(ctx)?, &self.filter).await;
        Ok(Some(int(count.map_err(failure)?)))
    }
}

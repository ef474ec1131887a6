use async_graphql::{Context, Object, Result};
use nexusflow_application::request::{CallingStep, RequestFilter, RequestOrder, RequestOrderField};
use nexusflow_domain::ids::RequestId;

use crate::connection::{Connection, PageArguments, SortKey};
use crate::context::{application, require_call};
use crate::error::failure;
use crate::loader::Linked;
use crate::node_id::RequestStepKey;
use crate::request::{Request, RequestConnection, RequestStep};

/// What called a request.
#[derive(Debug, Clone, Copy)]
pub struct RequestParent(pub(super) CallingStep);

/// What called a request: an execution of a CALL step.
#[Object]
impl RequestParent {
    /// The request that called; null when there is none that the caller may see.
    async fn request(&self, ctx: &Context<'_>) -> Result<Option<Request>> {
        self.0.request.find(ctx).await
    }

    /// The execution of its step; null when there is none that the caller may see.
    async fn step(&self, ctx: &Context<'_>) -> Result<Option<RequestStep>> {
        let CallingStep { request, step } = self.0;
        RequestStepKey { request, step }.find(ctx).await
    }
}

/// A page of the requests that a request has called, as far as the caller may see them; the first one first.
pub(super) async fn children(
    ctx: &Context<'_>,
    parent: RequestId,
    arguments: PageArguments,
) -> Result<RequestConnection> {
    let (call, page) = (require_call(ctx)?, arguments.read(SortKey::Id)?);
    let order = RequestOrder { field: RequestOrderField::CreatedAt, descending: false };
    let filter = RequestFilter { parent: Some(parent), ..RequestFilter::default() };
    let children = application(ctx)?.request_reads.list(call, &filter, order, &page).await;
    let page = Connection::of(children.map_err(failure)?, Request::from);
    Ok(RequestConnection { page, filter })
}

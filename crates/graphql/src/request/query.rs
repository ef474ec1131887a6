use async_graphql::{Context, ID, Object, Result};
use nexusflow_domain::ids::RequestId;

use super::branching::BranchExplanation;
use super::filters::{FailedStepFilter, InboxFilter, RequestFilter, RequestOrder};
use super::inbox::InboxConnection;
use super::message::{Message, MessageFilter};
use super::waiting::{StuckRequest, WaitingFor, told};
use crate::connection::{Connection, PageArguments, SortKey, list_cost};
use crate::context::{application, loader, require_call};
use crate::error::{argument_id, failure};
use crate::limits::page_cost;
use crate::loader::Linked;
use crate::node_id::RequestStepKey;
use crate::request::{JobPause, Request, RequestConnection, RequestStep};

/// Reading requests.
#[derive(Debug, Default)]
pub struct RequestQuery;

#[Object]
impl RequestQuery {
    /// Requests that the caller may see: those that involve the caller, or all with `VIEW_REQUEST`.
    /// The newest first unless told otherwise.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    #[expect(clippy::too_many_arguments, reason = "a connection's own arguments are four")]
    async fn requests(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which of them.")] filter: Option<RequestFilter>,
        #[graphql(desc = "Sorted how; newest first unless told otherwise.")] order_by: Option<RequestOrder>,
        #[graphql(desc = "That many from the start, at most 100; 20 unless told otherwise.")] first: Option<i32>,
        #[graphql(desc = "Only what follows this cursor.")] after: Option<String>,
        #[graphql(desc = "That many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only what precedes this cursor.")] before: Option<String>,
    ) -> Result<Option<RequestConnection>> {
        let (call, order) = (require_call(ctx)?, order_by.unwrap_or_default());
        let page = PageArguments { first, after, last, before }.read(order.sort_key())?;
        let filter = filter.unwrap_or_default().read()?;
        let requests = application(ctx)?.request_reads.list(call, &filter, order.into(), &page).await;
        let page = Connection::of(requests.map_err(failure)?, Request::from);
        Ok(Some(RequestConnection { page, filter }))
    }

    /// One request; null when there is none that the caller may see.
    async fn request(&self, ctx: &Context<'_>, #[graphql(desc = "Which.")] id: ID) -> Result<Option<Request>> {
        require_call(ctx)?;
        argument_id::<RequestId>(&id, "id")?.find(ctx).await
    }

    /// Everything that a request waits for: persons, times, branches, operators. Empty once it has ended;
    /// null when there is none that the caller may see.
    #[graphql(complexity = "list_cost(child_complexity)")]
    async fn why_waiting(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which request.")] request_id: ID,
    ) -> Result<Option<Vec<WaitingFor>>> {
        let call = require_call(ctx)?;
        let id = argument_id::<RequestId>(&request_id, "requestId")?;
        let Some(request) = loader(ctx)?.load_one(id).await? else { return Ok(None) };
        let waits = application(ctx)?.explanations.why_waiting(call, id).await.map_err(failure)?;
        Ok(waits.map(|waits| told(id, request.requester, waits)))
    }

    /// Why an execution of a step went where it went: which leaf of which condition was true or false on
    /// which value. Null when there is none that the caller may see, or it has not ended by itself.
    #[graphql(complexity = "50 + child_complexity")]
    async fn explain_branch(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which execution of a step.")] step_id: ID,
    ) -> Result<Option<BranchExplanation>> {
        let call = require_call(ctx)?;
        let RequestStepKey { request, step } = argument_id(&step_id, "stepId")?;
        let found = application(ctx)?.explanations.branching(call, request, step).await;
        Ok(found.map_err(failure)?.map(Into::into))
    }

    /// Requests under way that nothing can move any more, short of an operator; the oldest first. Looks
    /// at every request under way until it has found a page.
    #[graphql(complexity = "50 + page_cost(first, None, child_complexity)")]
    async fn stuck_requests(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "That many from the start, at most 100; 20 unless told otherwise.")] first: Option<i32>,
        #[graphql(desc = "Only what follows this cursor.")] after: Option<String>,
    ) -> Result<Option<Connection<StuckRequest>>> {
        let call = require_call(ctx)?;
        let page = PageArguments { first, after, last: None, before: None }.read(SortKey::Id)?;
        let stuck = application(ctx)?.explanations.stuck(call, page.limit, page.after).await;
        Ok(Some(Connection::of(stuck.map_err(failure)?, StuckRequest::from)))
    }

    /// Open steps that cannot go on by themselves until an operator retries, skips or cancels them; the oldest first.
    /// Needs `MANAGE_REQUEST`.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    async fn failed_steps(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which of them.")] filter: Option<FailedStepFilter>,
        #[graphql(desc = "That many from the start, at most 100; 20 unless told otherwise.")] first: Option<i32>,
        #[graphql(desc = "Only what follows this cursor.")] after: Option<String>,
        #[graphql(desc = "That many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only what precedes this cursor.")] before: Option<String>,
    ) -> Result<Option<Connection<RequestStep>>> {
        let call = require_call(ctx)?;
        let page = PageArguments { first, after, last, before }.read(SortKey::Id)?;
        let filter = filter.unwrap_or_default().read()?;
        let failed = application(ctx)?.request_reads.failed_steps(call, &filter, &page).await.map_err(failure)?;
        Ok(Some(Connection::of(failed, RequestStep::from)))
    }

    /// What holds work of service and agent steps back, the newest first. Needs `MANAGE_REQUEST`.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    async fn job_pauses(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "That many from the start, at most 100; 20 unless told otherwise.")] first: Option<i32>,
        #[graphql(desc = "Only what follows this cursor.")] after: Option<String>,
        #[graphql(desc = "That many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only what precedes this cursor.")] before: Option<String>,
    ) -> Result<Option<Connection<JobPause>>> {
        let call = require_call(ctx)?;
        let page = PageArguments { first, after, last, before }.read(SortKey::Id)?;
        let pauses = application(ctx)?.job_pauses.list(call, &page).await.map_err(failure)?;
        Ok(Some(Connection::of(pauses, JobPause::from)))
    }

    /// Messages that were published and are still kept, the newest first. Needs `MANAGE_REQUEST`.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    async fn messages(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which of them.")] filter: Option<MessageFilter>,
        #[graphql(desc = "That many from the start, at most 100; 20 unless told otherwise.")] first: Option<i32>,
        #[graphql(desc = "Only what follows this cursor.")] after: Option<String>,
        #[graphql(desc = "That many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only what precedes this cursor.")] before: Option<String>,
    ) -> Result<Option<Connection<Message>>> {
        let call = require_call(ctx)?;
        let page = PageArguments { first, after, last, before }.read(SortKey::Id)?;
        let messages = application(ctx)?.messages.list(call, &filter.unwrap_or_default().into(), &page).await;
        Ok(Some(Connection::of(messages.map_err(failure)?, Message::from)))
    }

    /// Open steps that the caller may act on now, for himself or on behalf of others, by deadline; those
    /// without one last.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    async fn inbox(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which of them.")] filter: Option<InboxFilter>,
        #[graphql(desc = "That many from the start, at most 100; 20 unless told otherwise.")] first: Option<i32>,
        #[graphql(desc = "Only what follows this cursor.")] after: Option<String>,
        #[graphql(desc = "That many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only what precedes this cursor.")] before: Option<String>,
    ) -> Result<Option<InboxConnection>> {
        let call = require_call(ctx)?;
        let page = PageArguments { first, after, last, before }.read(SortKey::Time)?;
        let filter = filter.unwrap_or_default().read()?;
        let inbox = application(ctx)?.request_reads.inbox(call, &filter, &page).await.map_err(failure)?;
        let requests = inbox.edges.iter().map(|edge| (edge.node.request.id, edge.node.request.clone()));
        loader(ctx)?.feed_many(requests).await;
        Ok(Some(inbox.into()))
    }
}

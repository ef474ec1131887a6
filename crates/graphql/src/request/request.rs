use async_graphql::{ComplexObject, Context, ID, Result, SimpleObject};
use nexusflow_application::request::{self, CallingStep, Written};
use nexusflow_domain::ids::{RequestId, UserId, WorkflowId, WorkflowVersionId};
use nexusflow_domain::request::RequestStepStatus;

use super::calls::{RequestParent, children};
use super::journal::journal;
use super::kinds::{Priority, RequestStatus};
use super::snapshot::{RequestMoment, RequestSnapshot, snapshot};
use crate::connection::{Connection, PageArguments, list_cost};
use crate::context::loader;
use crate::identity::User;
use crate::insight::AuditRecord;
use crate::limits::page_cost;
use crate::loader::{EscalationsOf, Link, Linked, StepsOf};
use crate::request::{Escalation, RequestConnection, RequestStep};
use crate::scalar::{DateTime, Json, int};
use crate::workflow::{Workflow, WorkflowVersion};

/// A living instance of a workflow.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct Request {
    #[graphql(skip)]
    key: RequestId,
    #[graphql(skip)]
    links: (WorkflowId, WorkflowVersionId, UserId),
    #[graphql(skip)]
    calling: Option<CallingStep>,
    /// The request.
    pub(crate) id: ID,
    /// For people.
    title: String,
    /// The caller's own key, such as a case number.
    reference: Option<String>,
    /// Where it is in its life.
    status: RequestStatus,
    /// How urgent it is.
    priority: Priority,
    /// The last instant in time.
    due_at: Option<DateTime>,
    /// The data that conditions read, by name.
    variables: Json,
    /// The number of its journal's records.
    version: i32,
    /// When it was made.
    created_at: DateTime,
    /// When it began to run.
    started_at: Option<DateTime>,
    /// When it ended.
    completed_at: Option<DateTime>,
    /// When it last changed.
    updated_at: DateTime,
}

#[ComplexObject]
impl Request {
    /// Its workflow; null when that was deleted.
    async fn workflow(&self, ctx: &Context<'_>) -> Result<Option<Workflow>> {
        self.links.0.find(ctx).await
    }

    /// The version that it started on and stays on.
    async fn workflow_version(&self, ctx: &Context<'_>) -> Result<Option<WorkflowVersion>> {
        self.links.1.find(ctx).await
    }

    /// Who started it.
    async fn requester(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        self.links.2.find(ctx).await
    }

    /// What called it; null when nothing did.
    async fn parent(&self) -> Option<RequestParent> {
        self.calling.map(RequestParent)
    }

    /// The requests that it has called, as far as the caller may see them; the first one first.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    async fn children(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "That many from the start, at most 100; 20 unless told otherwise.")] first: Option<i32>,
        #[graphql(desc = "Only what follows this cursor.")] after: Option<String>,
        #[graphql(desc = "That many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only what precedes this cursor.")] before: Option<String>,
    ) -> Result<Option<RequestConnection>> {
        Ok(Some(children(ctx, self.key, PageArguments { first, after, last, before }).await?))
    }

    /// Every execution of a step so far, the first one first.
    #[graphql(complexity = "list_cost(child_complexity)")]
    async fn steps(&self, ctx: &Context<'_>) -> Result<Vec<RequestStep>> {
        let steps = loader(ctx)?.load_one(StepsOf(self.key)).await?.unwrap_or_default();
        Ok(steps.into_iter().map(|step| RequestStep::of(self.links.1, step)).collect())
    }

    /// The executions that wait for a person.
    #[graphql(complexity = "list_cost(child_complexity)")]
    async fn open_steps(&self, ctx: &Context<'_>) -> Result<Vec<RequestStep>> {
        let steps = loader(ctx)?.load_one(StepsOf(self.key)).await?.unwrap_or_default();
        let open = steps.into_iter().filter(|step| step.is_human && step.status == RequestStepStatus::Active);
        Ok(open.map(|step| RequestStep::of(self.links.1, step)).collect())
    }

    /// Missed deadlines and what was done about them, the first one first.
    #[graphql(complexity = "list_cost(child_complexity)")]
    async fn escalations(&self, ctx: &Context<'_>) -> Result<Vec<Escalation>> {
        let escalations = loader(ctx)?.load_one(EscalationsOf(self.key)).await?.unwrap_or_default();
        Ok(escalations.into_iter().map(Into::into).collect())
    }

    /// As it was at a moment, by its journal; null when it did not exist yet.
    #[graphql(complexity = "50 + child_complexity")]
    async fn at(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which moment.")] moment: RequestMoment,
    ) -> Result<Option<RequestSnapshot>> {
        snapshot(ctx, self.key, moment).await
    }

    /// Everything that happened to it, the first record first.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    async fn journal(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "That many from the start, at most 100; 20 unless told otherwise.")] first: Option<i32>,
        #[graphql(desc = "Only what follows this cursor.")] after: Option<String>,
        #[graphql(desc = "That many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only what precedes this cursor.")] before: Option<String>,
    ) -> Result<Option<Connection<AuditRecord>>> {
        journal(ctx, self.key, PageArguments { first, after, last, before }).await
    }
}

impl From<request::Request> for Request {
    fn from(request: request::Request) -> Self {
        Self {
            key: request.id,
            links: (request.workflow, request.workflow_version, request.requester),
            calling: request.parent,
            id: request.id.to_string().into(),
            title: request.title,
            reference: request.reference,
            status: request.status.into(),
            priority: request.priority.into(),
            due_at: request.due_at.map(Into::into),
            variables: Json(request.variables.into()),
            version: int(request.version),
            created_at: request.created_at.into(),
            started_at: request.started_at.map(Into::into),
            completed_at: request.completed_at.map(Into::into),
            updated_at: request.updated_at.into(),
        }
    }
}

/// Leads to a request that was just written, by somebody who is involved in it: what is known of it is not read again.
pub(super) async fn link(ctx: &Context<'_>, written: Option<Written>) -> Result<Option<Link<RequestId>>> {
    let Some(Written { id, request }) = written else { return Ok(None) };
    if let Some(request) = request {
        loader(ctx)?.feed_one(id, request).await;
    }
    Ok(Some(Link(id)))
}

impl Linked for RequestId {
    type Node = Request;

    async fn find(self, ctx: &Context<'_>) -> Result<Option<Request>> {
        Ok(loader(ctx)?.load_one(self).await?.map(Into::into))
    }
}

use std::sync::Arc;

use async_graphql::{ComplexObject, Context, ID, Result, SimpleObject};
use nexusflow_application::workflow;
use nexusflow_domain::ids::WorkflowVersionId;

use super::flow::WorkflowScope;
use super::kinds::WorkflowVersionStatus;
use super::soundness::WorkflowSoundness;
use super::transition::StepTransition;
use crate::connection::list_cost;
use crate::context::loader;
use crate::identity::User;
use crate::loader::Linked;
use crate::scalar::{DateTime, Json, int};
use crate::workflow::{Workflow, WorkflowStep};

/// A version of a workflow's graph. Once published it never changes, and requests stay on the one
/// that they started on.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct WorkflowVersion {
    #[graphql(skip)]
    model: Arc<workflow::WorkflowVersion>,
    /// The version.
    pub(crate) id: ID,
    /// Counts the workflow's versions, from 1.
    number: i32,
    /// Where it is in its life.
    status: WorkflowVersionStatus,
    /// When it was published.
    published_at: Option<DateTime>,
    /// When it was made.
    created_at: DateTime,
}

#[ComplexObject]
impl WorkflowVersion {
    /// The graph as a workflow document, for editing and export.
    #[expect(clippy::unused_async, reason = "resolvers are async")]
    async fn document(&self) -> Result<Json> {
        Ok(Json(serde_json::to_value(&self.model.document)?))
    }

    /// The nodes of the graph, in the document's order.
    #[graphql(complexity = "list_cost(child_complexity)")]
    async fn steps(&self) -> Vec<WorkflowStep> {
        let steps = &self.model.document.steps;
        steps.iter().map(|step| WorkflowStep::of(self.model.id, &self.model.names, step)).collect()
    }

    /// The edges of the graph, in the document's order.
    #[graphql(complexity = "list_cost(child_complexity)")]
    async fn transitions(&self) -> Vec<StepTransition> {
        StepTransition::all(&self.model)
    }

    /// The parts of the graph that can be left or cancelled as a whole.
    #[graphql(complexity = "list_cost(child_complexity)")]
    async fn scopes(&self) -> Vec<WorkflowScope> {
        self.model.document.scopes.iter().map(Into::into).collect()
    }

    /// What verification found when it was published; null of a draft.
    async fn soundness(&self) -> Option<WorkflowSoundness> {
        self.model.finding.clone().map(Into::into)
    }

    /// The workflow; null when it was deleted.
    async fn workflow(&self, ctx: &Context<'_>) -> Result<Option<Workflow>> {
        self.model.workflow.find(ctx).await
    }

    /// Who published it.
    async fn published_by(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        let Some(publisher) = self.model.published_by else { return Ok(None) };
        publisher.find(ctx).await
    }
}

impl From<Arc<workflow::WorkflowVersion>> for WorkflowVersion {
    fn from(version: Arc<workflow::WorkflowVersion>) -> Self {
        Self {
            id: version.id.to_string().into(),
            number: int(version.number),
            status: version.status.into(),
            published_at: version.published_at.map(Into::into),
            created_at: version.created_at.into(),
            model: version,
        }
    }
}

impl Linked for WorkflowVersionId {
    type Node = WorkflowVersion;

    async fn find(self, ctx: &Context<'_>) -> Result<Option<WorkflowVersion>> {
        Ok(loader(ctx)?.load_one(self).await?.map(Into::into))
    }
}

use async_graphql::{ComplexObject, Context, ID, Result, SimpleObject};
use nexusflow_application::workflow;
use nexusflow_domain::ids::{UserId, WorkflowId, WorkflowVersionId};

use super::kinds::WorkflowStatus;
use crate::connection::list_cost;
use crate::context::loader;
use crate::identity::User;
use crate::loader::{DraftOf, Linked, VersionsOf};
use crate::scalar::{DateTime, int};
use crate::workflow::WorkflowVersion;

/// A named blueprint of requests.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct Workflow {
    #[graphql(skip)]
    key: WorkflowId,
    #[graphql(skip)]
    active: Option<WorkflowVersionId>,
    #[graphql(skip)]
    creator: Option<UserId>,
    /// The workflow.
    pub(crate) id: ID,
    /// Unique among the organization's workflows.
    name: String,
    /// For people.
    description: String,
    /// Where it is in its life.
    status: WorkflowStatus,
    /// Counts changes, from 1; give it back as `expectedVersion` to notice those of others.
    version: i32,
    /// When it was made.
    created_at: DateTime,
    /// When it was last changed.
    updated_at: DateTime,
}

#[ComplexObject]
impl Workflow {
    /// The version that new requests run on.
    async fn active_version(&self, ctx: &Context<'_>) -> Result<Option<WorkflowVersion>> {
        let Some(active) = self.active else { return Ok(None) };
        active.find(ctx).await
    }

    /// The version that is being built. Needs `VIEW_WORKFLOW`.
    async fn draft(&self, ctx: &Context<'_>) -> Result<Option<WorkflowVersion>> {
        Ok(loader(ctx)?.load_one(DraftOf(self.key)).await?.map(Into::into))
    }

    /// The newest versions, highest number first, the draft included; at most 100. Needs
    /// `VIEW_WORKFLOW`.
    #[graphql(complexity = "list_cost(child_complexity)")]
    async fn versions(&self, ctx: &Context<'_>) -> Result<Option<Vec<WorkflowVersion>>> {
        let versions = loader(ctx)?.load_one(VersionsOf(self.key)).await?;
        Ok(versions.map(|versions| versions.into_iter().map(Into::into).collect()))
    }

    /// Who made it.
    async fn created_by(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        let Some(creator) = self.creator else { return Ok(None) };
        creator.find(ctx).await
    }
}

impl From<workflow::Workflow> for Workflow {
    fn from(workflow: workflow::Workflow) -> Self {
        Self {
            key: workflow.id,
            active: workflow.active_version,
            creator: workflow.created_by,
            id: workflow.id.to_string().into(),
            name: workflow.name,
            description: workflow.description,
            status: workflow.status.into(),
            version: int(workflow.version),
            created_at: workflow.created_at.into(),
            updated_at: workflow.updated_at.into(),
        }
    }
}

impl Linked for WorkflowId {
    type Node = Workflow;

    async fn find(self, ctx: &Context<'_>) -> Result<Option<Workflow>> {
        Ok(loader(ctx)?.load_one(self).await?.map(Into::into))
    }
}

use async_trait::async_trait;
use nexusflow_domain::ids::{WorkflowId, WorkflowVersionId};
use nexusflow_domain::workflow::Directory;

use crate::access::{Scope, WorkflowScope};
use crate::workflow::{Workflow, WorkflowFilter, WorkflowVersion};
use crate::{Page, PageRequest, StoreError};

/// Reads definitions.
#[async_trait]
pub trait WorkflowReader: Send + Sync {
    /// Those of the given workflows that exist and are not deleted, in any order.
    async fn workflows(&self, scope: &Scope, ids: &[WorkflowId]) -> Result<Vec<Workflow>, StoreError>;

    /// Workflows by id that are not deleted and that the scope sees.
    async fn list_workflows(
        &self,
        scope: &WorkflowScope,
        filter: &WorkflowFilter,
        page: &PageRequest,
    ) -> Result<Page<Workflow>, StoreError>;

    /// Those of the given versions that exist, in any order; of deleted workflows too, since
    /// requests still show them.
    async fn versions(&self, scope: &Scope, ids: &[WorkflowVersionId]) -> Result<Vec<WorkflowVersion>, StoreError>;

    /// The newest versions of each of the given workflows, the draft included, at most `limit` of
    /// each: by workflow, highest number first.
    async fn versions_of(
        &self,
        scope: &Scope,
        workflows: &[WorkflowId],
        limit: u32,
    ) -> Result<Vec<WorkflowVersion>, StoreError>;

    /// The version of a workflow with this number, if it was published.
    async fn published_version(
        &self,
        scope: &Scope,
        workflow: WorkflowId,
        number: u32,
    ) -> Result<Option<WorkflowVersionId>, StoreError>;

    /// Names of all roles, with the active members who hold each everywhere or in the workflow, and of active
    /// members.
    async fn directory(&self, scope: &Scope, workflow: Option<WorkflowId>) -> Result<Directory, StoreError>;
}

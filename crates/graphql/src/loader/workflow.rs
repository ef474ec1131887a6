use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::dataloader::Loader;
use nexusflow_application::workflow::{PublishedVersion, Workflow, WorkflowVersion};
use nexusflow_domain::ids::{WorkflowId, WorkflowVersionId};

use super::keys::{Compiled, DraftOf, VersionsOf};
use super::reads::{ReadError, Reads, by_key, grouped};

impl Loader<WorkflowId> for Reads {
    type Value = Workflow;
    type Error = ReadError;

    async fn load(&self, keys: &[WorkflowId]) -> Result<HashMap<WorkflowId, Workflow>, ReadError> {
        let workflows = self.application().workflows.workflows(self.call()?, keys).await?;
        Ok(by_key(workflows, |workflow| workflow.id))
    }
}

impl Loader<WorkflowVersionId> for Reads {
    type Value = Arc<WorkflowVersion>;
    type Error = ReadError;

    async fn load(&self, keys: &[WorkflowVersionId]) -> Result<HashMap<WorkflowVersionId, Self::Value>, ReadError> {
        let versions = self.application().workflows.versions(self.call()?, keys).await?;
        Ok(by_key(versions.into_iter().map(Arc::new).collect(), |version| version.id))
    }
}

impl Loader<Compiled> for Reads {
    type Value = Arc<PublishedVersion>;
    type Error = ReadError;

    async fn load(&self, keys: &[Compiled]) -> Result<HashMap<Compiled, Self::Value>, ReadError> {
        let ids: Vec<WorkflowVersionId> = keys.iter().map(|key| key.0).collect();
        let versions = self.application().workflows.published_versions(self.call()?, &ids).await?;
        Ok(by_key(versions, |version| Compiled(version.id)))
    }
}

impl Loader<VersionsOf> for Reads {
    type Value = Vec<Arc<WorkflowVersion>>;
    type Error = ReadError;

    async fn load(&self, keys: &[VersionsOf]) -> Result<HashMap<VersionsOf, Self::Value>, ReadError> {
        let workflows: Vec<WorkflowId> = keys.iter().map(|key| key.0).collect();
        let versions = self.application().workflows.versions_of(self.call()?, &workflows).await?;
        Ok(grouped(keys, versions, |version| (VersionsOf(version.workflow), Arc::new(version))))
    }
}

impl Loader<DraftOf> for Reads {
    type Value = Arc<WorkflowVersion>;
    type Error = ReadError;

    async fn load(&self, keys: &[DraftOf]) -> Result<HashMap<DraftOf, Self::Value>, ReadError> {
        let workflows: Vec<WorkflowId> = keys.iter().map(|key| key.0).collect();
        let drafts = self.application().workflows.drafts_of(self.call()?, &workflows).await?;
        Ok(by_key(drafts.into_iter().map(Arc::new).collect(), |draft| DraftOf(draft.workflow)))
    }
}

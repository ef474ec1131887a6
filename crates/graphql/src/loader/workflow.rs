use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use nexusflow_application::workflow::{Workflow, WorkflowVersion};
use nexusflow_domain::ids::{WorkflowId, WorkflowVersionId};

use super::keys::VersionsOf;
use super::reads::{ReadError, Reads, by_key};

impl Loader<WorkflowId> for Reads {
    type Value = Workflow;
    type Error = ReadError;

    async fn load(&self, keys: &[WorkflowId]) -> Result<HashMap<WorkflowId, Workflow>, ReadError> {
        let workflows = self.application().workflows.workflows(self.call()?, keys).await?;
        Ok(by_key(workflows, |workflow| workflow.id))
    }
}

impl Loader<WorkflowVersionId> for Reads {
    type Value = WorkflowVersion;
    type Error = ReadError;

    async fn load(&self, keys: &[WorkflowVersionId]) -> Result<HashMap<WorkflowVersionId, WorkflowVersion>, ReadError> {
        let versions = self.application().workflows.versions(self.call()?, keys).await?;
        Ok(by_key(versions, |version| version.id))
    }
}

impl Loader<VersionsOf> for Reads {
    type Value = Vec<WorkflowVersion>;
    type Error = ReadError;

    /// One read per workflow: each has its own newest versions.
    async fn load(&self, keys: &[VersionsOf]) -> Result<HashMap<VersionsOf, Vec<WorkflowVersion>>, ReadError> {
        let mut versions = HashMap::new();
        for &key in keys {
            versions.insert(key, self.application().workflows.versions_of(self.call()?, key.0).await?);
        }
        Ok(versions)
    }
}

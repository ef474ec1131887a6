use std::collections::BTreeMap;
use std::sync::Arc;

use moka::sync::Cache;
use nexusflow_domain::ids::{WorkflowId, WorkflowStepId, WorkflowVersionId};
use nexusflow_domain::workflow::{Graph, InvalidStepKey, StepKey, WorkflowDocument, compile};

use crate::StoreError;
use crate::access::Scope;
use crate::workflow::WorkflowReader;

/// The most compiled versions kept in memory.
const CAPACITY: u64 = 1_000;

/// A published version, compiled. Immutable, hence safe to keep.
#[derive(Debug)]
pub struct PublishedVersion {
    /// The version.
    pub id: WorkflowVersionId,
    /// Its workflow.
    pub workflow: WorkflowId,
    /// What requests run on.
    pub graph: Graph,
    /// What it was compiled from.
    pub document: WorkflowDocument,
    /// Rows of its steps.
    pub step_ids: BTreeMap<StepKey, WorkflowStepId>,
}

/// Compiled published versions, from memory or the store. Bounded; the least used ones go.
#[derive(Clone)]
pub struct Catalogue {
    reader: Arc<dyn WorkflowReader>,
    versions: Cache<(Scope, WorkflowVersionId), Arc<PublishedVersion>>,
}

impl Catalogue {
    /// An empty cache before a store.
    pub fn new(reader: Arc<dyn WorkflowReader>) -> Self {
        Self { reader, versions: Cache::new(CAPACITY) }
    }

    /// A published or retired version; `None` when there is no such one in the tenant.
    pub async fn version(
        &self,
        scope: &Scope,
        id: WorkflowVersionId,
    ) -> Result<Option<Arc<PublishedVersion>>, StoreError> {
        if let Some(version) = self.versions.get(&(*scope, id)) {
            return Ok(Some(version));
        }
        let Some(version) = self.reader.versions(scope, &[id]).await?.pop() else { return Ok(None) };
        if version.published_at.is_none() {
            return Ok(None);
        }
        let corrupt = |message: String| StoreError::Corrupt { table: "workflow_versions", id: id.to_string(), message };
        let graph = compile(&version.document, &version.names.directory()).map_err(|problems| {
            let first = problems.first().map(|p| format!("{}: {}", p.path, p.message)).unwrap_or_default();
            corrupt(format!("the published graph does not compile: {first}"))
        })?;
        let step_ids = version
            .step_ids
            .iter()
            .map(|(key, &id)| key.parse().map(|key| (key, id)))
            .collect::<Result<_, _>>()
            .map_err(|error: InvalidStepKey| corrupt(error.to_string()))?;
        let published =
            PublishedVersion { id, workflow: version.workflow, graph, document: version.document, step_ids };
        let published = Arc::new(published);
        self.versions.insert((*scope, id), published.clone());
        Ok(Some(published))
    }
}

use std::collections::BTreeMap;
use std::sync::Arc;

use moka::sync::Cache;
use nexusflow_domain::ids::{WorkflowId, WorkflowStepId, WorkflowVersionId};
use nexusflow_domain::workflow::{Graph, InvalidStepKey, StepKey, WorkflowDocument, compile};

use crate::StoreError;
use crate::access::Scope;
use crate::workflow::{ReferencedNames, WorkflowReader, WorkflowVersion};

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
    /// The roles and people that it names.
    pub names: ReferencedNames,
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
        Ok(self.versions(scope, &[id]).await?.pop())
    }

    /// The version that a request runs on; a request without one is corrupt.
    pub async fn of_request(&self, scope: &Scope, id: WorkflowVersionId) -> Result<Arc<PublishedVersion>, StoreError> {
        self.version(scope, id).await?.ok_or_else(|| StoreError::Corrupt {
            table: "workflow_versions",
            id: id.to_string(),
            message: "the version of a request is missing".to_owned(),
        })
    }

    /// Those of the given versions that are published or retired, in any order. What is not in memory
    /// is read together.
    pub async fn versions(
        &self,
        scope: &Scope,
        ids: &[WorkflowVersionId],
    ) -> Result<Vec<Arc<PublishedVersion>>, StoreError> {
        let (mut found, mut missing) = (Vec::new(), Vec::new());
        for &id in ids {
            match self.versions.get(&(*scope, id)) {
                Some(version) => found.push(version),
                None => missing.push(id),
            }
        }
        if missing.is_empty() {
            return Ok(found);
        }
        let read = self.reader.versions(scope, &missing).await?;
        for version in read.into_iter().filter(|version| version.published_at.is_some()) {
            let version = Arc::new(PublishedVersion::compiled(version)?);
            self.versions.insert((*scope, version.id), version.clone());
            found.push(version);
        }
        Ok(found)
    }
}

impl PublishedVersion {
    fn compiled(version: WorkflowVersion) -> Result<Self, StoreError> {
        let WorkflowVersion { id, workflow, document, names, step_ids, .. } = version;
        let corrupt = |message: String| StoreError::Corrupt { table: "workflow_versions", id: id.to_string(), message };
        let graph = compile(&document, &names.directory()).map_err(|problems| {
            let first = problems.first().map(|p| format!("{}: {}", p.path, p.message)).unwrap_or_default();
            corrupt(format!("the published graph does not compile: {first}"))
        })?;
        let step_ids = step_ids
            .into_iter()
            .map(|(key, id)| key.parse().map(|key| (key, id)))
            .collect::<Result<_, _>>()
            .map_err(|error: InvalidStepKey| corrupt(error.to_string()))?;
        Ok(Self { id, workflow, graph, document, names, step_ids })
    }
}

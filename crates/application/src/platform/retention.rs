use std::sync::Arc;

use chrono::TimeDelta;
use nexusflow_domain::Timestamp;
use nexusflow_domain::ids::WorkflowId;
use nexusflow_domain::insight::Origin;
use serde_json::json;

use crate::StoreError;
use crate::administration::{AdministrationCommit, AdministrationStore, Change, CommitError, NewAuditEntry};
use crate::application::Ports;
use crate::platform::{Clock, DeletedWorkflow, IdGenerator, Maintenance};

/// How long a deleted workflow is kept.
const WORKFLOWS_KEPT: TimeDelta = TimeDelta::days(90);

/// Removes what was kept long enough. Only ever what is finished, in small transactions.
pub struct RetentionService {
    maintenance: Arc<dyn Maintenance>,
    administration: Arc<dyn AdministrationStore>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdGenerator>,
}

impl RetentionService {
    pub(crate) fn new(ports: &Ports) -> Self {
        Self {
            maintenance: ports.maintenance.clone(),
            administration: ports.administration.clone(),
            clock: ports.clock.clone(),
            ids: ports.ids.clone(),
        }
    }

    /// Removes workflows that were deleted more than 90 days ago, with their versions: the next `limit`
    /// by id after the given one, each in a transaction of its own that puts it on record. One that a
    /// request refers to, finished or not, stays as it is: who sees the request sees what it ran on.
    /// Returns where to go on, or `None` at the end.
    #[tracing::instrument(skip_all)]
    pub async fn purge_workflows(
        &self,
        after: Option<WorkflowId>,
        limit: u32,
    ) -> Result<Option<WorkflowId>, StoreError> {
        let now = self.clock.now();
        let deleted_before = now - WORKFLOWS_KEPT;
        let found = self.maintenance.purgeable_workflows(deleted_before, after, limit).await?;
        for workflow in &found {
            match self.purge(workflow, deleted_before, now).await {
                Ok(()) => tracing::info!(workflow = %workflow.id, "a deleted workflow was purged"),
                // Another server was faster.
                Err(CommitError::Missing { .. }) => {}
                Err(CommitError::Store(error @ StoreError::Unavailable(_))) => return Err(error),
                // One that cannot be removed must not keep the others.
                Err(error) => {
                    let error = &error as &dyn std::error::Error;
                    tracing::error!(workflow = %workflow.id, error, "a deleted workflow was not purged");
                }
            }
        }
        Ok(found.last().map(|last| last.id).filter(|_| found.len() >= limit as usize))
    }

    async fn purge(
        &self,
        workflow: &DeletedWorkflow,
        deleted_before: Timestamp,
        now: Timestamp,
    ) -> Result<(), CommitError> {
        let entry = NewAuditEntry {
            id: self.ids.next(),
            at: now,
            actor: None,
            event: "WORKFLOW_PURGED",
            subject: Some(("workflow".to_owned(), workflow.id.uuid())),
            payload: json!({}),
            before: Some(json!({ "name": workflow.name, "deletedAt": workflow.deleted_at })),
            after: None,
            origin: Origin::default(),
        };
        let change = Change::PurgeWorkflow { workflow: workflow.id, deleted_before };
        let commit = AdministrationCommit::of_system(workflow.organization, vec![change], vec![entry]);
        self.administration.commit(commit).await
    }
}

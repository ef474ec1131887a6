use std::collections::HashSet;

use async_trait::async_trait;
use nexusflow_application::access::{Member, Permit, Scope, actions};
use nexusflow_application::request::{Escalation, FailedStepFilter, InboxFilter, InboxItem, RequestStep, StepReader};
use nexusflow_application::{Page, PageRequest, StoreError};
use nexusflow_domain::Timestamp;
use nexusflow_domain::ids::{RequestId, RequestStepId};

use crate::Store;
use crate::read::paging::{Key, Keyset, by_id};
use crate::read::search::contains;
use crate::read::sql::{Sql, columns};
use crate::read::step_rows::{EscalationRow, StepRow};

#[async_trait]
impl StepReader for Store {
    async fn steps(&self, scope: &Scope, ids: &[(RequestId, RequestStepId)]) -> Result<Vec<RequestStep>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        // The requests too, since they name the partitions and begin the primary key.
        let requests: HashSet<_> = ids.iter().map(|(request, _)| request.uuid()).collect();
        let mut sql = self.sql(scope.organization());
        sql.push("SELECT ").push(&columns("s", StepRow::COLUMNS)).push(" FROM request_steps s");
        sql.push(" WHERE ").of_tenant("s.organization_id").push(" AND ").any("s.request_id", requests);
        sql.push(" AND ").any("s.id", ids.iter().map(|(_, step)| step.uuid()));
        let mut steps = self.fetch::<StepRow, RequestStep>(scope.organization(), sql).await?;
        let asked: HashSet<_> = ids.iter().copied().collect();
        steps.retain(|step| asked.contains(&(step.request, step.id)));
        Ok(steps)
    }

    async fn steps_of(&self, scope: &Scope, requests: &[RequestId]) -> Result<Vec<RequestStep>, StoreError> {
        if requests.is_empty() {
            return Ok(Vec::new());
        }
        let mut sql = self.sql(scope.organization());
        sql.push("SELECT ").push(&columns("s", StepRow::COLUMNS)).push(" FROM request_steps s");
        sql.push(" WHERE ")
            .of_tenant("s.organization_id")
            .push(" AND ")
            .any("s.request_id", requests.iter().map(|id| id.uuid()));
        sql.push(" ORDER BY s.id");
        self.fetch::<StepRow, _>(scope.organization(), sql).await
    }

    async fn escalations_of(&self, scope: &Scope, requests: &[RequestId]) -> Result<Vec<Escalation>, StoreError> {
        if requests.is_empty() {
            return Ok(Vec::new());
        }
        let mut sql = self.sql(scope.organization());
        sql.push("SELECT id, request_id, request_step_id, rung, action, detail, missed_deadline, escalated_at");
        sql.push(" FROM sla_escalations WHERE ").of_tenant("organization_id").push(" AND ");
        sql.any("request_id", requests.iter().map(|id| id.uuid())).push(" ORDER BY id");
        self.fetch::<EscalationRow, _>(scope.organization(), sql).await
    }

    async fn inbox(
        &self,
        permit: &Permit<Member>,
        now: Timestamp,
        filter: &InboxFilter,
        page: &PageRequest,
    ) -> Result<Page<InboxItem>, StoreError> {
        self.read_inbox(permit, now, filter, page).await
    }

    async fn failed_steps(
        &self,
        permit: &Permit<actions::ManageRequest>,
        filter: &FailedStepFilter,
        page: &PageRequest,
    ) -> Result<Page<RequestStep>, StoreError> {
        let sql = failed(self.sql(permit.organization()), filter, page)?;
        let steps = self.fetch::<StepRow, RequestStep>(permit.organization(), sql).await?;
        Ok(Page::from_fetched(steps, page, |step| by_id(step.id.uuid())))
    }
}

/// The statement of a page of failed steps; `$1` is the tenant.
pub(super) fn failed(mut sql: Sql, filter: &FailedStepFilter, page: &PageRequest) -> Result<Sql, StoreError> {
    const KEYSET: Keyset = Keyset::ascending(Key::Id("id"));
    sql.push("SELECT ").push(&columns("s", StepRow::COLUMNS)).push(" FROM request_steps s");
    // Literally the condition of the partial index; see the migration.
    sql.push(" WHERE s.organization_id = $1 AND s.status = 'FAILED'");
    if let Some(job_type) = &filter.job_type {
        sql.push(" AND ").equals("s.job_type", job_type);
    }
    if let Some(target) = &filter.target {
        sql.push(" AND ").equals("s.target", target);
    }
    if let Some(text) = &filter.error_contains {
        contains(&mut sql, &["s.comment"], text);
    }
    if let Some(before) = filter.failed_before {
        sql.push(" AND s.completed_at < ").at(before);
    }
    if filter.workflow.is_some() || filter.retryable {
        sql.push(" AND EXISTS (SELECT 1 FROM workflow_requests r WHERE r.id = s.request_id AND ");
        sql.of_tenant("r.organization_id");
        if let Some(workflow) = filter.workflow {
            // Found by its id, not by its workflow.
            let prefix = sql.unindexed();
            sql.push(" AND ").push(prefix).push("r.workflow_id = ").bind(workflow.uuid());
        }
        if filter.retryable {
            let prefix = sql.unindexed();
            sql.push(" AND ").push(prefix).push("r.status = 'IN_PROGRESS'");
        }
        sql.push(")");
    }
    KEYSET.bounds(&mut sql, page)?;
    KEYSET.order_and_limit(&mut sql, page);
    Ok(sql)
}

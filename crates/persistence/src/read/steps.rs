use std::collections::HashSet;

use async_trait::async_trait;
use nexusflow_application::access::{Member, Permit, Scope};
use nexusflow_application::request::{Escalation, InboxFilter, InboxItem, RequestStep, StepReader};
use nexusflow_application::{Page, PageRequest, StoreError};
use nexusflow_domain::Timestamp;
use nexusflow_domain::ids::{RequestId, RequestStepId};

use crate::Store;
use crate::read::sql::columns;
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
}

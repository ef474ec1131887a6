use async_trait::async_trait;
use nexusflow_application::access::Scope;
use nexusflow_application::request::{JobPause, JobPauseReader, PausedWork};
use nexusflow_application::{Page, PageRequest, StoreError};
use nexusflow_domain::Timestamp;
use nexusflow_domain::ids::{JobId, JobPauseId, OrganizationId, UserId, WorkflowId};
use nexusflow_domain::workflow::JobKind;
use sea_orm::FromQueryResult;
use uuid::Uuid;

use crate::Store;
use crate::encoding::{corrupt, unsigned};
use crate::read::paging::{Key, Keyset, by_id};
use crate::write::HOLDS;

const PAUSES: &str = "SELECT id, organization_id, workflow_id, step_kind, target, reason, created_by, created_at \
    FROM job_pauses WHERE organization_id = $1";
const KEYSET: Keyset = Keyset::descending(Key::Id("id"));

#[async_trait]
impl JobPauseReader for Store {
    async fn job_pauses(&self, scope: &Scope, ids: &[JobPauseId]) -> Result<Vec<JobPause>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut sql = self.sql(scope.organization());
        sql.push(PAUSES).push(" AND ").any("id", ids.iter().map(|id| id.uuid()));
        self.fetch::<PauseRow, _>(scope.organization(), sql).await
    }

    async fn list_job_pauses(&self, scope: &Scope, page: &PageRequest) -> Result<Page<JobPause>, StoreError> {
        let mut sql = self.sql(scope.organization());
        sql.push(PAUSES);
        KEYSET.bounds(&mut sql, page)?;
        KEYSET.order_and_limit(&mut sql, page);
        let found = self.fetch::<PauseRow, JobPause>(scope.organization(), sql).await?;
        Ok(Page::from_fetched(found, page, |pause| by_id(pause.id.uuid())))
    }

    async fn parked_jobs(
        &self,
        scope: &Scope,
        pauses: &[JobPauseId],
        cap: u32,
    ) -> Result<Vec<(JobPauseId, u32)>, StoreError> {
        if pauses.is_empty() {
            return Ok(Vec::new());
        }
        let mut sql = self.sql(scope.organization());
        sql.push("SELECT p.id, (SELECT count(*) FROM (SELECT 1 FROM jobs j WHERE j.organization_id = $1 ");
        sql.push("AND j.pause_id = p.id LIMIT ").number(cap).push(") parked) AS jobs FROM job_pauses p ");
        sql.push("WHERE p.organization_id = $1 AND ").any("p.id", pauses.iter().map(|id| id.uuid()));
        self.fetch::<CountRow, _>(scope.organization(), sql).await
    }

    async fn pauses_of(
        &self,
        scope: &Scope,
        jobs: &[JobId],
        now: Timestamp,
    ) -> Result<Vec<(JobId, JobPauseId)>, StoreError> {
        if jobs.is_empty() {
            return Ok(Vec::new());
        }
        let mut sql = self.sql(scope.organization());
        sql.push("SELECT d.id AS job_id, p.id AS pause_id FROM jobs d JOIN job_pauses p ON ").push(HOLDS);
        sql.push(" WHERE ").of_tenant("d.organization_id").push(" AND ").any("d.id", jobs.iter().map(|id| id.uuid()));
        sql.push(" AND (d.lease_until IS NULL OR d.lease_until <= ").at(now).push(") ORDER BY d.id, p.id");
        self.fetch::<HoldRow, _>(scope.organization(), sql).await
    }
}

#[derive(FromQueryResult)]
struct PauseRow {
    id: Uuid,
    organization_id: Uuid,
    workflow_id: Option<Uuid>,
    step_kind: Option<String>,
    target: Option<String>,
    reason: String,
    created_by: Uuid,
    created_at: Timestamp,
}

impl TryFrom<PauseRow> for JobPause {
    type Error = StoreError;

    fn try_from(row: PauseRow) -> Result<Self, StoreError> {
        let id = JobPauseId::from_uuid(row.id);
        let read = |kind: String| JobKind::parse(&kind).ok_or_else(|| corrupt("job_pauses", &id, "step_kind", &kind));
        Ok(Self {
            id,
            organization: OrganizationId::from_uuid(row.organization_id),
            work: PausedWork {
                workflow: row.workflow_id.map(WorkflowId::from_uuid),
                step_kind: row.step_kind.map(read).transpose()?,
                target: row.target,
            },
            reason: row.reason,
            created_by: UserId::from_uuid(row.created_by),
            created_at: row.created_at,
        })
    }
}

#[derive(FromQueryResult)]
struct CountRow {
    id: Uuid,
    jobs: i64,
}

impl TryFrom<CountRow> for (JobPauseId, u32) {
    type Error = StoreError;

    fn try_from(row: CountRow) -> Result<Self, StoreError> {
        let id = JobPauseId::from_uuid(row.id);
        Ok((id, unsigned("jobs", &id, "pause_id", row.jobs)?))
    }
}

#[derive(FromQueryResult)]
struct HoldRow {
    job_id: Uuid,
    pause_id: Uuid,
}

impl TryFrom<HoldRow> for (JobId, JobPauseId) {
    type Error = StoreError;

    fn try_from(row: HoldRow) -> Result<Self, StoreError> {
        Ok((JobId::from_uuid(row.job_id), JobPauseId::from_uuid(row.pause_id)))
    }
}

use crate::transaction::Transaction;
use async_trait::async_trait;
use nexusflow_application::StoreError;
use nexusflow_application::request::{ClaimedJob, JobKind, JobStore, Lease};
use nexusflow_domain::Timestamp;
use nexusflow_domain::ids::{JobId, OrganizationId, RequestId};
use sea_orm::{QueryResult, Value};
use uuid::Uuid;

use crate::Store;
use crate::database::Access;
use crate::encoding::{corrupt, storable, unsigned};
use crate::error::store_error;
use crate::write::sql::{column, execute, list, locking, query_all, query_one, signed};

#[async_trait]
impl JobStore for Store {
    async fn claim(
        &self,
        kind: JobKind,
        now: Timestamp,
        lease_until: Timestamp,
        limit: u32,
    ) -> Result<Vec<ClaimedJob>, StoreError> {
        let transaction = self.database.write(Access::System).await?;
        let claimed = claim(&transaction, &of(kind), now, lease_until, limit, Vec::new()).await?;
        transaction.commit().await.map_err(store_error)?;
        Ok(claimed)
    }

    async fn claim_work(
        &self,
        organization: OrganizationId,
        types: &[String],
        now: Timestamp,
        lease_until: Timestamp,
        limit: u32,
    ) -> Result<Vec<ClaimedJob>, StoreError> {
        if types.is_empty() {
            return Ok(Vec::new());
        }
        let transaction = self.database.write(Access::Tenants(&[organization])).await?;
        let wanted = format!("kind = 'WORK' AND organization_id = $4 AND job_type IN {}", list(5, types.len()));
        let values = [organization.uuid().into()].into_iter().chain(types.iter().map(|of| of.as_str().into()));
        let claimed = claim(&transaction, &wanted, now, lease_until, limit, values.collect()).await?;
        transaction.commit().await.map_err(store_error)?;
        Ok(claimed)
    }

    async fn extend(
        &self,
        organization: OrganizationId,
        kind: JobKind,
        lease: Lease,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        let transaction = self.database.write(Access::Tenants(&[organization])).await?;
        let sql = "UPDATE jobs SET lease_until = $4 \
            WHERE id = $1 AND organization_id = $2 AND fence = $3 AND lease_until IS NOT NULL AND kind = $5";
        let (job, kind) = (lease.job.uuid().into(), kind.as_str().into());
        let values = [job, organization.uuid().into(), signed(lease.fence), storable(until).into(), kind];
        let extended = execute(&transaction, sql, values).await? == 1;
        transaction.commit().await.map_err(store_error)?;
        Ok(extended)
    }

    async fn settle(&self, job: &ClaimedJob, run_at: Option<Timestamp>) -> Result<(), StoreError> {
        let transaction = self.database.write(Access::Tenants(&[job.organization])).await?;
        let values = [job.id.uuid().into(), job.organization.uuid().into(), signed(job.fence)];
        let leased = "WHERE id = $1 AND organization_id = $2 AND fence = $3 AND lease_until IS NOT NULL";
        match run_at {
            Some(at) => {
                let sql = format!(
                    "UPDATE jobs SET run_at = $4, woken = FALSE, lease_until = NULL, attempt = attempt - 1 {leased}"
                );
                execute(&transaction, sql, values.into_iter().chain([storable(at).into()])).await?;
            }
            None => {
                execute(&transaction, format!("DELETE FROM jobs {leased}"), values).await?;
            }
        }
        transaction.commit().await.map_err(store_error)
    }

    async fn next_due(&self, kind: JobKind) -> Result<Option<Timestamp>, StoreError> {
        let transaction = self.database.read(Access::System).await?;
        let sql = format!("SELECT run_at FROM jobs WHERE {} ORDER BY run_at LIMIT 1", of(kind));
        query_one(&transaction, sql, []).await?.map(|row| column(&row, 0)).transpose()
    }
}

/// Literally the condition of the index on that kind; see the migration.
fn of(kind: JobKind) -> String {
    format!("kind = '{}'", kind.as_str())
}

/// One statement. The rows are chosen in a materialised list, which a plan cannot choose anew for
/// every row; those that another worker is claiming are passed over.
async fn claim(
    transaction: &Transaction,
    wanted: &str,
    now: Timestamp,
    lease_until: Timestamp,
    limit: u32,
    values: Vec<Value>,
) -> Result<Vec<ClaimedJob>, StoreError> {
    let clause = locking(transaction, "FOR UPDATE SKIP LOCKED");
    let sql = format!(
        "WITH due AS MATERIALIZED (SELECT id FROM jobs WHERE {wanted} AND run_at <= $1 \
             AND (lease_until IS NULL OR lease_until <= $1) ORDER BY run_at, id LIMIT $3 {clause}) \
         UPDATE jobs SET lease_until = $2, fence = fence + 1, attempt = attempt + 1 \
         WHERE id IN (SELECT id FROM due) \
         RETURNING id, organization_id, request_id, run_at, fence, kind, called_id, attempt"
    );
    let first = [storable(now).into(), storable(lease_until).into(), i64::from(limit).into()];
    let rows = query_all(transaction, sql, first.into_iter().chain(values)).await?;
    let mut jobs: Vec<ClaimedJob> = rows.iter().map(claimed).collect::<Result<_, _>>()?;
    // RETURNING knows no order.
    jobs.sort_by_key(|job| (job.run_at, job.id));
    Ok(jobs)
}

fn claimed(row: &QueryResult) -> Result<ClaimedJob, StoreError> {
    let id = JobId::from_uuid(column::<Uuid>(row, 0)?);
    let kind: String = column(row, 5)?;
    Ok(ClaimedJob {
        id,
        kind: JobKind::parse(&kind).ok_or_else(|| corrupt("jobs", &id, "kind", &kind))?,
        organization: OrganizationId::from_uuid(column(row, 1)?),
        request: RequestId::from_uuid(column(row, 2)?),
        called: column::<Option<Uuid>>(row, 6)?.map(RequestId::from_uuid),
        attempt: unsigned("jobs", &id, "attempt", i64::from(column::<i32>(row, 7)?))?,
        run_at: column(row, 3)?,
        fence: unsigned("jobs", &id, "fence", column(row, 4)?)?,
    })
}

use async_trait::async_trait;
use nexusflow_application::StoreError;
use nexusflow_application::request::{ClaimedJob, JobKind, JobStore, Lease};
use nexusflow_domain::Timestamp;
use nexusflow_domain::ids::OrganizationId;

use crate::Store;
use crate::database::Access;
use crate::encoding::storable;
use crate::error::store_error;
use crate::write::claims::{FIRST_FREE, claim};
use crate::write::sql::{column, execute, list, query_one, signed};

#[async_trait]
impl JobStore for Store {
    async fn claim(
        &self,
        kind: JobKind,
        now: Timestamp,
        lease_until: Timestamp,
        limit: u32,
    ) -> Result<Vec<ClaimedJob>, StoreError> {
        let transaction = self.database.write_batch(Access::System).await?;
        let claimed = claim(&transaction, &of(kind), (now, lease_until), limit, Vec::new()).await?;
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
        let transaction = self.database.write_batch(Access::Tenants(&[organization])).await?;
        let wanted = work_of(types.len());
        let values = [organization.uuid().into()].into_iter().chain(types.iter().map(|of| of.as_str().into()));
        let claimed = claim(&transaction, &wanted, (now, lease_until), limit, values.collect()).await?;
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
pub(super) fn of(kind: JobKind) -> String {
    let unparked = if kind.carries_out_steps() { " AND pause_id IS NULL" } else { "" };
    format!("kind = '{}'{unparked}", kind.as_str())
}

/// Work of a tenant, the first free parameter, of so many types, which follow.
pub(super) fn work_of(types: usize) -> String {
    let types = list(FIRST_FREE + 1, types);
    format!("{} AND organization_id = ${FIRST_FREE} AND job_type IN {types}", of(JobKind::Work))
}

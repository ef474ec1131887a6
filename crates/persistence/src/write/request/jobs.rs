//! The request's timer, and the jobs that follow its state.

use crate::transaction::Transaction;
use nexusflow_application::StoreError;
use nexusflow_application::request::{JobChange, Lease, NewJob, Wake};
use nexusflow_domain::Timestamp;
use nexusflow_domain::ids::{JobId, OrganizationId, RequestId, WorkflowId};
use sea_orm::Value;

use crate::encoding::storable;
use crate::write::sql::{column, execute, query_one, signed};

/// A commit ends every claim of the job, so its fence grows. One that was woken stays due until a worker
/// commits or settles under a claim of it. The first fence of a row is the time of its making in microseconds: greater than that of any row before it, whose worker may still live.
const PUT: &str = "INSERT INTO jobs (id, organization_id, kind, request_id, job_type, called_id, run_at, fence, \
    created_at, workflow_id, target) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (id) DO UPDATE \
    SET kind = excluded.kind, request_id = excluded.request_id, job_type = excluded.job_type, \
    called_id = excluded.called_id, workflow_id = excluded.workflow_id, target = excluded.target, lease_until = NULL, attempt = 0, fence = jobs.fence + 1, \
    run_at = CASE WHEN jobs.woken THEN jobs.run_at ELSE excluded.run_at END";

/// Writes the timer and then the other jobs; `false` when the worker's lease, if one is named, was lost.
pub(super) async fn write_jobs(
    transaction: &Transaction,
    organization: OrganizationId,
    (request, workflow): (RequestId, WorkflowId),
    (wake, mut jobs): (Wake, Vec<JobChange>),
    lease: Option<Lease>,
    at: Timestamp,
) -> Result<bool, StoreError> {
    if let Some(lease) = lease
        && !hold(transaction, organization, lease).await?
    {
        return Ok(false);
    }
    let timer = JobId::from_uuid(request.uuid());
    match wake {
        Wake::Unchanged => {}
        Wake::At(run_at) => {
            put(transaction, organization, NewJob::timer(request, Some(workflow), run_at), at).await?;
        }
        Wake::Never => remove(transaction, organization, timer).await?,
    }
    jobs.sort_by_key(|change| match change {
        JobChange::Put(job) => job.id,
        JobChange::Remove(id) => *id,
    });
    for change in jobs {
        match change {
            JobChange::Put(job) => put(transaction, organization, job, at).await?,
            JobChange::Remove(id) => remove(transaction, organization, id).await?,
        }
    }
    Ok(true)
}

/// Whether a worker committed under a lease that is not its own any more.
pub(super) async fn lease_is_lost(
    transaction: &Transaction,
    organization: OrganizationId,
    lease: Option<Lease>,
) -> Result<bool, StoreError> {
    let Some(Lease { job, fence }) = lease else { return Ok(false) };
    let sql = "SELECT fence FROM jobs WHERE id = $1 AND organization_id = $2";
    let row = query_one(transaction, sql, [job.uuid().into(), organization.uuid().into()]).await?;
    let stored = row.map(|row| column::<i64>(&row, 0)).transpose()?;
    Ok(stored.and_then(|stored| u64::try_from(stored).ok()) != Some(fence))
}

/// Holds the job's row until the commit, and notes that a worker has looked; `false` when the lease was lost.
async fn hold(transaction: &Transaction, organization: OrganizationId, lease: Lease) -> Result<bool, StoreError> {
    let sql = "UPDATE jobs SET woken = FALSE WHERE id = $1 AND organization_id = $2 AND fence = $3";
    let values = [lease.job.uuid().into(), organization.uuid().into(), signed(lease.fence)];
    Ok(execute(transaction, sql, values).await? == 1)
}

async fn put(
    transaction: &Transaction,
    organization: OrganizationId,
    job: NewJob,
    at: Timestamp,
) -> Result<(), StoreError> {
    let first_fence: Value = at.timestamp_micros().max(0).into();
    let values = [
        job.id.uuid().into(),
        organization.uuid().into(),
        job.kind.as_str().into(),
        job.request.uuid().into(),
        job.job_type.into(),
        job.called.map(RequestId::uuid).into(),
        storable(job.run_at).into(),
        first_fence,
        storable(at).into(),
        job.workflow.map(WorkflowId::uuid).into(),
        job.target.into(),
    ];
    execute(transaction, PUT, values).await.map(drop)
}

async fn remove(transaction: &Transaction, organization: OrganizationId, id: JobId) -> Result<(), StoreError> {
    let values = [id.uuid().into(), organization.uuid().into()];
    execute(transaction, "DELETE FROM jobs WHERE id = $1 AND organization_id = $2 AND NOT woken", values)
        .await
        .map(drop)
}

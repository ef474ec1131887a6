//! The request's timer job.

use crate::transaction::Transaction;
use nexusflow_application::StoreError;
use nexusflow_application::request::Wake;
use nexusflow_domain::Timestamp;
use nexusflow_domain::ids::{OrganizationId, RequestId};
use sea_orm::Value;

use crate::encoding::storable;
use crate::write::sql::{column, execute, query_one, signed};

/// A commit ends every claim of the job, so its fence grows. One that was woken stays due until a worker
/// commits or settles under a claim of it, which says that he has looked. The first fence of a row is the time of
/// its making in microseconds: greater than that of any row before it, whose worker may still live.
const SET: &str = "INSERT INTO jobs (id, organization_id, kind, request_id, run_at, fence, created_at) \
    VALUES ($1, $2, 'TIMER', $1, $3, $4, $5) ON CONFLICT (id) DO UPDATE \
    SET run_at = CASE WHEN jobs.woken THEN jobs.run_at ELSE excluded.run_at END, lease_until = NULL, attempt = 0, \
    fence = jobs.fence + 1";

/// Writes the timer; `false` when the worker's lease, if one is named, was lost.
pub(super) async fn write_timer(
    transaction: &Transaction,
    organization: OrganizationId,
    request: RequestId,
    wake: Wake,
    fence: Option<u64>,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let id: [Value; 2] = [request.uuid().into(), organization.uuid().into()];
    let Some(fence) = fence else {
        match wake {
            Wake::Unchanged => {}
            Wake::At(due) => {
                let first_fence: Value = at.timestamp_micros().max(0).into();
                let times = [storable(due).into(), first_fence, storable(at).into()];
                execute(transaction, SET, id.into_iter().chain(times)).await?;
            }
            Wake::Never => {
                execute(transaction, "DELETE FROM jobs WHERE id = $1 AND organization_id = $2 AND NOT woken", id)
                    .await?;
            }
        }
        return Ok(true);
    };
    let values = id.into_iter().chain([signed(fence)]);
    let leased = "WHERE id = $1 AND organization_id = $2 AND fence = $3";
    let affected = match wake {
        Wake::Unchanged => {
            // Changes nothing, but holds the row until the commit.
            execute(transaction, format!("UPDATE jobs SET fence = fence {leased}"), values).await?
        }
        Wake::At(due) => {
            let sql = format!(
                "UPDATE jobs SET run_at = $4, woken = FALSE, lease_until = NULL, attempt = 0, fence = fence + 1 {leased}"
            );
            execute(transaction, sql, values.chain([storable(due).into()])).await?
        }
        Wake::Never => execute(transaction, format!("DELETE FROM jobs {leased}"), values).await?,
    };
    Ok(affected == 1)
}

/// Whether a worker committed under a lease that is not its own any more.
pub(super) async fn lease_is_lost(
    transaction: &Transaction,
    organization: OrganizationId,
    request: RequestId,
    fence: Option<u64>,
) -> Result<bool, StoreError> {
    let Some(fence) = fence else { return Ok(false) };
    let sql = "SELECT fence FROM jobs WHERE id = $1 AND organization_id = $2";
    let row = query_one(transaction, sql, [request.uuid().into(), organization.uuid().into()]).await?;
    let stored = row.map(|row| column::<i64>(&row, 0)).transpose()?;
    Ok(stored.and_then(|stored| u64::try_from(stored).ok()) != Some(fence))
}

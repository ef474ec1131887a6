//! Claiming jobs, and parking those that a pause holds back.

use nexusflow_application::StoreError;
use nexusflow_application::request::{ClaimedJob, JobKind};
use nexusflow_domain::Timestamp;
use nexusflow_domain::ids::{JobId, OrganizationId, RequestId};
use sea_orm::{QueryResult, Value};
use uuid::Uuid;

use crate::encoding::{corrupt, storable, unsigned};
use crate::transaction::Transaction;
use crate::write::sql::{column, locking, query_all};

/// The number of the first parameter that a claim's own condition may use.
pub(super) const FIRST_FREE: usize = 5;
/// How many jobs are looked at in a statement once some of them were parked.
const LOOK: u32 = 1_000;
/// How often a claim looks again because it parked something.
const LOOKS: u32 = 10;

/// Where the jobs of deleted organizations are put: due at the end of time, where no claim looks. Nothing else is due
/// then, as the latest deadline is earlier; restoring the organization brings them back.
pub(super) const SHELF: &str = "'9999-12-31T23:59:59.999999+00:00'";

/// Whether the pause `p` holds back the job `d`. Jobs that carry out no step have no kind of step.
pub(crate) const HOLDS: &str = "p.organization_id = d.organization_id \
    AND d.step_kind = COALESCE(p.step_kind, d.step_kind) \
    AND (p.workflow_id IS NULL OR p.workflow_id = d.workflow_id) \
    AND (p.target IS NULL OR p.target = d.target)";

/// Leases at most `limit` of the jobs that are wanted and due, the earliest first. What a pause holds back is parked
/// instead, what a deleted organization left is put away, and then it looks again, further: what waits behind many paused jobs is found, by this claim or one of the
/// next.
pub(super) async fn claim(
    transaction: &Transaction,
    wanted: &str,
    (now, lease_until): (Timestamp, Timestamp),
    limit: u32,
    values: Vec<Value>,
) -> Result<Vec<ClaimedJob>, StoreError> {
    let sql = statement(wanted, |clause| locking(transaction, clause));
    let (mut jobs, mut left, mut look) = (Vec::new(), limit, limit);
    for _ in 0..LOOKS {
        let first =
            [storable(now).into(), storable(lease_until).into(), i64::from(look).into(), i64::from(left).into()];
        let rows = query_all(transaction, &sql, first.into_iter().chain(values.clone())).await?;
        let before = jobs.len();
        for row in &rows {
            if column::<Option<Uuid>>(row, 8)?.is_none() && column::<i32>(row, 9)? == 0 {
                jobs.push(claimed(row)?);
            }
        }
        let leased = jobs.len() - before;
        left = left.saturating_sub(u32::try_from(leased).unwrap_or(u32::MAX));
        if leased == rows.len() || left == 0 {
            break;
        }
        look = LOOK;
    }
    // RETURNING knows no order.
    jobs.sort_by_key(|job| (job.run_at, job.id));
    Ok(jobs)
}

/// One statement that leases and parks: `$1` is now, `$2` until when, `$3` how many jobs it looks at and `$4` how many
/// it leases at most.
///
/// The rows are chosen in materialised lists, which a plan cannot choose anew for every row; those that another worker
/// is claiming are passed over. The first limit is a number, so that a plan that is made once expects few rows. Pauses
/// by which something is parked are kept until the transaction ends: so whoever resumes one finds what was parked.
/// One that is being resumed holds nothing back any more.
pub(crate) fn statement(wanted: &str, locking: impl Fn(&'static str) -> &'static str) -> String {
    let (jobs, pauses) = (locking("FOR UPDATE SKIP LOCKED"), locking("FOR KEY SHARE OF p SKIP LOCKED"));
    format!(
        "WITH due AS MATERIALIZED (SELECT * FROM (\
            SELECT id, organization_id, workflow_id, step_kind, target, run_at FROM jobs WHERE {wanted} \
                AND run_at <= $1 AND (lease_until IS NULL OR lease_until <= $1) \
                ORDER BY run_at, id LIMIT {LOOK} {jobs}) first LIMIT $3), \
        held AS MATERIALIZED (\
            SELECT p.id, p.organization_id, p.workflow_id, p.step_kind, p.target FROM job_pauses p \
            WHERE EXISTS (SELECT 1 FROM due d WHERE {HOLDS}) {pauses}), \
        gone AS MATERIALIZED (\
            SELECT o.id FROM organizations o \
            WHERE o.deleted_at IS NOT NULL AND o.id IN (SELECT organization_id FROM due)), \
        judged AS MATERIALIZED (\
            SELECT d.id AS job_id, d.run_at AS due_at, \
                EXISTS (SELECT 1 FROM gone g WHERE g.id = d.organization_id) AS is_gone, \
                (SELECT p.id FROM held p WHERE {HOLDS} ORDER BY p.id LIMIT 1) AS held_by FROM due d), \
        chosen AS MATERIALIZED (\
            SELECT job_id, held_by, is_gone, FALSE AS is_free FROM judged \
                WHERE is_gone OR held_by IS NOT NULL UNION ALL \
            SELECT job_id, held_by, is_gone, TRUE AS is_free FROM (SELECT job_id, held_by, is_gone FROM judged \
                WHERE NOT is_gone AND held_by IS NULL ORDER BY due_at, job_id LIMIT $4) free) \
        UPDATE jobs SET pause_id = CASE WHEN is_gone THEN NULL ELSE held_by END, \
            run_at = CASE WHEN is_gone THEN {SHELF} ELSE run_at END, \
            lease_until = CASE WHEN is_free THEN $2 ELSE lease_until END, \
            fence = fence + CASE WHEN is_free THEN 1 ELSE 0 END, \
            attempt = attempt + CASE WHEN is_free THEN 1 ELSE 0 END \
        FROM chosen WHERE id = job_id \
        RETURNING id, organization_id, request_id, run_at, fence, kind, called_id, attempt, pause_id, \
            CASE WHEN run_at = {SHELF} THEN 1 ELSE 0 END"
    )
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

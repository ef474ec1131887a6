//! Requests' timers, and the jobs that follow their states.

use std::collections::{BTreeMap, BTreeSet};

use nexusflow_application::StoreError;
use nexusflow_application::request::{JobChange, NewJob, Wake};
use nexusflow_domain::Timestamp;
use nexusflow_domain::ids::{JobId, OrganizationId, RequestId, WorkflowId};
use nexusflow_domain::workflow;
use sea_orm::Value;
use uuid::Uuid;

use crate::encoding::storable;
use crate::error::store_error;
use crate::rows::{Column, Kind, Rows};
use crate::transaction::Transaction;
use crate::write::request::batch::Prepared;
use crate::write::sql::{column, locking, query_over, try_insert};

const JOB: [Column; 2] = [("id", Kind::Uuid), ("organization_id", Kind::Uuid)];

const PUT: [Column; 12] = [
    ("id", Kind::Uuid),
    ("organization_id", Kind::Uuid),
    ("kind", Kind::Text),
    ("request_id", Kind::Uuid),
    ("job_type", Kind::Text),
    ("called_id", Kind::Uuid),
    ("run_at", Kind::Time),
    ("fence", Kind::BigInt),
    ("created_at", Kind::Time),
    ("workflow_id", Kind::Uuid),
    ("step_kind", Kind::Text),
    ("target", Kind::Text),
];

/// A commit ends every claim of the job, so its fence grows. One that was woken stays due until a worker
/// commits or settles under a claim of it. The first fence of a row is the time of its making in
/// microseconds: greater than that of any row before it, whose worker may still live. It is not parked any more: the
/// next claim compares it with pauses.
const PUT_ANEW: &str = "ON CONFLICT (id) DO UPDATE \
    SET kind = excluded.kind, request_id = excluded.request_id, job_type = excluded.job_type, \
    called_id = excluded.called_id, workflow_id = excluded.workflow_id, step_kind = excluded.step_kind, \
    target = excluded.target, pause_id = NULL, lease_until = NULL, attempt = 0, fence = jobs.fence + 1, \
    run_at = CASE WHEN jobs.woken THEN jobs.run_at ELSE excluded.run_at END";

/// Locks the rows of jobs that units are about, in the order of ids; the fences of those that are there.
pub(super) async fn lock_jobs(
    transaction: &Transaction,
    units: &[&Prepared],
) -> Result<BTreeMap<JobId, u64>, StoreError> {
    let leases = units.iter().filter_map(|unit| Some((unit.unit.lease?.job, unit.unit.state.organization)));
    let ids: BTreeSet<(JobId, OrganizationId)> =
        leases.chain(changes(units).into_iter().map(|(id, (organization, _))| (id, organization))).collect();
    let clause = locking(transaction, "FOR UPDATE OF j");
    let text = |v: &str| {
        format!(
            "SELECT j.id, j.fence FROM {v} CROSS JOIN jobs j \
            WHERE j.id = v.id AND j.organization_id = v.organization_id ORDER BY j.id {clause}"
        )
    };
    let rows = Rows::of(&JOB, ids.into_iter().map(|(id, organization)| [id.uuid().into(), organization.uuid().into()]));
    let mut fences = BTreeMap::new();
    for row in query_over(transaction, rows, text).await? {
        let fence = column::<i64>(&row, 1)?;
        fences.insert(JobId::from_uuid(column::<Uuid>(&row, 0)?), fence.unsigned_abs());
    }
    Ok(fences)
}

/// Notes that workers have looked, and writes what becomes of timers and other jobs.
pub(super) async fn write_jobs(transaction: &Transaction, units: &[&Prepared]) -> Result<(), StoreError> {
    let leases = units.iter().filter_map(|unit| Some((unit.unit.lease?.job, unit.unit.state.organization)));
    let looked = Rows::of(&JOB, leases.map(|(id, organization)| [id.uuid().into(), organization.uuid().into()]));
    let text = |v: &str| {
        format!(
            "UPDATE jobs AS j SET woken = FALSE FROM {v} \
            WHERE j.id = v.id AND j.organization_id = v.organization_id AND j.woken"
        )
    };
    transaction.execute_over(looked, text).await.map_err(store_error)?;
    let (mut put, mut removed) = (Rows::new(&PUT), Rows::new(&JOB));
    for (id, (organization, change)) in changes(units) {
        match change {
            Some((job, at)) => put.push(row(organization, job, at)),
            None => removed.push([id.uuid().into(), organization.uuid().into()]),
        }
    }
    try_insert(transaction, "jobs", put, PUT_ANEW).await.map_err(store_error)?;
    let text = |v: &str| {
        format!("DELETE FROM jobs WHERE (id, organization_id) IN (SELECT id, organization_id FROM {v}) AND NOT woken")
    };
    transaction.execute_over(removed, text).await.map(drop).map_err(store_error)
}

/// What becomes of each job: put, and when that was decided, or none any more. Of several changes the last counts.
fn changes(units: &[&Prepared]) -> BTreeMap<JobId, (OrganizationId, Option<(NewJob, Timestamp)>)> {
    let mut changes = BTreeMap::new();
    for unit in units {
        let (request, organization, at) = (unit.request(), unit.unit.state.organization, unit.unit.at);
        let timer = JobId::from_uuid(request.uuid());
        match unit.unit.wake {
            Wake::Unchanged => {}
            Wake::At(run_at) => {
                let job = NewJob::timer(request, Some(unit.unit.state.workflow), run_at);
                changes.insert(timer, (organization, Some((job, at))));
            }
            Wake::Never => drop(changes.insert(timer, (organization, None))),
        }
        for change in &unit.unit.jobs {
            match change {
                JobChange::Put(job) => changes.insert(job.id, (organization, Some((job.clone(), at)))),
                JobChange::Remove(id) => changes.insert(*id, (organization, None)),
            };
        }
    }
    changes
}

fn row(organization: OrganizationId, job: NewJob, at: Timestamp) -> [Value; 12] {
    let first_fence: Value = at.timestamp_micros().max(0).into();
    [
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
        job.step_kind.map(workflow::JobKind::as_str).into(),
        job.target.into(),
    ]
}

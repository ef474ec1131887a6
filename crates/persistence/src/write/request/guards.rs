//! What must hold for units to be written.

use std::collections::{BTreeMap, BTreeSet};

use nexusflow_application::StoreError;
use nexusflow_application::request::{CommitConflict, JobChange, Wake};
use nexusflow_domain::ids::{JobId, RequestId};
use nexusflow_domain::insight::Hash;
use sea_orm::Value;
use uuid::Uuid;

use crate::encoding::hash;
use crate::rows::{Column, Kind, Rows};
use crate::transaction::Transaction;
use crate::write::idempotency::take_keys;
use crate::write::request::batch::Prepared;
use crate::write::request::header::lock_active_workflows;
use crate::write::request::jobs::lock_jobs;
use crate::write::request::messages::receive;
use crate::write::sql::{column, locking, query_over};

/// What guards found.
#[derive(Default)]
pub(super) struct Guarded {
    /// Units that cannot be written, by place.
    pub refused: BTreeMap<usize, CommitConflict>,
    /// Whether something of a refused unit may have been written.
    pub touched: bool,
    /// Whether requests and jobs are locked. Where no unit has a lease or receives a message, the statement
    /// that writes a request tells whether it is as expected, and locks it.
    pub locked: bool,
}

/// A request as it is stored, and its version.
type Stored = BTreeMap<RequestId, (Hash, u64)>;

/// Looks at everything that units depend on, and keeps it as it is until the transaction ends; but for the
/// requests, when nothing else is to be looked at under their locks.
pub(super) async fn guard(transaction: &Transaction, units: &[Prepared]) -> Result<Guarded, StoreError> {
    let mut guarded = Guarded::default();
    let keys = units.iter().filter_map(|unit| Some((unit.place, unit.unit.idempotency.as_ref()?)));
    let keys: Vec<_> = keys.collect();
    let with_keys = !keys.is_empty();
    guarded.refuse(take_keys(transaction, &keys).await?, || CommitConflict::IdempotencyKeyTaken);
    let starts: Vec<&Prepared> = guarded.left(units).filter(|unit| unit.unit.expected_version == 0).collect();
    guarded.refuse(lock_active_workflows(transaction, &starts).await?, || CommitConflict::WorkflowGone);
    guarded.touched = with_keys;
    let left: Vec<&Prepared> = guarded.left(units).collect();
    if left.iter().all(|unit| unit.unit.lease.is_none() && unit.unit.receives.is_none()) {
        let expected = expected(&left);
        guarded.refuse_in_turn(&left, expected, BTreeMap::new());
        return Ok(guarded);
    }
    guarded.locked = true;
    let stored = lock_requests(transaction, &left).await?;
    let fences = lock_jobs(transaction, &left).await?;
    guarded.refuse_in_turn(&left, stored, fences);
    let receiving: Vec<&Prepared> = guarded.left(units).filter(|unit| unit.unit.receives.is_some()).collect();
    let with_messages = !receiving.is_empty();
    guarded.refuse(receive(transaction, &receiving).await?, || CommitConflict::MessageTaken);
    guarded.refuse_followers(units);
    guarded.touched = with_keys || with_messages;
    Ok(guarded)
}

impl Guarded {
    fn refuse(&mut self, places: impl IntoIterator<Item = usize>, why: impl Fn() -> CommitConflict) {
        self.refused.extend(places.into_iter().map(|place| (place, why())));
    }

    fn left<'a>(&self, units: &'a [Prepared]) -> impl Iterator<Item = &'a Prepared> {
        units.iter().filter(|unit| !self.refused.contains_key(&unit.place))
    }

    /// Units in the order given: each goes on from what is stored or from the unit before it, under a lease
    /// that no unit before it ended.
    fn refuse_in_turn(&mut self, units: &[&Prepared], mut stored: Stored, mut fences: BTreeMap<JobId, u64>) {
        for unit in units {
            let (request, expected) = (unit.request(), unit.unit.expected_version);
            if unit.unit.lease.is_some_and(|lease| fences.get(&lease.job) != Some(&lease.fence)) {
                self.refused.insert(unit.place, CommitConflict::LeaseLost);
                continue;
            }
            let goes_on = match stored.get(&request) {
                Some(&(head, version)) => version == expected && head == unit.follows && expected != 0,
                None => expected == 0,
            };
            if !goes_on {
                self.refused.insert(unit.place, CommitConflict::Stale);
                continue;
            }
            let head = unit.unit.records.last().map_or(unit.follows, |record| record.hash);
            stored.insert(request, (head, unit.version));
            for job in ended(unit) {
                fences.remove(&job);
            }
        }
    }

    /// What follows a refused unit of the same request goes on from something that will not be stored.
    fn refuse_followers(&mut self, units: &[Prepared]) {
        let mut broken: BTreeSet<RequestId> = BTreeSet::new();
        for unit in units {
            match self.refused.get(&unit.place) {
                Some(CommitConflict::MessageTaken) => drop(broken.insert(unit.request())),
                None if broken.contains(&unit.request()) => {
                    self.refused.insert(unit.place, CommitConflict::Stale);
                }
                Some(_) | None => {}
            }
        }
    }
}

/// What must be stored for the first unit of each request.
fn expected(units: &[&Prepared]) -> Stored {
    let mut expected = Stored::new();
    let mut seen = BTreeSet::new();
    for unit in units.iter().filter(|unit| seen.insert(unit.request())) {
        if unit.unit.expected_version != 0 {
            expected.insert(unit.request(), (unit.follows, unit.unit.expected_version));
        }
    }
    expected
}

/// The jobs whose leases end with a unit.
fn ended(unit: &Prepared) -> impl Iterator<Item = JobId> {
    let timer = match unit.unit.wake {
        Wake::Unchanged => None,
        Wake::At(_) | Wake::Never => Some(JobId::from_uuid(unit.request().uuid())),
    };
    let jobs = unit.unit.jobs.iter().map(|change| match change {
        JobChange::Put(job) => job.id,
        JobChange::Remove(id) => *id,
    });
    jobs.chain(timer)
}

/// Locks the rows of requests in the order of ids.
async fn lock_requests(transaction: &Transaction, units: &[&Prepared]) -> Result<Stored, StoreError> {
    const REQUESTS: [Column; 2] = [("id", Kind::Uuid), ("organization_id", Kind::Uuid)];
    let ids: BTreeSet<[Uuid; 2]> =
        units.iter().map(|unit| [unit.request().uuid(), unit.unit.state.organization.uuid()]).collect();
    let clause = locking(transaction, "FOR NO KEY UPDATE OF r");
    let text = |v: &str| {
        format!(
            "SELECT r.id, r.audit_hash, r.version FROM {v} \
            CROSS JOIN workflow_requests r \
            WHERE r.id = v.id AND r.organization_id = v.organization_id ORDER BY r.id {clause}"
        )
    };
    let rows = Rows::of(&REQUESTS, ids.into_iter().map(|ids| ids.map(Value::from)));
    let mut stored = Stored::new();
    for row in query_over(transaction, rows, text).await? {
        let id = RequestId::from_uuid(column(&row, 0)?);
        let head = hash("workflow_requests", &id, "audit_hash", &column::<Vec<u8>>(&row, 1)?)?;
        stored.insert(id, (head, column::<i64>(&row, 2)?.unsigned_abs()));
    }
    Ok(stored)
}

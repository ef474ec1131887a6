//! Units into one transaction: a number of statements that does not depend on how many units there are.
//!
//! First everything that a unit depends on is locked and looked at, in the same order by every writer: keys,
//! workflows, requests, jobs, messages, each by id; where nothing is looked at under the locks of requests, writing
//! them locks them. What does not hold refuses its unit before anything of it is written; if something was, the
//! transaction begins anew without the unit. A statement that fails on a unit alone (its rows violate a constraint)
//! fails for all of them: then each half is tried by itself, until the unit stands alone.

use std::collections::{BTreeMap, BTreeSet};

use nexusflow_application::StoreError;
use nexusflow_application::request::{CommitConflict, CommitUnit};
use nexusflow_domain::ids::RequestId;
use nexusflow_domain::insight::Hash;
use sea_orm::Value;

use crate::database::{Access, Database};
use crate::error::{is_rivalry, store_error};
use crate::transaction::Transaction;
use crate::write::audit::insert_request_records;
use crate::write::request::details::{insert_escalations, insert_notifications};
use crate::write::request::distinct;
use crate::write::request::guards::{Guarded, guard};
use crate::write::request::header::{changing, insert_headers, update_headers};
use crate::write::request::jobs::{lock_jobs, write_jobs};
use crate::write::request::messages::write_subscriptions;
use crate::write::request::steps::write_steps;

/// How often a transaction is tried that the database ended because of another one.
const ATTEMPTS: u32 = 5;

/// A unit and what is made of it once, however often it is tried.
pub(super) struct Prepared {
    /// Its place among the units given.
    pub place: usize,
    /// The unit; its state has no variables any more.
    pub unit: CommitUnit,
    /// The columns of the request's row that a command may change.
    pub header: [Value; 11],
    /// The head of the chain that it goes on from.
    pub follows: Hash,
    /// The request's number of events after it.
    pub version: u64,
}

/// What became of units, by place.
type Answers = BTreeMap<usize, Result<(), CommitConflict>>;

/// Why a transaction was not committed.
enum Undone {
    /// These units cannot be written; the others were not either.
    Refused(BTreeMap<usize, CommitConflict>),
    Failed(StoreError),
}

/// Commits units; an error when no unit was written because of something that is about none of them.
pub(super) async fn commit(
    database: &Database,
    units: Vec<CommitUnit>,
) -> Result<Vec<Result<(), CommitConflict>>, StoreError> {
    let mut answers = Answers::new();
    let mut prepared = Vec::with_capacity(units.len());
    for (place, unit) in units.into_iter().enumerate() {
        match Prepared::of(place, unit) {
            Ok(unit) => prepared.push(unit),
            Err(error) => drop(answers.insert(place, Err(error.into()))),
        }
    }
    let mut waiting: Vec<Vec<Prepared>> = waves(prepared).into_iter().rev().collect();
    while let Some(batch) = waiting.pop() {
        match write(database, &batch).await {
            Ok(refused) => {
                answers.extend(batch.iter().map(|unit| (unit.place, Ok(()))));
                answers.extend(refused.into_iter().map(|(place, conflict)| (place, Err(conflict))));
            }
            Err(Undone::Refused(refused)) => {
                waiting.push(batch.into_iter().filter(|unit| !refused.contains_key(&unit.place)).collect());
                answers.extend(refused.into_iter().map(|(place, why)| (place, Err(why))));
            }
            Err(Undone::Failed(error)) if batch.len() == 1 || matches!(error, StoreError::Unavailable(_)) => {
                if answers.values().all(Result::is_err) && waiting.is_empty() && batch.len() > 1 {
                    return Err(error);
                }
                let places = batch.iter().map(|unit| unit.place);
                answers.extend(places.zip(error.shared()).map(|(place, error)| (place, Err(error.into()))));
            }
            Err(Undone::Failed(error)) => {
                tracing::warn!(units = batch.len(), error = &error as &dyn std::error::Error, "a batch is halved");
                let mut first = batch;
                let second = first.split_off(first.len() / 2);
                waiting.extend([second, first]);
            }
        }
    }
    Ok(answers.into_values().collect())
}

impl Prepared {
    fn of(place: usize, mut unit: CommitUnit) -> Result<Self, StoreError> {
        let no_records = || StoreError::Failed("a commit unit without a journal record".into());
        let (first, last) = unit.records.first().zip(unit.records.last()).ok_or_else(no_records)?;
        let (follows, head, version) = (first.prev_hash, last.hash, unit.state.version);
        let header = changing(&mut unit.state, head, unit.at)?;
        Ok(Self { place, unit, header, follows, version })
    }

    pub fn request(&self) -> RequestId {
        self.unit.state.id
    }
}

/// Units that receive a message look at what is stored for their request, so they come after the transaction
/// of those before them, and so does what comes after them.
fn waves(units: Vec<Prepared>) -> Vec<Vec<Prepared>> {
    let mut waves: Vec<Vec<Prepared>> = vec![Vec::new()];
    let mut places: BTreeMap<RequestId, usize> = BTreeMap::new();
    for unit in units {
        let wave = match places.get(&unit.request()) {
            Some(wave) => wave + usize::from(unit.unit.receives.is_some()),
            None => 0,
        };
        places.insert(unit.request(), wave);
        if waves.len() <= wave {
            waves.push(Vec::new());
        }
        if let Some(wave) = waves.get_mut(wave) {
            wave.push(unit);
        }
    }
    waves
}

/// One transaction, again when another one was in its way. The units that were refused; the others are written.
async fn write(database: &Database, units: &[Prepared]) -> Result<BTreeMap<usize, CommitConflict>, Undone> {
    if units.is_empty() {
        return Ok(BTreeMap::new());
    }
    for _ in 1..ATTEMPTS {
        match write_once(database, units).await {
            Err(Undone::Failed(error)) if is_rivalry(&error) => {}
            written => return written,
        }
    }
    write_once(database, units).await
}

async fn write_once(database: &Database, units: &[Prepared]) -> Result<BTreeMap<usize, CommitConflict>, Undone> {
    let organizations = distinct(units.iter().map(|unit| unit.unit.state.organization));
    let transaction = database.write_batch(Access::Tenants(&organizations)).await?;
    let written = write_within(&transaction, units).await;
    let ended = match &written {
        Ok(_) => transaction.commit().await.map_err(store_error),
        Err(_) => transaction.rollback().await,
    };
    match (written, ended) {
        (Ok(refused), Ok(())) => Ok(refused),
        (Ok(_), Err(error)) => Err(error.into()),
        (Err(undone), _) => Err(undone),
    }
}

async fn write_within(
    transaction: &Transaction,
    units: &[Prepared],
) -> Result<BTreeMap<usize, CommitConflict>, Undone> {
    let Guarded { refused, touched, locked } = guard(transaction, units).await?;
    if !refused.is_empty() && (touched || refused.len() == units.len()) {
        return Err(Undone::Refused(refused));
    }
    let units: Vec<&Prepared> = units.iter().filter(|unit| !refused.contains_key(&unit.place)).collect();
    let (new, old): (Vec<_>, Vec<_>) =
        chains(&units).into_iter().partition(|chain| chain.first.unit.expected_version == 0);
    let mut unwritten = insert_headers(transaction, &new).await?;
    unwritten.extend(update_headers(transaction, &old).await?);
    if !unwritten.is_empty() {
        let stale = units.iter().filter(|unit| unwritten.contains(&unit.request()));
        return Err(Undone::Refused(stale.map(|unit| (unit.place, CommitConflict::Stale)).collect()));
    }
    if !locked {
        lock_jobs(transaction, &units).await?;
    }
    write_jobs(transaction, &units).await?;
    write_subscriptions(transaction, &units).await?;
    write_steps(transaction, &units).await?;
    insert_escalations(transaction, &units).await?;
    insert_notifications(transaction, &units).await?;
    let records = units.iter().flat_map(|unit| unit.unit.records.iter());
    insert_request_records(transaction, records).await?;
    Ok(refused)
}

/// The units of one request: the first, which says what must be stored, and the last, which says what is then.
pub(super) struct Chain<'a> {
    pub first: &'a Prepared,
    pub last: &'a Prepared,
}

fn chains<'a>(units: &[&'a Prepared]) -> Vec<Chain<'a>> {
    let mut chains: BTreeMap<RequestId, Chain<'a>> = BTreeMap::new();
    for &unit in units {
        chains.entry(unit.request()).and_modify(|chain| chain.last = unit).or_insert(Chain { first: unit, last: unit });
    }
    chains.into_values().collect()
}

/// Requests that were not written.
pub(super) type Unwritten = BTreeSet<RequestId>;

impl From<StoreError> for Undone {
    fn from(error: StoreError) -> Self {
        Self::Failed(error)
    }
}

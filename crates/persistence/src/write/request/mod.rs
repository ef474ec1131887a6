//! The engine's store.

mod details;
mod header;
mod jobs;
mod messages;
mod steps;
mod unit;

use crate::transaction::Transaction;
use async_trait::async_trait;
use nexusflow_application::StoreError;
use nexusflow_application::access::Scope;
use nexusflow_application::request::{CommitConflict, CommitUnit, LoadedRequest, RequestStore};
use nexusflow_domain::ids::{OrganizationId, RequestId};
use nexusflow_domain::request::RequestState;
use sea_orm::{QueryResult, Value};
use uuid::Uuid;

use crate::Store;
use crate::database::Access;
use crate::encoding::{from_json, hash};
use crate::error::store_error;
use crate::write::sql::{column, list, locking, query_all};
use unit::write_unit;

/// What became of one unit.
type Answer = Result<(), CommitConflict>;

#[async_trait]
impl RequestStore for Store {
    async fn load(&self, scope: &Scope, ids: &[RequestId]) -> Result<Vec<LoadedRequest>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let organization = scope.organization();
        let transaction = self.database.read(Access::Tenants(&[organization])).await?;
        let sql = format!(
            "SELECT id, state, variables, audit_hash FROM workflow_requests WHERE organization_id = $1 AND id IN {}",
            list(2, ids.len())
        );
        let values = [organization.uuid()].into_iter().chain(ids.iter().map(|id| id.uuid())).map(Value::from);
        query_all(&transaction, sql, values).await?.iter().map(loaded).collect()
    }

    async fn commit(&self, units: Vec<CommitUnit>) -> Result<Vec<Answer>, StoreError> {
        if units.is_empty() {
            return Ok(Vec::new());
        }
        let transaction = self.database.write(Access::Tenants(&organizations(&units))).await?;
        match <[CommitUnit; 1]>::try_from(units) {
            Ok([unit]) => Ok(vec![commit_one(transaction, unit).await?]),
            Err(units) => commit_many(transaction, units).await,
        }
    }
}

/// A unit by itself needs no savepoint: what cannot be written is rolled back with the transaction.
async fn commit_one(transaction: Transaction, unit: CommitUnit) -> Result<Answer, StoreError> {
    let answer = write_unit(&transaction, unit).await;
    let ended = if answer.is_ok() { transaction.commit().await } else { transaction.rollback().await };
    match ended {
        Ok(()) => Ok(answer),
        Err(error) => Err(store_error(error)),
    }
}

/// Units by the order of their requests, those of one request in the order given, each in a savepoint.
async fn commit_many(transaction: Transaction, units: Vec<CommitUnit>) -> Result<Vec<Answer>, StoreError> {
    lock_requests(&transaction, &units).await?;
    let mut units: Vec<(usize, CommitUnit)> = units.into_iter().enumerate().collect();
    units.sort_by_key(|(_, unit)| unit.state.id);
    let mut answers = Vec::with_capacity(units.len());
    for (place, unit) in units {
        let savepoint = transaction.begin().await.map_err(store_error)?;
        let answer = write_unit(&savepoint, unit).await;
        let ended = if answer.is_ok() { savepoint.commit().await } else { savepoint.rollback().await };
        ended.map_err(store_error)?;
        answers.push((place, answer));
    }
    transaction.commit().await.map_err(store_error)?;
    answers.sort_by_key(|(place, _)| *place);
    Ok(answers.into_iter().map(|(_, answer)| answer).collect())
}

/// Locks the rows of a batch in the order of ids, before anything else, so that two batches never
/// wait for each other in a circle.
async fn lock_requests(transaction: &Transaction, units: &[CommitUnit]) -> Result<(), StoreError> {
    let clause = locking(transaction, "FOR NO KEY UPDATE");
    if clause.is_empty() {
        return Ok(());
    }
    let parameters = list(1, units.len());
    let sql = format!("SELECT id FROM workflow_requests WHERE id IN {parameters} ORDER BY id {clause}");
    query_all(transaction, sql, units.iter().map(|unit| unit.state.id.uuid().into())).await.map(drop)
}

fn organizations(units: &[CommitUnit]) -> Vec<OrganizationId> {
    let mut organizations: Vec<_> = units.iter().map(|unit| unit.state.organization).collect();
    organizations.sort_unstable();
    organizations.dedup();
    organizations
}

fn loaded(row: &QueryResult) -> Result<LoadedRequest, StoreError> {
    const TABLE: &str = "workflow_requests";
    let id = RequestId::from_uuid(column::<Uuid>(row, 0)?);
    let mut state: RequestState = from_json(TABLE, &id, "state", &column::<String>(row, 1)?)?;
    state.variables = from_json(TABLE, &id, "variables", &column::<String>(row, 2)?)?;
    let head = hash(TABLE, &id, "audit_hash", &column::<Vec<u8>>(row, 3)?)?;
    Ok(LoadedRequest { state, head })
}

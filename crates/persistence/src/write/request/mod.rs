//! The engine's store.

mod batch;
mod details;
mod guards;
mod header;
mod jobs;
mod messages;
mod patch;
mod steps;

use async_trait::async_trait;
use nexusflow_application::StoreError;
use nexusflow_application::access::Scope;
use nexusflow_application::request::{CommitConflict, CommitUnit, LoadedRequest, RequestStore};
use nexusflow_domain::ids::{OrganizationId, RequestId};
use nexusflow_domain::request::RequestState;
use sea_orm::{DbBackend, QueryResult};
use uuid::Uuid;

use crate::Store;
use crate::database::Access;
use crate::encoding::{from_json, hash};
use crate::rows::{Column, Kind, Rows};
use crate::write::sql::{column, query_over};

const WANTED: [Column; 2] = [("organization_id", Kind::Uuid), ("id", Kind::Uuid)];

#[async_trait]
impl RequestStore for Store {
    async fn load(&self, wanted: &[(Scope, RequestId)]) -> Result<Vec<LoadedRequest>, StoreError> {
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let organizations = distinct(wanted.iter().map(|(scope, _)| scope.organization()));
        let transaction = self.database.read(Access::Tenants(&organizations)).await?;
        let mut wanted: Vec<[Uuid; 2]> =
            wanted.iter().map(|(scope, id)| [scope.organization().uuid(), id.uuid()]).collect();
        wanted.sort_unstable();
        wanted.dedup();
        let wanted = Rows::of(&WANTED, wanted.into_iter().map(|ids| ids.map(Into::into)));
        let text = |v: &str| {
            format!(
                "SELECT r.id, r.state, r.variables, r.audit_hash, r.created_at FROM {v} \
                CROSS JOIN workflow_requests r WHERE r.id = v.id AND r.organization_id = v.organization_id"
            )
        };
        query_over(&transaction, wanted, text).await?.iter().map(loaded).collect()
    }

    async fn commit(&self, units: Vec<CommitUnit>) -> Result<Vec<Result<(), CommitConflict>>, StoreError> {
        batch::commit(&self.database, units).await
    }

    /// On `PostgreSQL` two: it works on one batch while this process puts the next one together. More make
    /// batches smaller without making them faster.
    fn writers(&self) -> usize {
        match self.database.backend() {
            DbBackend::Postgres => 2,
            _ => 1,
        }
    }
}

/// Each once, in order.
fn distinct(organizations: impl Iterator<Item = OrganizationId>) -> Vec<OrganizationId> {
    let mut organizations: Vec<_> = organizations.collect();
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
    Ok(LoadedRequest { state, head, created_at: column(row, 4)? })
}

use async_trait::async_trait;
use nexusflow_application::access::{Delegation, DelegationFilter, DelegationReader, DelegationScope};
use nexusflow_application::{Page, PageRequest, StoreError};
use nexusflow_domain::Timestamp;
use nexusflow_domain::ids::{DelegationId, OrganizationId, UserId, WorkflowId};
use sea_orm::FromQueryResult;
use uuid::Uuid;

use crate::Store;
use crate::read::paging::{Key, Keyset, by_id};
use crate::read::sql::Sql;

const DELEGATIONS: &str = "SELECT id, organization_id, delegator_id, delegate_id, workflow_id, starts_at, ends_at, \
    reason, created_by, created_at, revoked_by, revoked_at FROM delegations WHERE organization_id = $1";
const KEYSET: Keyset = Keyset::descending(Key::Id("id"));

#[async_trait]
impl DelegationReader for Store {
    async fn delegations(&self, scope: &DelegationScope, ids: &[DelegationId]) -> Result<Vec<Delegation>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut sql = self.sql(scope.organization());
        sql.push(DELEGATIONS).push(" AND ").any("id", ids.iter().map(|id| id.uuid()));
        if let Some(own) = scope.own_of() {
            sql.push(" AND (delegator_id = ").bind(own.uuid()).push(" OR delegate_id = ").bind(own.uuid()).push(")");
        }
        self.fetch::<DelegationRow, _>(scope.organization(), sql).await
    }

    async fn list_delegations(
        &self,
        scope: &DelegationScope,
        filter: &DelegationFilter,
        page: &PageRequest,
    ) -> Result<Page<Delegation>, StoreError> {
        let mut sql = self.sql(scope.organization());
        for (index, own) in branches(scope).into_iter().enumerate() {
            // UNION ALL: nobody has both sides of a delegation.
            sql.push(if index == 0 { "SELECT * FROM (" } else { " UNION ALL SELECT * FROM (" });
            sql.push(DELEGATIONS);
            if let Some((column, user)) = own {
                sql.push(" AND ").push(column).push(" = ").bind(user.uuid());
            }
            conditions(&mut sql, filter);
            KEYSET.bounds(&mut sql, page)?;
            KEYSET.order_and_limit(&mut sql, page);
            sql.push(") b").number(index);
        }
        KEYSET.order_and_limit_all(&mut sql, page);
        let found = self.fetch::<DelegationRow, Delegation>(scope.organization(), sql).await?;
        Ok(Page::from_fetched(found, page, |delegation| by_id(delegation.id.uuid())))
    }
}

/// Given and received ones are found by different indexes.
fn branches(scope: &DelegationScope) -> Vec<Option<(&'static str, UserId)>> {
    match scope.own_of() {
        None => vec![None],
        Some(user) => vec![Some(("delegator_id", user)), Some(("delegate_id", user))],
    }
}

fn conditions(sql: &mut Sql, filter: &DelegationFilter) {
    for (column, user) in [("delegator_id", filter.delegator), ("delegate_id", filter.delegate)] {
        if let Some(user) = user {
            sql.push(" AND ").push(column).push(" = ").bind(user.uuid());
        }
    }
    if let Some(at) = filter.in_force_at {
        sql.push(" AND starts_at <= ").at(at).push(" AND ends_at > ").at(at);
        sql.push(" AND (revoked_at IS NULL OR revoked_at > ").at(at).push(")");
    }
}

#[derive(FromQueryResult)]
struct DelegationRow {
    id: Uuid,
    organization_id: Uuid,
    delegator_id: Uuid,
    delegate_id: Uuid,
    workflow_id: Option<Uuid>,
    starts_at: Timestamp,
    ends_at: Timestamp,
    reason: String,
    created_by: Uuid,
    created_at: Timestamp,
    revoked_by: Option<Uuid>,
    revoked_at: Option<Timestamp>,
}

impl TryFrom<DelegationRow> for Delegation {
    type Error = StoreError;

    fn try_from(row: DelegationRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: DelegationId::from_uuid(row.id),
            organization: OrganizationId::from_uuid(row.organization_id),
            delegator: UserId::from_uuid(row.delegator_id),
            delegate: UserId::from_uuid(row.delegate_id),
            workflow: row.workflow_id.map(WorkflowId::from_uuid),
            starts_at: row.starts_at,
            ends_at: row.ends_at,
            reason: row.reason,
            created_by: UserId::from_uuid(row.created_by),
            created_at: row.created_at,
            revoked_by: row.revoked_by.map(UserId::from_uuid),
            revoked_at: row.revoked_at,
        })
    }
}

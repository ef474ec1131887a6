use async_trait::async_trait;
use nexusflow_application::access::{Involved, RequestScope};
use nexusflow_application::request::{
    AbandonedClaim, Request, RequestFilter, RequestOrder, RequestOrderField, RequestReader,
};
use nexusflow_application::{Page, PageRequest, StoreError};
use nexusflow_domain::access::Voice;
use nexusflow_domain::ids::{OrganizationId, RequestId, RequestStepId};
use nexusflow_domain::request::RequestStatus;
use sea_orm::FromQueryResult;
use uuid::Uuid;

use crate::Store;
use crate::database::Access;
use crate::read::paging::{Key, Keyset, by_due, by_id};
use crate::read::request_rows::RequestRow;
use crate::read::sql::{Sql, columns};

#[async_trait]
impl RequestReader for Store {
    async fn requests(&self, scope: &RequestScope, ids: &[RequestId]) -> Result<Vec<Request>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut sql = self.sql(scope.organization());
        sql.push("SELECT ").push(&columns("r", RequestRow::COLUMNS)).push(" FROM workflow_requests r");
        sql.push(" WHERE r.organization_id = $1 AND ").any("r.id", ids.iter().map(|id| id.uuid()));
        involved(&mut sql, scope);
        self.fetch::<RequestRow, _>(scope.organization(), sql).await
    }

    async fn list_requests(
        &self,
        scope: &RequestScope,
        filter: &RequestFilter,
        order: RequestOrder,
        page: &PageRequest,
    ) -> Result<Page<Request>, StoreError> {
        let sql = list(self.sql(scope.organization()), scope, filter, order, page)?;
        let requests = self.fetch::<RequestRow, Request>(scope.organization(), sql).await?;
        Ok(Page::from_fetched(requests, page, |request| match order.field {
            RequestOrderField::CreatedAt => by_id(request.id.uuid()),
            RequestOrderField::DueAt => by_due(request.due_at, request.id.uuid()),
        }))
    }

    async fn count_requests(&self, scope: &RequestScope, filter: &RequestFilter, cap: u64) -> Result<u64, StoreError> {
        let mut sql = self.sql(scope.organization());
        sql.push("SELECT count(*) AS number FROM (SELECT 1 FROM workflow_requests r WHERE r.organization_id = $1");
        conditions(&mut sql, scope, filter, &wanted(filter));
        sql.push(" LIMIT ").number(cap.min(i64::MAX.unsigned_abs())).push(") counted");
        let reading = self.reading(scope.organization()).await?;
        let counted = reading.rows::<CountRow>(sql).await?;
        reading.end().await?;
        Ok(counted.first().map_or(0, |row| row.number.unsigned_abs()))
    }

    async fn abandoned_claims(
        &self,
        organization: Option<OrganizationId>,
        after: Option<RequestStepId>,
        limit: u32,
    ) -> Result<Vec<AbandonedClaim>, StoreError> {
        let reading = self.reading_as(Access::System).await?;
        let mut sql = reading.sql([]);
        sql.push("SELECT s.organization_id, s.request_id, s.id FROM memberships m JOIN request_steps s ");
        sql.push("ON s.organization_id = m.organization_id AND s.claimed_by = m.user_id ");
        sql.push("WHERE m.deactivated_at IS NOT NULL AND s.status = 'ACTIVE' AND s.is_human ");
        sql.push("AND s.claimed_by IS NOT NULL");
        if let Some(organization) = organization {
            sql.push(" AND m.organization_id = ").bind(organization.uuid());
        }
        if let Some(after) = after {
            sql.push(" AND s.id > ").bind(after.uuid());
        }
        sql.push(" ORDER BY s.id LIMIT ").number(limit);
        let rows = reading.rows::<AbandonedRow>(sql).await?;
        reading.end().await?;
        Ok(rows.into_iter().map(Into::into).collect())
    }
}

/// The statement of a list; `$1` is the tenant.
pub(super) fn list(
    mut sql: Sql,
    scope: &RequestScope,
    filter: &RequestFilter,
    order: RequestOrder,
    page: &PageRequest,
) -> Result<Sql, StoreError> {
    let key = match order.field {
        RequestOrderField::CreatedAt => Key::Id("id"),
        RequestOrderField::DueAt => Key::Time("due_order", "id"),
    };
    let keyset = if order.descending { Keyset::descending(key) } else { Keyset::ascending(key) };
    let keyset = keyset.of_few(filter.reference.is_some() || filter.parent.is_some());
    for (index, statuses) in branches(filter, order.field).iter().enumerate() {
        sql.push(if index == 0 { "SELECT * FROM (" } else { " UNION ALL SELECT * FROM (" });
        sql.push("SELECT ").push(&columns("r", RequestRow::COLUMNS)).push(", r.due_order");
        sql.push(" FROM workflow_requests r WHERE r.organization_id = $1");
        conditions(&mut sql, scope, filter, statuses);
        keyset.bounds(&mut sql, page)?;
        keyset.order_and_limit(&mut sql, page);
        sql.push(") b").number(index);
    }
    keyset.order_and_limit_all(&mut sql, page);
    Ok(sql)
}

#[derive(FromQueryResult)]
struct CountRow {
    number: i64,
}

/// The wanted statuses, each once; none when all are.
fn wanted(filter: &RequestFilter) -> Vec<RequestStatus> {
    let mut statuses = filter.statuses.clone();
    statuses.sort_unstable();
    statuses.dedup();
    if statuses.len() == RequestStatus::ALL.len() { Vec::new() } else { statuses }
}

/// Which statuses each branch of the list's statement shows. By id there is one branch per status,
/// since the index on (status, id) delivers the ids of one status in order, of several not. By due
/// date there is one for all: that index knows no status.
fn branches(filter: &RequestFilter, field: RequestOrderField) -> Vec<Vec<RequestStatus>> {
    let statuses = wanted(filter);
    match field {
        RequestOrderField::CreatedAt if statuses.len() > 1 => statuses.into_iter().map(|one| vec![one]).collect(),
        RequestOrderField::CreatedAt | RequestOrderField::DueAt => vec![statuses],
    }
}

/// ` AND …` for everything that the filter and the scope ask for.
fn conditions(sql: &mut Sql, scope: &RequestScope, filter: &RequestFilter, statuses: &[RequestStatus]) {
    match statuses {
        [] => {}
        [one] => {
            sql.push(" AND r.status = ").bind(one.as_str());
        }
        several => {
            let texts: Vec<&str> = several.iter().map(|status| status.as_str()).collect();
            sql.push(" AND ").one_of("r.status", &texts);
        }
    }
    if let Some(workflow) = filter.workflow {
        sql.push(" AND r.workflow_id = ").bind(workflow.uuid());
    }
    if let Some(requester) = filter.requester {
        sql.push(" AND r.requester_id = ").bind(requester.uuid());
    }
    if let Some(parent) = filter.parent {
        sql.push(" AND r.parent_request_id = ").bind(parent.uuid());
    }
    if let Some(reference) = &filter.reference {
        sql.push(" AND ").equals("r.reference", reference);
    }
    if let Some(at) = filter.overdue_at {
        // Literally the condition of the partial index on live requests; see the migration.
        sql.push(" AND r.status IN ('PENDING', 'IN_PROGRESS', 'SUSPENDED') AND r.due_order < ").at(at);
    }
    involved(sql, scope);
}

/// ` AND …`: only requests of the workflows, or that involve the person. It is asked of each request that the list comes
/// past, so a page costs as much as the requests between those that involve the person. It counts
/// rather than asks EXISTS, which PostgreSQL may answer by hashing all of the person's steps first.
fn involved(sql: &mut Sql, scope: &RequestScope) {
    let Some(Involved { voices, workflows }) = scope.involved() else { return };
    let Some(own) = voices.first() else { return };
    sql.push(" AND (");
    if !workflows.is_empty() {
        sql.any("r.workflow_id", workflows.iter().map(|workflow| workflow.uuid())).push(" OR ");
    }
    sql.push("r.requester_id = ").bind(own.user.uuid());
    sql.push(" OR (SELECT count(*) FROM request_steps s WHERE s.request_id = r.id AND ");
    sql.of_tenant("s.organization_id").push(" AND (");
    for column in ["s.claimed_by", "s.claimed_on_behalf_of", "s.completed_by", "s.completed_on_behalf_of"] {
        sql.push(column).push(" = ").bind(own.user.uuid()).push(" OR ");
    }
    for (index, voice) in voices.iter().enumerate() {
        sql.push(if index == 0 { "" } else { " OR " });
        asked(sql, voice);
    }
    sql.push(")) > 0)");
}

/// The step asks the person or a role held.
fn asked(sql: &mut Sql, voice: &Voice) {
    sql.push("(s.assignee_id = ").bind(voice.user.uuid()).push(" OR ");
    sql.any("s.required_role_id", voice.held.roles.iter().map(|role| role.uuid())).push(")");
    if let Some(workflows) = &voice.workflows {
        sql.push(" AND ").any("r.workflow_id", workflows.iter().map(|workflow| workflow.uuid()));
    }
}

#[derive(FromQueryResult)]
struct AbandonedRow {
    organization_id: Uuid,
    request_id: Uuid,
    id: Uuid,
}

impl From<AbandonedRow> for AbandonedClaim {
    fn from(row: AbandonedRow) -> Self {
        Self {
            organization: OrganizationId::from_uuid(row.organization_id),
            request: RequestId::from_uuid(row.request_id),
            step: RequestStepId::from_uuid(row.id),
        }
    }
}

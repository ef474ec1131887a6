use async_trait::async_trait;
use nexusflow_application::access::Scope;
use nexusflow_application::insight::{AuditFilter, AuditReader, StreamHead, StreamId};
use nexusflow_application::{Cursor, CursorValue, Page, PageRequest, StoreError};
use nexusflow_domain::ids::{OrganizationId, RequestId};
use nexusflow_domain::insight::{AuditRecord, Hash};
use sea_orm::FromQueryResult;
use uuid::Uuid;

use crate::Store;
use crate::database::Access;
use crate::read::audit_rows::{AuditRow, HeadRow, OF_ORGANIZATION, OF_REQUESTS};
use crate::read::paging::{Key, Keyset, by_due};
use crate::read::reading::Reading;
use crate::read::sql::Sql;

#[async_trait]
impl AuditReader for Store {
    async fn journal(
        &self,
        scope: &Scope,
        request: RequestId,
        page: &PageRequest,
    ) -> Result<Page<AuditRecord>, StoreError> {
        let keyset = Keyset::ascending(Key::Number("seq"));
        let mut sql = self.sql(scope.organization());
        sql.push(OF_REQUESTS).push(" WHERE ").of_tenant("organization_id");
        sql.push(" AND request_id = ").bind(request.uuid());
        keyset.bounds(&mut sql, page)?;
        keyset.order_and_limit(&mut sql, page);
        let records = self.fetch::<AuditRow, AuditRecord>(scope.organization(), sql).await?;
        let place = |record: &AuditRecord| Cursor { value: CursorValue::Number(record.seq), id: record.id.uuid() };
        Ok(Page::from_fetched(records, page, place))
    }

    async fn records(
        &self,
        scope: &Scope,
        filter: &AuditFilter,
        page: &PageRequest,
    ) -> Result<Page<AuditRecord>, StoreError> {
        let keyset = Keyset::descending(Key::Time("occurred_at", "id")).of_few(filter.request.is_some());
        let mut sql = self.sql(scope.organization());
        for (index, table) in [OF_REQUESTS, OF_ORGANIZATION].into_iter().enumerate() {
            sql.push(if index == 0 { "SELECT * FROM (" } else { " UNION ALL SELECT * FROM (" });
            sql.push(table).push(" WHERE ");
            match (filter.request, table == OF_REQUESTS) {
                (None, _) => sql.push("organization_id = $1"),
                (Some(request), true) => {
                    sql.of_tenant("organization_id").push(" AND request_id = ").bind(request.uuid())
                }
                // Denials about a request are in the organization's stream.
                (Some(request), false) => {
                    sql.push("organization_id = $1 AND subject_type = 'request' AND subject_id = ").bind(request.uuid())
                }
            };
            conditions(&mut sql, filter);
            keyset.bounds(&mut sql, page)?;
            keyset.order_and_limit(&mut sql, page);
            sql.push(") b").number(index);
        }
        keyset.order_and_limit_all(&mut sql, page);
        let records = self.fetch::<AuditRow, AuditRecord>(scope.organization(), sql).await?;
        Ok(Page::from_fetched(records, page, |record| by_due(Some(record.at), record.id.uuid())))
    }

    async fn streams(&self, scope: &Scope, after: Option<StreamId>, limit: u32) -> Result<Vec<StreamHead>, StoreError> {
        let organization = scope.organization();
        let limit = limit as usize;
        let reading = self.reading(organization).await?;
        let mut heads = Vec::new();
        if after.is_none() {
            let mut sql = reading.sql([organization.uuid().into()]);
            sql.push("SELECT id, audit_seq AS seq, audit_hash AS hash FROM organizations WHERE id = $1");
            for row in reading.rows::<HeadRow>(sql).await? {
                heads.push(row.of_organization()?);
            }
        }
        let after = match after {
            Some(StreamId::Request(request)) => Some(request),
            Some(StreamId::Organization) | None => None,
        };
        heads.extend(request_heads(&reading, organization, after, limit).await?);
        reading.end().await?;
        heads.truncate(limit);
        Ok(heads)
    }

    async fn stream(
        &self,
        scope: &Scope,
        stream: StreamId,
        after: u64,
        limit: u32,
    ) -> Result<Vec<AuditRecord>, StoreError> {
        let mut sql = self.sql(scope.organization());
        match stream {
            StreamId::Organization => sql.push(OF_ORGANIZATION).push(" WHERE organization_id = $1"),
            StreamId::Request(request) => {
                sql.push(OF_REQUESTS).push(" WHERE ").of_tenant("organization_id");
                sql.push(" AND request_id = ").bind(request.uuid())
            }
        };
        let after = i64::try_from(after).unwrap_or(i64::MAX);
        sql.push(" AND seq > ").bind(after).push(" ORDER BY seq LIMIT ").number(limit);
        self.fetch::<AuditRow, _>(scope.organization(), sql).await
    }

    async fn organization_of(&self, request: RequestId) -> Result<Option<OrganizationId>, StoreError> {
        let reading = self.reading_as(Access::System).await?;
        let mut sql = reading.sql([request.uuid().into()]);
        sql.push("SELECT organization_id AS id FROM workflow_requests WHERE id = $1 UNION ALL ");
        sql.push("SELECT organization_id FROM audit_logs WHERE request_id = $1 LIMIT 1");
        let rows = reading.rows::<IdRow>(sql).await?;
        reading.end().await?;
        Ok(rows.first().map(|row| OrganizationId::from_uuid(row.id)))
    }
}

#[derive(FromQueryResult)]
struct IdRow {
    id: Uuid,
}

/// ` AND …` for everything but the request, which each table names in its own way. By actor and by
/// time there are indexes; a rare event is looked for among all records of the time.
fn conditions(sql: &mut Sql, filter: &AuditFilter) {
    if let Some(actor) = filter.actor {
        sql.push(" AND actor_id = ").bind(actor.uuid());
    }
    if let Some(from) = filter.from {
        sql.push(" AND occurred_at >= ").at(from);
    }
    if let Some(until) = filter.until {
        sql.push(" AND occurred_at < ").at(until);
    }
    if let Some(event) = &filter.event {
        sql.push(" AND ").equals("event", event);
    }
}

/// Heads of the next request streams by id, those without a row among them.
async fn request_heads(
    reading: &Reading,
    organization: OrganizationId,
    after: Option<RequestId>,
    limit: usize,
) -> Result<Vec<StreamHead>, StoreError> {
    let mut sql = reading.sql([organization.uuid().into()]);
    sql.push("SELECT id, version AS seq, audit_hash AS hash FROM workflow_requests WHERE organization_id = $1");
    if let Some(after) = after {
        sql.push(" AND id > ").bind(after.uuid());
    }
    sql.push(" ORDER BY id LIMIT ").number(limit);
    let rows = reading.rows::<HeadRow>(sql).await?;
    let mut heads = rows.into_iter().map(HeadRow::of_request).collect::<Result<Vec<_>, _>>()?;
    let until = heads.last().filter(|_| heads.len() >= limit).map(|head| head.id);
    heads.extend(orphans(reading, organization, after, until, limit).await?);
    heads.sort_by_key(|head| head.id);
    heads.truncate(limit);
    Ok(heads)
}

/// Streams with records but without a row of their request, in a range of ids. Foreign keys forbid
/// them, so whoever made one went around the database's own rules. Reads the records of the range,
/// which verification, who asks, reads anyway.
async fn orphans(
    reading: &Reading,
    organization: OrganizationId,
    after: Option<RequestId>,
    until: Option<StreamId>,
    limit: usize,
) -> Result<Vec<StreamHead>, StoreError> {
    let mut sql = reading.sql([organization.uuid().into()]);
    sql.push("SELECT DISTINCT a.request_id AS id FROM audit_logs a WHERE ").of_tenant("a.organization_id");
    if let Some(after) = after {
        sql.push(" AND a.request_id > ").bind(after.uuid());
    }
    if let Some(StreamId::Request(until)) = until {
        sql.push(" AND a.request_id < ").bind(until.uuid());
    }
    sql.push(" AND NOT EXISTS (SELECT 1 FROM workflow_requests r WHERE r.id = a.request_id");
    sql.push(" AND r.organization_id = $1) ORDER BY 1 LIMIT ").number(limit);
    let rows = reading.rows::<IdRow>(sql).await?;
    let ids = rows.into_iter().map(|row| StreamId::Request(RequestId::from_uuid(row.id)));
    Ok(ids.map(|id| StreamHead { id, seq: 0, hash: Hash::GENESIS }).collect())
}

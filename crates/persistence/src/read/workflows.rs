use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use nexusflow_application::access::{Scope, WorkflowScope};
use nexusflow_application::workflow::{Workflow, WorkflowFilter, WorkflowReader, WorkflowVersion};
use nexusflow_application::{Page, PageRequest, StoreError};
use nexusflow_domain::access::Reach;
use nexusflow_domain::ids::{OrganizationId, RoleId, UserId, WorkflowId, WorkflowVersionId};
use nexusflow_domain::workflow::{Directory, Holders, RoleFacts};
use sea_orm::FromQueryResult;
use uuid::Uuid;

use crate::Store;
use crate::read::paging::{Key, Keyset, by_id};
use crate::read::reading::Reading;
use crate::read::search;
use crate::read::sql::Sql;
use crate::read::workflow_documents::graphs;
use crate::read::workflow_rows::{VersionRow, WorkflowRow};

const WORKFLOWS: &str = "SELECT id, organization_id, name, description, status, active_version_id, version, \
    created_by, created_at, updated_at, deleted_at FROM workflows WHERE organization_id = $1 AND deleted_at IS NULL";
const VERSIONS: &str = "SELECT id, workflow_id, number, status, document, names, sla, due_date_escalations, scopes, input_schema, soundness, \
    published_at, published_by, created_at FROM workflow_versions WHERE organization_id = $1 AND ";

#[async_trait]
impl WorkflowReader for Store {
    async fn workflows(&self, scope: &Scope, ids: &[WorkflowId]) -> Result<Vec<Workflow>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut sql = self.sql(scope.organization());
        sql.push(WORKFLOWS).push(" AND ").any("id", ids.iter().map(|id| id.uuid()));
        self.fetch::<WorkflowRow, _>(scope.organization(), sql).await
    }

    async fn list_workflows(
        &self,
        scope: &WorkflowScope,
        filter: &WorkflowFilter,
        page: &PageRequest,
    ) -> Result<Page<Workflow>, StoreError> {
        let keyset = Keyset::ascending(Key::Id("id"));
        let mut sql = self.sql(scope.organization());
        sql.push(WORKFLOWS);
        if let Reach::Within(workflows) = scope.reach() {
            sql.push(" AND ").any("id", workflows.iter().map(|id| id.uuid()));
        }
        keyset.bounds(&mut sql, page)?;
        if !filter.statuses.is_empty() {
            let texts: Vec<&str> = filter.statuses.iter().map(|status| status.as_str()).collect();
            sql.push(" AND ").one_of("status", &texts);
        }
        if let Some(text) = &filter.search {
            search::contains(&mut sql, &["name"], text);
        }
        keyset.order_and_limit(&mut sql, page);
        let workflows = self.fetch::<WorkflowRow, Workflow>(scope.organization(), sql).await?;
        Ok(Page::from_fetched(workflows, page, |workflow| by_id(workflow.id.uuid())))
    }

    async fn versions(&self, scope: &Scope, ids: &[WorkflowVersionId]) -> Result<Vec<WorkflowVersion>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut sql = self.sql(scope.organization());
        sql.push(VERSIONS).any("id", ids.iter().map(|id| id.uuid()));
        self.fetch_versions(scope.organization(), sql).await
    }

    async fn versions_of(
        &self,
        scope: &Scope,
        workflows: &[WorkflowId],
        limit: u32,
    ) -> Result<Vec<WorkflowVersion>, StoreError> {
        if workflows.is_empty() {
            return Ok(Vec::new());
        }
        let mut sql = self.sql(scope.organization());
        sql.push(VERSIONS).push("id IN (SELECT id FROM (SELECT id, ROW_NUMBER() OVER");
        sql.push(" (PARTITION BY workflow_id ORDER BY number DESC) AS place FROM workflow_versions");
        sql.push(" WHERE organization_id = $1 AND ").any("workflow_id", workflows.iter().map(|id| id.uuid()));
        sql.push(") newest WHERE place <= ").number(limit).push(") ORDER BY workflow_id, number DESC");
        self.fetch_versions(scope.organization(), sql).await
    }

    async fn published_version(
        &self,
        scope: &Scope,
        workflow: WorkflowId,
        number: u32,
    ) -> Result<Option<WorkflowVersionId>, StoreError> {
        let organization = scope.organization();
        let reading = self.reading(organization).await?;
        let mut sql = reading.sql([organization.uuid().into()]);
        sql.push("SELECT id FROM workflow_versions WHERE organization_id = $1 AND published_at IS NOT NULL");
        sql.push(" AND workflow_id = ").bind(workflow.uuid()).push(" AND number = ").bind(i64::from(number));
        let found = reading.rows::<IdRow>(sql).await?;
        reading.end().await?;
        Ok(found.first().map(|row| WorkflowVersionId::from_uuid(row.id)))
    }

    async fn directory(&self, scope: &Scope, workflow: Option<WorkflowId>) -> Result<Directory, StoreError> {
        let organization = scope.organization();
        let reading = self.reading(organization).await?;
        let roles = roles(&reading, organization, workflow).await?;
        let mut sql = reading.sql([organization.uuid().into()]);
        sql.push("SELECT u.id, u.email FROM memberships m JOIN users u ON u.id = m.user_id");
        sql.push(" WHERE m.organization_id = $1 AND m.deactivated_at IS NULL AND u.deactivated_at IS NULL");
        let users = reading.rows::<AddressRow>(sql).await?;
        let mut sql = reading.sql([organization.uuid().into()]);
        sql.push("SELECT id, name FROM workflows WHERE organization_id = $1 AND deleted_at IS NULL");
        let workflows = reading.rows::<NameRow>(sql).await?;
        reading.end().await?;
        let users = users.into_iter().map(|row| (row.email, UserId::from_uuid(row.id))).collect();
        let workflows = workflows.into_iter().map(|row| (row.name, WorkflowId::from_uuid(row.id))).collect();
        Ok(Directory { roles, users, workflows })
    }
}

impl Store {
    async fn fetch_versions(&self, organization: OrganizationId, sql: Sql) -> Result<Vec<WorkflowVersion>, StoreError> {
        let reading = self.reading(organization).await?;
        let rows = reading.rows::<VersionRow>(sql).await?;
        let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
        let mut graphs = graphs(&reading, organization, &ids).await?;
        reading.end().await?;
        rows.into_iter()
            .map(|row| {
                let graph = graphs.remove(&row.id).unwrap_or_default();
                row.into_version(graph)
            })
            .collect()
    }
}

/// All roles by name, with the active members who hold each everywhere or in the workflow.
async fn roles(
    reading: &Reading,
    organization: OrganizationId,
    workflow: Option<WorkflowId>,
) -> Result<BTreeMap<String, RoleFacts>, StoreError> {
    let mut sql = reading.sql([organization.uuid().into()]);
    sql.push("SELECT r.id, r.name, u.id AS holder FROM roles r");
    sql.push(" LEFT JOIN role_mappings h ON h.organization_id = r.organization_id AND h.role_id = r.id");
    sql.push(" AND (h.workflow_id IS NULL OR h.workflow_id = ").bind(workflow.map(WorkflowId::uuid)).push(")");
    sql.push(" LEFT JOIN memberships m ON m.organization_id = h.organization_id AND m.user_id = h.user_id");
    sql.push(" AND m.deactivated_at IS NULL");
    sql.push(" LEFT JOIN users u ON u.id = m.user_id AND u.deactivated_at IS NULL");
    sql.push(" WHERE r.organization_id = $1");
    let mut holders: BTreeMap<String, (RoleId, BTreeSet<UserId>)> = BTreeMap::new();
    for row in reading.rows::<RoleRow>(sql).await? {
        let (_, holders) = holders.entry(row.name).or_insert((RoleId::from_uuid(row.id), BTreeSet::new()));
        holders.extend(row.holder.map(UserId::from_uuid));
    }
    let facts = holders.into_iter();
    Ok(facts.map(|(name, (id, users))| (name, RoleFacts { id, holders: Holders::Known(users) })).collect())
}

#[derive(FromQueryResult)]
struct IdRow {
    id: Uuid,
}

#[derive(FromQueryResult)]
struct NameRow {
    id: Uuid,
    name: String,
}

#[derive(FromQueryResult)]
struct AddressRow {
    id: Uuid,
    email: String,
}

#[derive(FromQueryResult)]
struct RoleRow {
    id: Uuid,
    name: String,
    holder: Option<Uuid>,
}

use async_trait::async_trait;
use nexusflow_application::access::{AccessReader, Role, RoleGrant, RoleMapping, Scope};
use nexusflow_application::{Cursor, CursorValue, Page, PageRequest, StoreError};
use nexusflow_domain::Timestamp;
use nexusflow_domain::access::Permission;
use nexusflow_domain::ids::{OrganizationId, RoleId, UserId, WorkflowId};
use sea_orm::FromQueryResult;
use uuid::Uuid;

use crate::Store;
use crate::encoding::parsed;
use crate::read::paging::{Key, Keyset, by_id};

const ROLES: &str = "SELECT id, organization_id, name, description, built_in, created_at, updated_at FROM roles \
    WHERE organization_id = $1";

#[async_trait]
impl AccessReader for Store {
    async fn roles(&self, scope: &Scope, ids: &[RoleId]) -> Result<Vec<Role>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut sql = self.sql(scope.organization());
        sql.push(ROLES).push(" AND ").any("id", ids.iter().map(|id| id.uuid()));
        self.fetch::<RoleRow, _>(scope.organization(), sql).await
    }

    async fn list_roles(&self, scope: &Scope, page: &PageRequest) -> Result<Page<Role>, StoreError> {
        let keyset = Keyset::ascending(Key::Text("name", "id"));
        let mut sql = self.sql(scope.organization());
        sql.push(ROLES);
        keyset.bounds(&mut sql, page)?;
        keyset.order_and_limit(&mut sql, page);
        let roles = self.fetch::<RoleRow, Role>(scope.organization(), sql).await?;
        let place = |role: &Role| Cursor { value: CursorValue::Text(role.name.clone()), id: role.id.uuid() };
        Ok(Page::from_fetched(roles, page, place))
    }

    async fn grants_of_users(&self, scope: &Scope, users: &[UserId]) -> Result<Vec<RoleGrant>, StoreError> {
        if users.is_empty() {
            return Ok(Vec::new());
        }
        let mut sql = self.sql(scope.organization());
        sql.push("SELECT user_id, role_id, workflow_id, created_by, created_at FROM role_mappings");
        sql.push(" WHERE organization_id = $1 AND ").any("user_id", users.iter().map(|id| id.uuid()));
        self.fetch::<MappingRow, _>(scope.organization(), sql).await
    }

    async fn permissions_of_roles(
        &self,
        scope: &Scope,
        roles: &[RoleId],
    ) -> Result<Vec<(RoleId, Permission)>, StoreError> {
        if roles.is_empty() {
            return Ok(Vec::new());
        }
        let mut sql = self.sql(scope.organization());
        sql.push("SELECT role_id, permission FROM permission_mappings WHERE organization_id = $1 AND ");
        sql.any("role_id", roles.iter().map(|id| id.uuid()));
        self.fetch::<GrantRow, _>(scope.organization(), sql).await
    }

    async fn holders(&self, scope: &Scope, role: RoleId, page: &PageRequest) -> Result<Page<UserId>, StoreError> {
        let keyset = Keyset::ascending(Key::Id("user_id"));
        let mut sql = self.sql(scope.organization());
        // Once, though for several workflows.
        sql.push("SELECT DISTINCT user_id FROM role_mappings WHERE organization_id = $1 AND role_id = ");
        sql.bind(role.uuid());
        keyset.bounds(&mut sql, page)?;
        keyset.order_and_limit(&mut sql, page);
        let holders = self.fetch::<HolderRow, UserId>(scope.organization(), sql).await?;
        Ok(Page::from_fetched(holders, page, |user: &UserId| by_id(user.uuid())))
    }
}

#[derive(FromQueryResult)]
struct RoleRow {
    id: Uuid,
    organization_id: Uuid,
    name: String,
    description: String,
    built_in: bool,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl TryFrom<RoleRow> for Role {
    type Error = StoreError;

    fn try_from(row: RoleRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: RoleId::from_uuid(row.id),
            organization: OrganizationId::from_uuid(row.organization_id),
            name: row.name,
            description: row.description,
            built_in: row.built_in,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

#[derive(FromQueryResult)]
struct MappingRow {
    user_id: Uuid,
    role_id: Uuid,
    workflow_id: Option<Uuid>,
    created_by: Option<Uuid>,
    created_at: Timestamp,
}

impl TryFrom<MappingRow> for RoleGrant {
    type Error = StoreError;

    fn try_from(row: MappingRow) -> Result<Self, StoreError> {
        let (user, role) = (UserId::from_uuid(row.user_id), RoleId::from_uuid(row.role_id));
        Ok(Self {
            mapping: RoleMapping { user, role, workflow: row.workflow_id.map(WorkflowId::from_uuid) },
            granted_by: row.created_by.map(UserId::from_uuid),
            granted_at: row.created_at,
        })
    }
}

#[derive(FromQueryResult)]
struct HolderRow {
    user_id: Uuid,
}

impl TryFrom<HolderRow> for UserId {
    type Error = StoreError;

    fn try_from(row: HolderRow) -> Result<Self, StoreError> {
        Ok(Self::from_uuid(row.user_id))
    }
}

#[derive(FromQueryResult)]
struct GrantRow {
    role_id: Uuid,
    permission: String,
}

impl TryFrom<GrantRow> for (RoleId, Permission) {
    type Error = StoreError;

    fn try_from(row: GrantRow) -> Result<Self, StoreError> {
        let role = RoleId::from_uuid(row.role_id);
        Ok((role, parsed("permission_mappings", &role, "permission", &row.permission)?))
    }
}

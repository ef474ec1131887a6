use async_trait::async_trait;
use nexusflow_application::access::Scope;
use nexusflow_application::identity::{IdentityReader, Organization, SignInRecord, User, UserFilter};
use nexusflow_application::{Page, PageRequest, StoreError};
use nexusflow_domain::Timestamp;
use nexusflow_domain::identity::Email;
use nexusflow_domain::ids::{OrganizationId, UserId};
use sea_orm::FromQueryResult;
use uuid::Uuid;

use crate::Store;
use crate::database::Access;
use crate::encoding::parsed;
use crate::read::organizations::{COLUMNS, OrganizationRow};
use crate::read::paging::{Key, Keyset, by_id};
use crate::read::reading::{Reading, decode};
use crate::read::search;

/// Members with what the tenant may know of them.
const MEMBERS: &str = "SELECT u.id, u.email, u.name, u.email_verified_at, u.created_at, u.last_login_at, \
    COALESCE(m.deactivated_at, u.deactivated_at) AS deactivated_at \
    FROM memberships m JOIN users u ON u.id = m.user_id WHERE m.organization_id = $1";

#[async_trait]
impl IdentityReader for Store {
    async fn sign_in_record(&self, email: &Email) -> Result<Option<SignInRecord>, StoreError> {
        let reading = self.reading_as(Access::System).await?;
        let mut sql = reading.sql([email.as_str().into()]);
        sql.push("SELECT id, email, name, email_verified_at, created_at, last_login_at, deactivated_at, password_hash");
        sql.push(" FROM users");
        sql.push(" WHERE email = $1");
        let Some(row) = reading.rows::<AccountRow>(sql).await?.pop() else { return Ok(None) };
        let organizations = organizations_of(&reading, row.id).await?;
        reading.end().await?;
        let password_hash = row.password_hash.clone();
        Ok(Some(SignInRecord { user: row.into_user()?, password_hash, organizations }))
    }

    async fn users(&self, scope: &Scope, ids: &[UserId]) -> Result<Vec<User>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut sql = self.sql(scope.organization());
        sql.push(MEMBERS).push(" AND ").any("m.user_id", ids.iter().map(|id| id.uuid()));
        self.fetch::<UserRow, _>(scope.organization(), sql).await
    }

    async fn list_users(
        &self,
        scope: &Scope,
        filter: &UserFilter,
        page: &PageRequest,
    ) -> Result<Page<User>, StoreError> {
        let keyset = Keyset::ascending(Key::Id("user_id"));
        let mut sql = self.sql(scope.organization());
        sql.push(MEMBERS).push(" AND m.removed_at IS NULL");
        keyset.bounds(&mut sql, page)?;
        if filter.role.is_some() || filter.workflow.is_some() {
            sql.push(" AND EXISTS (SELECT 1 FROM role_mappings h WHERE h.organization_id = $1");
            sql.push(" AND h.user_id = m.user_id");
            if let Some(role) = filter.role {
                sql.push(" AND h.role_id = ").bind(role.uuid());
            }
            if let Some(workflow) = filter.workflow {
                sql.push(" AND h.workflow_id = ").bind(workflow.uuid());
            }
            sql.push(")");
        }
        if let Some(text) = &filter.search {
            search::contains(&mut sql, &["u.name", "u.email"], text);
        }
        keyset.order_and_limit(&mut sql, page);
        let users = self.fetch::<UserRow, User>(scope.organization(), sql).await?;
        Ok(Page::from_fetched(users, page, |user| by_id(user.id.uuid())))
    }

    async fn organization(&self, scope: &Scope) -> Result<Option<Organization>, StoreError> {
        let mut sql = self.sql(scope.organization());
        sql.push("SELECT ").push(COLUMNS).push(" FROM organizations o WHERE o.id = $1");
        Ok(self.fetch::<OrganizationRow, _>(scope.organization(), sql).await?.pop())
    }

    async fn organization_ids(
        &self,
        after: Option<OrganizationId>,
        limit: u32,
    ) -> Result<Vec<OrganizationId>, StoreError> {
        let reading = self.reading_as(Access::System).await?;
        let mut sql = reading.sql([]);
        sql.push("SELECT id FROM organizations");
        if let Some(after) = after {
            sql.push(" WHERE id > ").bind(after.uuid());
        }
        sql.push(" ORDER BY id LIMIT ").number(limit);
        let rows = reading.rows::<IdRow>(sql).await?;
        reading.end().await?;
        Ok(rows.into_iter().map(|row| OrganizationId::from_uuid(row.id)).collect())
    }
}

/// Of which somebody is an active member, by the time of joining.
pub(super) async fn organizations_of(reading: &Reading, user: Uuid) -> Result<Vec<Organization>, StoreError> {
    let mut sql = reading.sql([user.into()]);
    sql.push("SELECT ").push(COLUMNS).push(" FROM memberships m");
    sql.push(" JOIN organizations o ON o.id = m.organization_id JOIN users u ON u.id = m.user_id");
    sql.push(" WHERE m.user_id = $1 AND m.deactivated_at IS NULL AND u.deactivated_at IS NULL");
    sql.push(" AND o.deleted_at IS NULL ORDER BY m.created_at, o.id");
    decode(reading.rows::<OrganizationRow>(sql).await?)
}

#[derive(FromQueryResult)]
struct IdRow {
    id: Uuid,
}

#[derive(FromQueryResult)]
struct UserRow {
    id: Uuid,
    email: String,
    name: String,
    email_verified_at: Option<Timestamp>,
    created_at: Timestamp,
    last_login_at: Option<Timestamp>,
    deactivated_at: Option<Timestamp>,
}

impl TryFrom<UserRow> for User {
    type Error = StoreError;

    fn try_from(row: UserRow) -> Result<Self, StoreError> {
        let id = UserId::from_uuid(row.id);
        Ok(Self {
            id,
            email: parsed("users", &id, "email", &row.email)?,
            name: row.name,
            email_verified_at: row.email_verified_at,
            created_at: row.created_at,
            last_login_at: row.last_login_at,
            deactivated_at: row.deactivated_at,
        })
    }
}

#[derive(FromQueryResult)]
struct AccountRow {
    id: Uuid,
    email: String,
    name: String,
    email_verified_at: Option<Timestamp>,
    created_at: Timestamp,
    last_login_at: Option<Timestamp>,
    deactivated_at: Option<Timestamp>,
    password_hash: Option<String>,
}

impl AccountRow {
    fn into_user(self) -> Result<User, StoreError> {
        let Self { id, email, name, email_verified_at, created_at, last_login_at, deactivated_at, password_hash: _ } =
            self;
        UserRow { id, email, name, email_verified_at, created_at, last_login_at, deactivated_at }.try_into()
    }
}

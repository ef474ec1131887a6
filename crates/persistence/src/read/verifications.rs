use async_trait::async_trait;
use nexusflow_application::access::Scope;
use nexusflow_application::identity::{Verification, VerificationReader};
use nexusflow_application::{Page, PageRequest, StoreError};
use nexusflow_domain::Timestamp;
use nexusflow_domain::identity::{Email, VerificationEnd, VerificationPurpose};
use nexusflow_domain::ids::{OrganizationId, UserId, VerificationId};
use sea_orm::FromQueryResult;
use uuid::Uuid;

use crate::Store;
use crate::database::Access;
use crate::encoding::{corrupt, from_json, parsed, unsigned};
use crate::read::paging::{Key, Keyset, by_id};
use crate::read::reading::decode;
use crate::read::sql::Sql;

const COLUMNS: &str = "SELECT v.id, v.organization_id, v.purpose, v.user_id, v.email, v.roles, v.created_by, \
    v.created_at, v.serial, v.expires_at, v.attempts, v.ended_at, v.ended_by FROM verifications v";
const INVITATIONS: &str = " WHERE v.organization_id = $1 AND v.purpose = 'INVITATION'";
const KEYSET: Keyset = Keyset::descending(Key::Id("id"));

#[async_trait]
impl VerificationReader for Store {
    async fn verification(&self, id: VerificationId) -> Result<Option<Verification>, StoreError> {
        let mut sql = Sql::new(self.database.backend(), [id.uuid().into()]);
        sql.push(COLUMNS).push(" JOIN organizations o ON o.id = v.organization_id");
        sql.push(" WHERE v.id = $1 AND o.deleted_at IS NULL");
        self.one_of_any(sql).await
    }

    async fn latest(&self, user: UserId, purpose: VerificationPurpose) -> Result<Option<Verification>, StoreError> {
        let mut sql = Sql::new(self.database.backend(), [user.uuid().into(), purpose.as_str().into()]);
        sql.push(COLUMNS).push(" WHERE v.user_id = $1 AND v.purpose = $2 ORDER BY v.id DESC LIMIT 1");
        self.one_of_any(sql).await
    }

    async fn invitations(&self, scope: &Scope, ids: &[VerificationId]) -> Result<Vec<Verification>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut sql = self.sql(scope.organization());
        sql.push(COLUMNS).push(INVITATIONS).push(" AND ").any("v.id", ids.iter().map(|id| id.uuid()));
        self.fetch::<VerificationRow, _>(scope.organization(), sql).await
    }

    async fn list_invitations(&self, scope: &Scope, page: &PageRequest) -> Result<Page<Verification>, StoreError> {
        let mut sql = self.sql(scope.organization());
        sql.push(COLUMNS).push(INVITATIONS);
        KEYSET.bounds(&mut sql, page)?;
        KEYSET.order_and_limit(&mut sql, page);
        let found = self.fetch::<VerificationRow, Verification>(scope.organization(), sql).await?;
        Ok(Page::from_fetched(found, page, |found| by_id(found.id.uuid())))
    }

    async fn open_invitation(&self, scope: &Scope, email: &Email) -> Result<Option<Verification>, StoreError> {
        let mut sql = self.sql(scope.organization());
        sql.push(COLUMNS).push(INVITATIONS).push(" AND v.ended_at IS NULL AND v.email = ").bind(email.as_str());
        Ok(self.fetch::<VerificationRow, _>(scope.organization(), sql).await?.pop())
    }
}

impl Store {
    /// A link of whichever tenant.
    async fn one_of_any(&self, sql: Sql) -> Result<Option<Verification>, StoreError> {
        let reading = self.reading_as(Access::System).await?;
        let rows = reading.rows::<VerificationRow>(sql).await?;
        reading.end().await?;
        Ok(decode(rows)?.pop())
    }
}

#[derive(FromQueryResult)]
struct VerificationRow {
    id: Uuid,
    organization_id: Uuid,
    purpose: String,
    user_id: Option<Uuid>,
    email: String,
    roles: String,
    created_by: Option<Uuid>,
    created_at: Timestamp,
    serial: i32,
    expires_at: Timestamp,
    attempts: i32,
    ended_at: Option<Timestamp>,
    ended_by: Option<String>,
}

impl TryFrom<VerificationRow> for Verification {
    type Error = StoreError;

    fn try_from(row: VerificationRow) -> Result<Self, StoreError> {
        const TABLE: &str = "verifications";
        let id = VerificationId::from_uuid(row.id);
        let ended_by: Option<VerificationEnd> =
            row.ended_by.map(|end| parsed(TABLE, &id, "ended_by", &end)).transpose()?;
        let ended = match (row.ended_at, ended_by) {
            (Some(at), Some(end)) => Some((at, end)),
            (None, None) => None,
            _ => return Err(corrupt(TABLE, &id, "ended_by", &"expected one exactly when ended_at has one")),
        };
        Ok(Self {
            id,
            organization: OrganizationId::from_uuid(row.organization_id),
            purpose: parsed(TABLE, &id, "purpose", &row.purpose)?,
            user: row.user_id.map(UserId::from_uuid),
            email: parsed(TABLE, &id, "email", &row.email)?,
            roles: from_json(TABLE, &id, "roles", &row.roles)?,
            created_by: row.created_by.map(UserId::from_uuid),
            created_at: row.created_at,
            serial: unsigned(TABLE, &id, "serial", row.serial.into())?,
            expires_at: row.expires_at,
            attempts: unsigned(TABLE, &id, "attempts", row.attempts.into())?,
            ended,
        })
    }
}

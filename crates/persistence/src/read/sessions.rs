use async_trait::async_trait;
use nexusflow_application::access::Scope;
use nexusflow_application::identity::{Organization, Session, SessionStore, StoredRefreshToken};
use nexusflow_application::{Page, PageRequest, StoreError};
use nexusflow_domain::Timestamp;
use nexusflow_domain::ids::{OrganizationId, SessionId, UserId};
use nexusflow_domain::insight::Hash;
use sea_orm::FromQueryResult;
use uuid::Uuid;

use crate::Store;
use crate::database::Access;
use crate::encoding::parsed;
use crate::read::identity::organizations_of;
use crate::read::paging::{Key, Keyset, by_id};

const SESSIONS: &str = "SELECT id, organization_id, user_id, created_at, last_seen_at, expires_at, ends_at, address, \
    client, revoked_reason FROM sessions WHERE organization_id = $1";
const TOKENS: &str = "SELECT s.id, s.organization_id, s.user_id, s.created_at, s.last_seen_at, s.expires_at, \
    s.ends_at, s.address, s.client, s.revoked_reason, t.expires_at AS token_expires_at, t.used_at AS token_used_at \
    FROM refresh_tokens t JOIN sessions s ON s.organization_id = t.organization_id AND s.id = t.session_id \
    WHERE t.organization_id = $1 AND t.hash = ";

#[async_trait]
impl SessionStore for Store {
    async fn refresh_token(&self, scope: &Scope, hash: &Hash) -> Result<Option<StoredRefreshToken>, StoreError> {
        let mut sql = self.sql(scope.organization());
        sql.push(TOKENS).bind(hash.0.to_vec());
        Ok(self.fetch::<TokenRow, _>(scope.organization(), sql).await?.pop())
    }

    async fn sessions(&self, scope: &Scope, ids: &[SessionId]) -> Result<Vec<Session>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut sql = self.sql(scope.organization());
        sql.push(SESSIONS).push(" AND ").any("id", ids.iter().map(|id| id.uuid()));
        self.fetch::<SessionRow, _>(scope.organization(), sql).await
    }

    async fn live_sessions(
        &self,
        scope: &Scope,
        user: UserId,
        now: Timestamp,
        page: &PageRequest,
    ) -> Result<Page<Session>, StoreError> {
        let keyset = Keyset::descending(Key::Id("id"));
        let mut sql = self.sql(scope.organization());
        sql.push(SESSIONS).push(" AND user_id = ").bind(user.uuid());
        sql.push(" AND revoked_reason IS NULL AND ends_at > ").at(now);
        keyset.bounds(&mut sql, page)?;
        keyset.order_and_limit(&mut sql, page);
        let sessions = self.fetch::<SessionRow, Session>(scope.organization(), sql).await?;
        Ok(Page::from_fetched(sessions, page, |session| by_id(session.id.uuid())))
    }

    async fn organizations_of(&self, user: UserId) -> Result<Vec<Organization>, StoreError> {
        let reading = self.reading_as(Access::System).await?;
        let organizations = organizations_of(&reading, user.uuid()).await?;
        reading.end().await?;
        Ok(organizations)
    }

    async fn expire(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.expire_sessions(before, limit).await
    }
}

#[derive(FromQueryResult)]
struct SessionRow {
    id: Uuid,
    organization_id: Uuid,
    user_id: Uuid,
    created_at: Timestamp,
    last_seen_at: Timestamp,
    expires_at: Timestamp,
    ends_at: Timestamp,
    address: Option<String>,
    client: Option<String>,
    revoked_reason: Option<String>,
}

impl TryFrom<SessionRow> for Session {
    type Error = StoreError;

    fn try_from(row: SessionRow) -> Result<Self, StoreError> {
        let id = SessionId::from_uuid(row.id);
        let revoked = row.revoked_reason.as_deref();
        Ok(Self {
            id,
            organization: OrganizationId::from_uuid(row.organization_id),
            user: UserId::from_uuid(row.user_id),
            created_at: row.created_at,
            last_seen_at: row.last_seen_at,
            expires_at: row.expires_at,
            ends_at: row.ends_at,
            address: row.address,
            client: row.client,
            revoked: revoked.map(|text| parsed("sessions", &id, "revoked_reason", text)).transpose()?,
        })
    }
}

#[derive(FromQueryResult)]
struct TokenRow {
    #[sea_orm(nested)]
    session: SessionRow,
    token_expires_at: Timestamp,
    token_used_at: Option<Timestamp>,
}

impl TryFrom<TokenRow> for StoredRefreshToken {
    type Error = StoreError;

    fn try_from(row: TokenRow) -> Result<Self, StoreError> {
        let session = row.session.try_into()?;
        Ok(Self { session, expires_at: row.token_expires_at, used_at: row.token_used_at })
    }
}

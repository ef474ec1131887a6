use async_trait::async_trait;
use nexusflow_domain::Timestamp;
use nexusflow_domain::identity::Email;
use nexusflow_domain::ids::{OrganizationId, SessionId, UserId};
use nexusflow_domain::insight::Hash;

use crate::access::Scope;
use crate::identity::{Organization, Session, SignInRecord, StoredRefreshToken, User, UserFilter};
use crate::{Page, PageRequest, StoreError};

/// Reads people and organizations.
#[async_trait]
pub trait IdentityReader: Send + Sync {
    /// What signing in with an address needs; not bound to a tenant, and used for nothing else.
    async fn sign_in_record(&self, email: &Email) -> Result<Option<SignInRecord>, StoreError>;

    /// Those of the given people who are or were members of the tenant, in any order.
    async fn users(&self, scope: &Scope, ids: &[UserId]) -> Result<Vec<User>, StoreError>;

    /// Members by id; deactivated ones too.
    async fn list_users(
        &self,
        scope: &Scope,
        filter: &UserFilter,
        page: &PageRequest,
    ) -> Result<Page<User>, StoreError>;

    /// The tenant itself.
    async fn organization(&self, scope: &Scope) -> Result<Option<Organization>, StoreError>;

    /// Ids of all tenants, in order, after the given one: for work of NexusFlow itself.
    async fn organization_ids(
        &self,
        after: Option<OrganizationId>,
        limit: u32,
    ) -> Result<Vec<OrganizationId>, StoreError>;
}

/// Reads sessions, and removes what is left of old ones.
#[async_trait]
pub trait SessionStore: Send + Sync {
    /// The refresh token with this hash, used or not, with its session.
    async fn refresh_token(&self, scope: &Scope, hash: &Hash) -> Result<Option<StoredRefreshToken>, StoreError>;

    /// Those of the given sessions that the tenant has, over or not, in any order.
    async fn sessions(&self, scope: &Scope, ids: &[SessionId]) -> Result<Vec<Session>, StoreError>;

    /// A member's sessions that can be refreshed at an instant, the newest first.
    async fn live_sessions(
        &self,
        scope: &Scope,
        user: UserId,
        now: Timestamp,
        page: &PageRequest,
    ) -> Result<Page<Session>, StoreError>;

    /// Organizations of which somebody is an active member, by the time of joining: of the person who
    /// asks, whatever the tenant.
    async fn organizations_of(&self, user: UserId) -> Result<Vec<Organization>, StoreError>;

    /// Removes refresh tokens that expired before an instant, at most `limit`, and then sessions that
    /// ended before it and have no token left, at most `limit`; returns how many of both.
    async fn expire(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError>;
}

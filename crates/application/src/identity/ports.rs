use crate::access::Scope;
use crate::identity::{Organization, Plan, Session, SignInRecord, StoredRefreshToken, User, UserFilter, Verification};
use crate::{Page, PageRequest, StoreError};
use async_trait::async_trait;
use nexusflow_domain::Timestamp;
use nexusflow_domain::identity::{Email, Slug, VerificationPurpose};
use nexusflow_domain::ids::{OrganizationId, SessionId, UserId, VerificationId};
use nexusflow_domain::insight::Hash;

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

/// Reads one-time links.
#[async_trait]
pub trait VerificationReader: Send + Sync {
    /// The one of a link that somebody has; not bound to a tenant. Not of a deleted one.
    async fn verification(&self, id: VerificationId) -> Result<Option<Verification>, StoreError>;

    /// The one of a purpose that was made last for a person, of whichever tenant.
    async fn latest(&self, user: UserId, purpose: VerificationPurpose) -> Result<Option<Verification>, StoreError>;

    /// Those of the given invitations that there are, in any order.
    async fn invitations(&self, scope: &Scope, ids: &[VerificationId]) -> Result<Vec<Verification>, StoreError>;

    /// A page of the invitations, the newest first.
    async fn list_invitations(&self, scope: &Scope, page: &PageRequest) -> Result<Page<Verification>, StoreError>;

    /// The invitation of an address that has not come to its end, expired or not.
    async fn open_invitation(&self, scope: &Scope, email: &Email) -> Result<Option<Verification>, StoreError>;
}

/// Reads about organizations from outside of them.
#[async_trait]
pub trait OrganizationReader: Send + Sync {
    /// Every plan, the smallest first.
    async fn plans(&self) -> Result<Vec<Plan>, StoreError>;

    /// The tenant with a slug that was deleted after an instant.
    async fn deleted(&self, slug: &Slug, after: Timestamp) -> Result<Option<Organization>, StoreError>;
}

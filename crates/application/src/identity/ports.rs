use async_trait::async_trait;
use nexusflow_domain::identity::Email;
use nexusflow_domain::ids::{OrganizationId, UserId};

use crate::access::Scope;
use crate::identity::{Organization, SignInRecord, User, UserFilter};
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

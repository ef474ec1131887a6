use std::sync::Arc;

use async_trait::async_trait;
use nexusflow_domain::access::Permission;
use nexusflow_domain::ids::{DelegationId, OrganizationId, RoleId, UserId, WorkflowId};

use crate::access::{
    Delegation, DelegationFilter, DelegationScope, PolicyHorizon, PolicySnapshot, Role, RoleGrant, Scope,
};
use crate::{Page, PageRequest, StoreError};

/// Decides about permissions. The adapter keeps a snapshot of each organization's mappings.
#[async_trait]
pub trait PolicyEngine: Send + Sync {
    /// Whether one of the roles that the person holds everywhere, or in the workflow if one is given, is granted
    /// the permission.
    async fn allows(
        &self,
        organization: OrganizationId,
        user: UserId,
        permission: Permission,
        workflow: Option<WorkflowId>,
    ) -> Result<bool, StoreError>;

    /// The mappings as the engine sees them now.
    async fn snapshot(&self, organization: OrganizationId) -> Result<Arc<PolicySnapshot>, StoreError>;

    /// The mappings as they are stored now, whatever the engine remembers: nothing that was committed
    /// before the question is missing.
    async fn fresh_snapshot(&self, organization: OrganizationId) -> Result<Arc<PolicySnapshot>, StoreError>;

    /// Mappings were changed by this process: the next question sees them.
    async fn changed(&self, organization: OrganizationId);
}

/// Where the policy engine reads mappings from.
#[async_trait]
pub trait PolicySource: Send + Sync {
    /// The version of the organization's mappings; grows with every change. 0 for an unknown one.
    async fn policy_version(&self, organization: OrganizationId) -> Result<u64, StoreError>;

    /// All mappings of the organization, consistent with the version they carry, and what is over since
    /// the horizon.
    async fn policy(&self, organization: OrganizationId, horizon: PolicyHorizon) -> Result<PolicySnapshot, StoreError>;
}

/// Reads roles and mappings.
#[async_trait]
pub trait AccessReader: Send + Sync {
    /// Those of the given roles that exist, in any order.
    async fn roles(&self, scope: &Scope, ids: &[RoleId]) -> Result<Vec<Role>, StoreError>;

    /// All roles by name.
    async fn list_roles(&self, scope: &Scope, page: &PageRequest) -> Result<Page<Role>, StoreError>;

    /// Which of the given people hold which roles where, in any order.
    async fn grants_of_users(&self, scope: &Scope, users: &[UserId]) -> Result<Vec<RoleGrant>, StoreError>;

    /// What the given roles are granted.
    async fn permissions_of_roles(
        &self,
        scope: &Scope,
        roles: &[RoleId],
    ) -> Result<Vec<(RoleId, Permission)>, StoreError>;

    /// Who holds a role, everywhere or in some workflow, by id, each once.
    async fn holders(&self, scope: &Scope, role: RoleId, page: &PageRequest) -> Result<Page<UserId>, StoreError>;
}

/// Reads delegations.
#[async_trait]
pub trait DelegationReader: Send + Sync {
    /// Those of the given delegations that the scope sees, in any order.
    async fn delegations(&self, scope: &DelegationScope, ids: &[DelegationId]) -> Result<Vec<Delegation>, StoreError>;

    /// A page of delegations, newest first.
    async fn list_delegations(
        &self,
        scope: &DelegationScope,
        filter: &DelegationFilter,
        page: &PageRequest,
    ) -> Result<Page<Delegation>, StoreError>;
}

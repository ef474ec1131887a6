use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use nexusflow_domain::access::Permission;
use nexusflow_domain::ids::{OrganizationId, RoleId, UserId};

use crate::StoreError;
use crate::access::{PolicyEngine, PolicySnapshot, PolicySource};

/// Decides on the mappings as they are in the store at the moment of the question; keeps nothing.
pub struct SimplePolicy {
    source: Arc<dyn PolicySource>,
}

impl SimplePolicy {
    /// A policy on a store's mappings.
    pub fn new(source: Arc<dyn PolicySource>) -> Self {
        Self { source }
    }
}

#[async_trait]
impl PolicyEngine for SimplePolicy {
    async fn roles_of(
        &self,
        organization: OrganizationId,
        user: UserId,
    ) -> Result<Option<BTreeSet<RoleId>>, StoreError> {
        Ok(self.source.policy(organization).await?.members.remove(&user))
    }

    async fn allows(
        &self,
        organization: OrganizationId,
        user: UserId,
        permission: Permission,
    ) -> Result<bool, StoreError> {
        let policy = self.source.policy(organization).await?;
        let grants = |role| policy.grants.get(role).is_some_and(|granted| granted.contains(&permission));
        Ok(policy.members.get(&user).is_some_and(|held| held.iter().any(grants)))
    }

    async fn snapshot(&self, organization: OrganizationId) -> Result<Arc<PolicySnapshot>, StoreError> {
        Ok(Arc::new(self.source.policy(organization).await?))
    }

    async fn changed(&self, _organization: OrganizationId) {}
}

use std::sync::Arc;

use async_trait::async_trait;
use chrono::TimeDelta;
use nexusflow_domain::access::Permission;
use nexusflow_domain::ids::{OrganizationId, UserId, WorkflowId};

use crate::StoreError;
use crate::access::{PolicyEngine, PolicyHorizon, PolicySnapshot, PolicySource};
use crate::platform::Clock;

/// Decides on the mappings as they are in the store at the moment of the question; keeps nothing.
pub struct SimplePolicy {
    source: Arc<dyn PolicySource>,
    clock: Arc<dyn Clock>,
}

impl SimplePolicy {
    /// A policy on a store's mappings.
    pub fn new(source: Arc<dyn PolicySource>, clock: Arc<dyn Clock>) -> Self {
        Self { source, clock }
    }
}

#[async_trait]
impl PolicyEngine for SimplePolicy {
    async fn allows(
        &self,
        organization: OrganizationId,
        user: UserId,
        permission: Permission,
        workflow: Option<WorkflowId>,
    ) -> Result<bool, StoreError> {
        Ok(self.snapshot(organization).await?.rights_of(user).allow(permission, workflow))
    }

    async fn snapshot(&self, organization: OrganizationId) -> Result<Arc<PolicySnapshot>, StoreError> {
        self.fresh_snapshot(organization).await
    }

    async fn fresh_snapshot(&self, organization: OrganizationId) -> Result<Arc<PolicySnapshot>, StoreError> {
        let since = self.clock.now() - TimeDelta::days(7);
        let horizon = PolicyHorizon { delegations: since, sessions: since };
        Ok(Arc::new(self.source.policy(organization, horizon).await?))
    }

    async fn changed(&self, _organization: OrganizationId) {}
}

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use moka::sync::Cache;
use nexusflow_application::StoreError;
use nexusflow_application::access::{PolicyEngine, PolicyHorizon, PolicySnapshot, PolicySource};
use nexusflow_application::platform::Clock;
use nexusflow_domain::access::Permission;
use nexusflow_domain::ids::{OrganizationId, UserId, WorkflowId};

use crate::cache::{CachedPolicy, Question};
use crate::compiled::CompiledPolicy;

/// How long what was read is believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PolicySettings {
    /// A change made by another process acts at most this long after its commit; so often is the
    /// policy's version compared, per organization and only when somebody asks.
    pub check_interval: Duration,
    /// While the version cannot be compared, the last confirmed policy is served at most this long
    /// after its confirmation; then every question is an error. A policy known to have changed is
    /// never served.
    pub grace: Duration,
    /// After a failure the source is left alone for this long; questions fail at once meanwhile.
    pub retry_interval: Duration,
    /// Delegations that ended so long ago are still known, so that a denial can say when.
    pub ended_delegations: Duration,
    /// Sessions that were revoked so long ago are still known: longer than an access token is accepted.
    pub revoked_sessions: Duration,
    /// The most organizations kept in memory; the least recently asked about go first.
    pub max_organizations: u64,
}

impl Default for PolicySettings {
    fn default() -> Self {
        Self {
            check_interval: Duration::from_secs(1),
            grace: Duration::from_secs(30),
            retry_interval: Duration::from_millis(500),
            ended_delegations: Duration::from_hours(7 * 24),
            revoked_sessions: Duration::from_hours(25),
            max_organizations: 1_000,
        }
    }
}

/// The application's policy engine: an enforcer per organization in a bounded cache.
pub struct CasbinPolicy {
    source: Arc<dyn PolicySource>,
    clock: Arc<dyn Clock>,
    settings: PolicySettings,
    organizations: Cache<OrganizationId, Arc<CachedPolicy>>,
}

impl CasbinPolicy {
    /// An engine on a source of mappings, with the usual [`PolicySettings`].
    pub fn new(source: Arc<dyn PolicySource>, clock: Arc<dyn Clock>) -> Self {
        Self::with_settings(source, clock, PolicySettings::default())
    }

    /// An engine with other bounds.
    pub fn with_settings(source: Arc<dyn PolicySource>, clock: Arc<dyn Clock>, settings: PolicySettings) -> Self {
        Self { source, clock, settings, organizations: Cache::new(settings.max_organizations) }
    }

    async fn current(&self, organization: OrganizationId) -> Result<Arc<CompiledPolicy>, StoreError> {
        self.cached(organization).get(&self.question(organization), &self.settings).await
    }

    fn question(&self, organization: OrganizationId) -> Question<'_> {
        let now = self.clock.now();
        let horizon = PolicyHorizon {
            delegations: now - self.settings.ended_delegations,
            sessions: now - self.settings.revoked_sessions,
        };
        Question { source: &*self.source, organization, horizon }
    }

    fn cached(&self, organization: OrganizationId) -> Arc<CachedPolicy> {
        self.organizations.get_with(organization, Arc::default)
    }
}

#[async_trait]
impl PolicyEngine for CasbinPolicy {
    async fn allows(
        &self,
        organization: OrganizationId,
        user: UserId,
        permission: Permission,
        workflow: Option<WorkflowId>,
    ) -> Result<bool, StoreError> {
        self.current(organization).await?.allows(user, permission, workflow)
    }

    async fn snapshot(&self, organization: OrganizationId) -> Result<Arc<PolicySnapshot>, StoreError> {
        Ok(self.current(organization).await?.snapshot().clone())
    }

    async fn fresh_snapshot(&self, organization: OrganizationId) -> Result<Arc<PolicySnapshot>, StoreError> {
        let policy = self.cached(organization).fresh(&self.question(organization)).await?;
        Ok(policy.snapshot().clone())
    }

    async fn changed(&self, organization: OrganizationId) {
        self.cached(organization).announce();
    }
}

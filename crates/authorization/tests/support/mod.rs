//! A source of mappings in memory, as the stores provide one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use nexusflow_application::StoreError;
use nexusflow_application::access::{Holdings, PolicyHorizon, PolicySnapshot, PolicySource};
use nexusflow_application::platform::Clock;
use nexusflow_authorization::CasbinPolicy;
use nexusflow_domain::Timestamp;
use nexusflow_domain::access::{BuiltInRole, Permission};
use nexusflow_domain::ids::{OrganizationId, RoleId, UserId};
use uuid::Uuid;

/// Mappings of several organizations; counts what is asked of it.
#[derive(Default)]
pub struct MemorySource {
    snapshots: Mutex<BTreeMap<OrganizationId, PolicySnapshot>>,
    pub version_checks: AtomicUsize,
    pub loads: AtomicUsize,
    pub down: AtomicBool,
    pub latency: Duration,
}

impl MemorySource {
    pub fn new(organization: OrganizationId, snapshot: PolicySnapshot) -> Self {
        let snapshots = Mutex::new(BTreeMap::from([(organization, snapshot)]));
        Self { snapshots, ..Self::default() }
    }

    /// Changes the mappings and counts the version up.
    pub fn change(&self, organization: OrganizationId, change: impl FnOnce(&mut PolicySnapshot)) {
        let mut snapshots = self.snapshots.lock().expect("no panic elsewhere");
        let snapshot = snapshots.entry(organization).or_default();
        change(snapshot);
        snapshot.version += 1;
    }

    async fn answer(&self, organization: OrganizationId) -> Result<PolicySnapshot, StoreError> {
        tokio::time::sleep(self.latency).await;
        if self.down.load(Ordering::SeqCst) {
            return Err(StoreError::Unavailable("down".into()));
        }
        Ok(self.snapshots.lock().expect("no panic elsewhere").get(&organization).cloned().unwrap_or_default())
    }
}

#[async_trait]
impl PolicySource for MemorySource {
    async fn policy_version(&self, organization: OrganizationId) -> Result<u64, StoreError> {
        self.version_checks.fetch_add(1, Ordering::SeqCst);
        Ok(self.answer(organization).await?.version)
    }

    async fn policy(&self, organization: OrganizationId, _: PolicyHorizon) -> Result<PolicySnapshot, StoreError> {
        self.loads.fetch_add(1, Ordering::SeqCst);
        self.answer(organization).await
    }
}

/// An engine on a source.
pub fn engine_on(source: Arc<MemorySource>) -> CasbinPolicy {
    CasbinPolicy::new(source, Arc::new(StoppedClock))
}

/// No delegation begins or ends here.
struct StoppedClock;

impl Clock for StoppedClock {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }
}

pub fn organization(n: u128) -> OrganizationId {
    OrganizationId::from_uuid(Uuid::from_u128(n))
}

pub fn user(n: u128) -> UserId {
    UserId::from_uuid(Uuid::from_u128(n))
}

pub fn role(n: u128) -> RoleId {
    RoleId::from_uuid(Uuid::from_u128(n))
}

/// Roles held in all workflows.
pub fn held<const N: usize>(roles: [RoleId; N]) -> Holdings {
    Holdings { everywhere: BTreeSet::from(roles), ..Holdings::default() }
}

/// The built-in roles from 1 on, each held by the user of the same number; user 0 holds none.
pub fn built_in() -> PolicySnapshot {
    let mut snapshot = PolicySnapshot { version: 1, ..PolicySnapshot::default() };
    for (n, built_in) in (1..).zip(BuiltInRole::ALL) {
        snapshot.roles.insert(role(n), built_in.name().to_owned());
        snapshot.grants.insert(role(n), built_in.permissions().into_iter().collect::<BTreeSet<Permission>>());
        snapshot.members.insert(user(n), held([role(n)]));
    }
    snapshot.members.insert(user(0), Holdings::default());
    snapshot
}

//! The application on a store, with a clock and ids that tests control, one tenant and one workflow.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use chrono::TimeDelta;
use nexusflow_application::access::Scope;
use nexusflow_application::fakes::fixture::{Tenant, single_approval};
use nexusflow_application::fakes::{ManualClock, MemoryStore, SimplePolicy, ports};
use nexusflow_application::platform::Clock;
use nexusflow_application::request::{CommitConflict, CommitUnit, LoadedRequest, NewRequest, RequestStore};
use nexusflow_application::{Application, Ports, Result, StoreError};
use nexusflow_domain::ids::{RequestId, WorkflowId};
use nexusflow_domain::workflow::Priority;
use nexusflow_domain::{JsonMap, Timestamp};
use nexusflow_persistence::{Database, DatabaseOptions, Store};

pub struct Bench {
    pub store: Store,
    pub clock: Arc<ManualClock>,
    pub application: Arc<Application>,
    pub tenant: Tenant,
    /// The name of a role that somebody holds.
    pub role: String,
    workflow: WorkflowId,
    withholding: Arc<Withholding>,
    withheld: Application,
}

impl Bench {
    pub async fn new(url: &str) -> Self {
        let store = connect(url).await;
        let clock = Arc::new(ManualClock::default());
        let ports = wire(&store, &clock);
        let application = Arc::new(Application::new(&ports));
        let tenant = Tenant::create(&application, &ports, "acme").await.unwrap();
        let reviewers = tenant.role("Reviewer").await.unwrap();
        tenant.user("reviewer", &[reviewers]).await.unwrap();
        let workflow = tenant.publish("Review", single_approval("Reviewer").unwrap()).await.unwrap();
        let withholding = Arc::new(Withholding { store: store.clone(), units: Mutex::default() });
        let withheld = Application::new(&Ports { requests: withholding.clone(), ..ports });
        Self { store, clock, application, tenant, role: "Reviewer".to_owned(), workflow, withholding, withheld }
    }

    pub fn scope(&self) -> Scope {
        Scope::system(self.tenant.organization.id)
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub async fn start(&self, new: NewRequest) -> Result<RequestId> {
        self.application.requests.start(&self.tenant.admin, new, None).await.map(|written| written.id)
    }

    pub async fn start_now(&self) -> RequestId {
        self.clock.advance(TimeDelta::milliseconds(1));
        self.start(new_request(self.workflow)).await.unwrap()
    }

    /// What the cancellation of a request would write; it is not written.
    pub async fn withhold_cancel(&self, request: RequestId) -> CommitUnit {
        assert!(self.withheld.requests.cancel(&self.tenant.admin, request, None).await.is_err());
        self.withholding.units.lock().unwrap().pop().unwrap()
    }

    pub async fn close(self) {
        self.store.database().clone().close().await.unwrap();
    }
}

/// Keeps units instead of writing them.
struct Withholding {
    store: Store,
    units: Mutex<Vec<CommitUnit>>,
}

#[async_trait]
impl RequestStore for Withholding {
    async fn load(&self, wanted: &[(Scope, RequestId)]) -> Result<Vec<LoadedRequest>, StoreError> {
        self.store.load(wanted).await
    }

    async fn commit(&self, units: Vec<CommitUnit>) -> Result<Vec<Result<(), CommitConflict>>, StoreError> {
        self.units.lock().unwrap().extend(units);
        Err(StoreError::Failed("withheld".into()))
    }

    fn writers(&self) -> usize {
        self.store.writers()
    }
}

pub async fn connect(url: &str) -> Store {
    Store::new(Database::connect(&DatabaseOptions::new(url)).await.unwrap())
}

pub fn new_request(workflow: WorkflowId) -> NewRequest {
    NewRequest {
        workflow,
        title: None,
        reference: None,
        priority: Priority::Normal,
        variables: JsonMap::new(),
        starts_at: None,
        due_at: None,
    }
}

fn wire(store: &Store, clock: &Arc<ManualClock>) -> Ports {
    let stored = Arc::new(store.clone());
    Ports {
        policy: Arc::new(SimplePolicy::new(stored.clone(), clock.clone())),
        administration: stored.clone(),
        identity: stored.clone(),
        access: stored.clone(),
        delegations: stored.clone(),
        workflows: stored.clone(),
        requests: stored.clone(),
        request_reader: stored.clone(),
        steps: stored.clone(),
        notifications: stored.clone(),
        audit: stored.clone(),
        jobs: stored.clone(),
        job_pauses: stored.clone(),
        maintenance: stored,
        ..ports(&Arc::new(MemoryStore::default()), clock)
    }
}

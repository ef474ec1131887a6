use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;
use nexusflow_application::access::{AccessReader, DelegationReader, PolicySource};
use nexusflow_application::administration::AdministrationStore;
use nexusflow_application::identity::{IdentityReader, OrganizationReader, SessionStore, VerificationReader};
use nexusflow_application::insight::AuditReader;
use nexusflow_application::platform::{MailQueue, Maintenance};
use nexusflow_application::request::{
    JobPauseReader, JobStore, MessageReader, MessageStore, NotificationReader, RequestReader, RequestStore, StepReader,
};
use nexusflow_application::workflow::WorkflowReader;

/// Every storage port.
#[derive(Clone)]
#[expect(missing_docs, reason = "each field is the port that its type documents")]
pub struct StorePorts {
    pub administration: Arc<dyn AdministrationStore>,
    pub requests: Arc<dyn RequestStore>,
    pub jobs: Arc<dyn JobStore>,
    pub job_pauses: Arc<dyn JobPauseReader>,
    pub messages: Arc<dyn MessageStore>,
    pub message_reader: Arc<dyn MessageReader>,
    pub policy: Arc<dyn PolicySource>,
    pub identity: Arc<dyn IdentityReader>,
    pub sessions: Arc<dyn SessionStore>,
    pub organizations: Arc<dyn OrganizationReader>,
    pub verifications: Arc<dyn VerificationReader>,
    pub mails: Arc<dyn MailQueue>,
    pub access: Arc<dyn AccessReader>,
    pub delegations: Arc<dyn DelegationReader>,
    pub workflows: Arc<dyn WorkflowReader>,
    pub request_reader: Arc<dyn RequestReader>,
    pub steps: Arc<dyn StepReader>,
    pub notifications: Arc<dyn NotificationReader>,
    pub audit: Arc<dyn AuditReader>,
    pub maintenance: Arc<dyn Maintenance>,
}

impl StorePorts {
    /// All of them on one store.
    pub fn of<S>(store: &Arc<S>) -> Self
    where
        S: AdministrationStore
            + RequestStore
            + JobStore
            + JobPauseReader
            + MessageStore
            + MessageReader
            + PolicySource
            + IdentityReader
            + SessionStore
            + OrganizationReader
            + VerificationReader
            + MailQueue
            + AccessReader
            + DelegationReader
            + WorkflowReader
            + RequestReader
            + StepReader
            + NotificationReader
            + AuditReader
            + Maintenance
            + 'static,
    {
        Self {
            administration: store.clone(),
            requests: store.clone(),
            jobs: store.clone(),
            job_pauses: store.clone(),
            messages: store.clone(),
            message_reader: store.clone(),
            policy: store.clone(),
            identity: store.clone(),
            sessions: store.clone(),
            organizations: store.clone(),
            verifications: store.clone(),
            mails: store.clone(),
            access: store.clone(),
            delegations: store.clone(),
            workflows: store.clone(),
            request_reader: store.clone(),
            steps: store.clone(),
            notifications: store.clone(),
            audit: store.clone(),
            maintenance: store.clone(),
        }
    }
}

/// What removes a test's database again.
pub type Cleanup = BoxFuture<'static, anyhow::Result<()>>;

/// An empty database of one test's own.
pub struct Harness {
    /// Its ports.
    pub ports: StorePorts,
    /// Removes it; run after the contract, whether kept or broken.
    pub cleanup: Cleanup,
}

/// Runs one contract on a fresh harness; passes, with a note, where there is none.
pub async fn run(
    harness: impl AsyncFnOnce() -> Option<Harness>,
    contract: impl AsyncFnOnce(&StorePorts) -> anyhow::Result<()>,
) {
    let Some(harness) = harness().await else { return };
    let outcome = AssertUnwindSafe(contract(&harness.ports)).catch_unwind().await;
    drop(harness.ports);
    let cleaned = harness.cleanup.await;
    match outcome {
        Err(panic) => std::panic::resume_unwind(panic),
        Ok(kept) => assert!(kept.is_ok(), "{kept:?}"),
    }
    assert!(cleaned.is_ok(), "{cleaned:?}");
}

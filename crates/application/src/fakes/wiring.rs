use std::sync::Arc;

use crate::Ports;
use crate::fakes::{
    ManualClock, MemoryMailer, MemoryStore, PlainLinks, PlainPasswords, PlainWebhooks, ScriptedHttp, SequentialIds,
    SimplePolicy, TestTokens,
};
use crate::identity::{OrganizationCreation, SessionLimits};

/// Every port on fakes: one store, one clock for everything (tokens too).
pub fn ports(store: &Arc<MemoryStore>, clock: &Arc<ManualClock>) -> Ports {
    Ports {
        clock: clock.clone(),
        ids: Arc::new(SequentialIds::new(clock.clone())),
        passwords: Arc::new(PlainPasswords),
        tokens: Arc::new(TestTokens::new(clock.clone())),
        policy: Arc::new(SimplePolicy::new(store.clone(), clock.clone())),
        administration: store.clone(),
        identity: store.clone(),
        sessions: store.clone(),
        session_limits: SessionLimits::default(),
        organizations: store.clone(),
        verifications: store.clone(),
        access: store.clone(),
        delegations: store.clone(),
        workflows: store.clone(),
        requests: store.clone(),
        request_reader: store.clone(),
        steps: store.clone(),
        notifications: store.clone(),
        audit: store.clone(),
        jobs: store.clone(),
        job_pauses: store.clone(),
        messages: store.clone(),
        message_reader: store.clone(),
        webhooks: Arc::new(PlainWebhooks),
        http: Arc::new(ScriptedHttp::default()),
        mailer: Arc::new(MemoryMailer::default()),
        mails: store.clone(),
        links: Arc::new(PlainLinks),
        organization_creation: OrganizationCreation::SignedIn,
        maintenance: store.clone(),
    }
}

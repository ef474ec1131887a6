use std::fmt::Debug;
use std::sync::Arc;

use chrono::TimeDelta;
use nexusflow_application::access::{Authorizer, Member, Permit, PolicyHorizon, PolicySnapshot, Scope};
use nexusflow_application::administration::{AdministrationCommit, Change};
use nexusflow_application::fakes::fixture::Tenant;
use nexusflow_application::fakes::{
    ManualClock, MemoryMailer, PlainLinks, PlainPasswords, PlainWebhooks, ScriptedHttp, SequentialIds, SimplePolicy,
    TestTokens,
};
use nexusflow_application::identity::{OrganizationCreation, SessionLimits};
use nexusflow_application::request::{LoadedRequest, RequestStep};
use nexusflow_application::{Application, Call, Error, Ports, Refused};
use nexusflow_domain::JsonMap;
use nexusflow_domain::ids::{OrganizationId, RequestId, WorkflowId};
use nexusflow_domain::insight::AuditRecord;
use nexusflow_domain::request::{RequestEvent, fold};

use crate::StorePorts;

/// The application on the ports under test, with a clock, ids and a policy that tests control, and
/// one tenant.
pub struct Bench {
    pub storage: StorePorts,
    pub clock: Arc<ManualClock>,
    pub ports: Ports,
    /// What actions send.
    pub http: Arc<ScriptedHttp>,
    pub mailer: Arc<MemoryMailer>,
    pub application: Arc<Application>,
    pub acme: Tenant,
}

impl Bench {
    pub async fn new(storage: &StorePorts) -> anyhow::Result<Self> {
        let clock = Arc::new(ManualClock::default());
        let (http, mailer) = (Arc::new(ScriptedHttp::default()), Arc::new(MemoryMailer::default()));
        let ports = Ports { http: http.clone(), mailer: mailer.clone(), ..wire(storage, &clock) };
        let application = Arc::new(Application::new(&ports));
        let acme = Tenant::create(&application, &ports, "acme").await?;
        Ok(Self { storage: storage.clone(), clock, ports, http, mailer, application, acme })
    }

    /// A second tenant of the same database.
    pub async fn foreign(&self) -> anyhow::Result<Tenant> {
        Ok(Tenant::create(&self.application, &self.ports, "globex").await?)
    }

    /// Another server on the same database: nothing of the first one's memory.
    pub fn second_application(&self) -> Application {
        Application::new(&self.ports)
    }

    pub fn scope(&self) -> Scope {
        scope_of(&self.acme)
    }

    pub fn authorizer(&self) -> Authorizer {
        let Ports { policy, administration, clock, ids, .. } = self.ports.clone();
        Authorizer::new(policy, administration, clock, ids)
    }

    pub fn member(&self, call: &Call) -> Permit<Member> {
        self.authorizer().member(call)
    }

    pub fn pass(&self, seconds: i64) {
        self.clock.advance(TimeDelta::seconds(seconds));
    }

    pub async fn start(&self, call: &Call, workflow: WorkflowId) -> anyhow::Result<RequestId> {
        Ok(self.acme.start(call, workflow, JsonMap::new()).await?)
    }

    /// The mappings of a tenant as they are stored.
    pub async fn policy(&self, organization: OrganizationId) -> anyhow::Result<PolicySnapshot> {
        let now = self.ports.clock.now();
        Ok(self.storage.policy.policy(organization, PolicyHorizon { delegations: now, sessions: now }).await?)
    }

    /// The request as the engine loads it.
    pub async fn load(&self, request: RequestId) -> anyhow::Result<LoadedRequest> {
        let found = self.storage.requests.load(&[(self.scope(), request)]).await?.pop();
        found.ok_or_else(|| anyhow::anyhow!("{request} is not there"))
    }

    pub async fn journal(&self, request: RequestId) -> anyhow::Result<Vec<AuditRecord>> {
        let stream = nexusflow_application::insight::StreamId::Request(request);
        Ok(self.storage.audit.stream(&self.scope(), stream, 0, 10_000).await?)
    }

    pub async fn steps(&self, request: RequestId) -> anyhow::Result<Vec<RequestStep>> {
        Ok(self.storage.steps.steps_of(&self.scope(), &[request]).await?)
    }

    /// Checks that the stored state is what the journal leads to, and the head its last hash.
    pub async fn check_fold(&self, request: RequestId) -> anyhow::Result<()> {
        let (loaded, journal) = (self.load(request).await?, self.journal(request).await?);
        let events = journal.iter().map(|record| serde_json::from_str::<RequestEvent>(&record.payload));
        let events: Vec<_> = events.collect::<Result<_, _>>()?;
        assert_eq!(loaded.state, fold(&events), "the state is not the fold of the journal");
        assert_eq!(Some(loaded.head), journal.last().map(|record| record.hash), "the head is not the last hash");
        assert_eq!(loaded.state.version, journal.len() as u64);
        Ok(())
    }

    /// Checks every chain and every state of every tenant.
    pub async fn check_intact(&self) -> anyhow::Result<()> {
        let verification = self.application.audit.verify_all().await?;
        assert!(verification.is_intact(), "{:#?}", verification.findings);
        Ok(())
    }

    /// Writes changes of a tenant without entries.
    pub async fn change(
        &self,
        tenant: &Tenant,
        changes: Vec<Change>,
    ) -> Result<(), nexusflow_application::administration::CommitError> {
        let commit = AdministrationCommit::of_system(tenant.organization.id, changes, Vec::new());
        self.storage.administration.commit(commit).await
    }
}

pub fn scope_of(tenant: &Tenant) -> Scope {
    Scope::system(tenant.organization.id)
}

/// The refusal that was to come.
pub fn refused<T: Debug>(result: Result<T, Error>) -> anyhow::Result<Refused> {
    match result {
        Err(Error::Refused(refused)) => Ok(*refused),
        other => Err(anyhow::anyhow!("expected a refusal, found {other:?}")),
    }
}

fn wire(storage: &StorePorts, clock: &Arc<ManualClock>) -> Ports {
    let StorePorts {
        administration,
        requests,
        jobs,
        job_pauses,
        messages,
        message_reader,
        policy,
        identity,
        sessions,
        organizations,
        verifications,
        mails,
        access,
        delegations,
        workflows,
        request_reader,
        steps,
        notifications,
        audit,
        maintenance,
    } = storage.clone();
    Ports {
        clock: clock.clone(),
        ids: Arc::new(SequentialIds::new(clock.clone())),
        passwords: Arc::new(PlainPasswords),
        tokens: Arc::new(TestTokens::new(clock.clone())),
        policy: Arc::new(SimplePolicy::new(policy, clock.clone())),
        administration,
        identity,
        sessions,
        session_limits: SessionLimits::default(),
        organizations,
        verifications,
        access,
        delegations,
        workflows,
        requests,
        request_reader,
        steps,
        notifications,
        audit,
        jobs,
        job_pauses,
        messages,
        message_reader,
        webhooks: Arc::new(PlainWebhooks),
        http: Arc::new(ScriptedHttp::default()),
        mailer: Arc::new(MemoryMailer::default()),
        mails,
        links: Arc::new(PlainLinks),
        organization_creation: OrganizationCreation::SignedIn,
        maintenance,
    }
}

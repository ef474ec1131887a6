use std::sync::Arc;

use crate::access::{AccessReader, AccessService, Authorizer, DelegationReader, PolicyEngine};
use crate::administration::{AdministrationStore, Registrar};
use crate::identity::{
    AccountService, IdentityReader, IdentityService, OrganizationCreation, OrganizationReader, OrganizationService,
    SessionLimits, SessionStore, VerificationReader,
};
use crate::insight::{AuditReader, AuditService};
use crate::platform::{
    Clock, HttpCaller, IdGenerator, MailQueue, MailService, Mailer, Maintenance, OneTimeLinks, PasswordHasher,
    RetentionService, TokenIssuer,
};
use crate::request::{
    ActionService, CallService, ExplanationService, JobPauseReader, JobPauseService, JobStore, MessageReader,
    MessageService, MessageStore, NotificationReader, RequestReadService, RequestReader, RequestService, RequestStore,
    StepReader, TimerService, WebhookAddresses, WebhookService, WorkerService,
};
use crate::workflow::{Catalogue, WorkflowReader, WorkflowService};

/// Every port, as the composition root fills them, and how long sessions last.
#[derive(Clone)]
#[expect(missing_docs, reason = "each field is the port that its type documents")]
pub struct Ports {
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn IdGenerator>,
    pub passwords: Arc<dyn PasswordHasher>,
    pub tokens: Arc<dyn TokenIssuer>,
    pub policy: Arc<dyn PolicyEngine>,
    pub administration: Arc<dyn AdministrationStore>,
    pub identity: Arc<dyn IdentityReader>,
    pub sessions: Arc<dyn SessionStore>,
    pub session_limits: SessionLimits,
    pub organizations: Arc<dyn OrganizationReader>,
    pub verifications: Arc<dyn VerificationReader>,
    pub access: Arc<dyn AccessReader>,
    pub delegations: Arc<dyn DelegationReader>,
    pub workflows: Arc<dyn WorkflowReader>,
    pub requests: Arc<dyn RequestStore>,
    pub request_reader: Arc<dyn RequestReader>,
    pub steps: Arc<dyn StepReader>,
    pub notifications: Arc<dyn NotificationReader>,
    pub audit: Arc<dyn AuditReader>,
    pub jobs: Arc<dyn JobStore>,
    pub job_pauses: Arc<dyn JobPauseReader>,
    pub messages: Arc<dyn MessageStore>,
    pub message_reader: Arc<dyn MessageReader>,
    pub webhooks: Arc<dyn WebhookAddresses>,
    pub http: Arc<dyn HttpCaller>,
    pub mailer: Arc<dyn Mailer>,
    pub mails: Arc<dyn MailQueue>,
    pub links: Arc<dyn OneTimeLinks>,
    pub maintenance: Arc<dyn Maintenance>,
    pub organization_creation: OrganizationCreation,
}

/// Every use case.
pub struct Application {
    /// People, their membership, signing in.
    pub identity: IdentityService,
    /// The life of organizations.
    pub organizations: OrganizationService,
    /// What people do about their own accounts.
    pub accounts: AccountService,
    /// What is written to people.
    pub mails: MailService,
    /// Roles, mappings, explanations.
    pub access: AccessService,
    /// Definitions.
    pub workflows: WorkflowService,
    /// Changing requests.
    pub requests: Arc<RequestService>,
    /// Reading requests.
    pub request_reads: RequestReadService,
    /// Why requests are where they are, and where they were.
    pub explanations: ExplanationService,
    /// Messages from outside.
    pub messages: MessageService,
    /// What workers carry out.
    pub workers: WorkerService,
    /// What NexusFlow itself carries out.
    pub actions: ActionService,
    /// Holding work back for a while.
    pub job_pauses: JobPauseService,
    /// Calls from outside that steps wait for.
    pub webhooks: WebhookService,
    /// What time sets off.
    pub timers: TimerService,
    /// What steps call.
    pub calls: CallService,
    /// The audit log.
    pub audit: AuditService,
    /// Removing what was kept long enough.
    pub retention: RetentionService,
    /// The storage's upkeep.
    pub maintenance: Arc<dyn Maintenance>,
    /// The time that use cases run on.
    pub clock: Arc<dyn Clock>,
}

impl Application {
    /// Puts the use cases together.
    pub fn new(ports: &Ports) -> Self {
        let authorizer =
            Authorizer::new(ports.policy.clone(), ports.administration.clone(), ports.clock.clone(), ports.ids.clone());
        let registrar = Registrar::new(ports.administration.clone(), ports.clock.clone(), ports.ids.clone());
        let catalogue = Catalogue::new(ports.workflows.clone());
        let requests = Arc::new(RequestService::new(ports, authorizer.clone(), registrar.clone(), catalogue.clone()));
        Self {
            identity: IdentityService::new(ports, authorizer.clone(), registrar.clone(), requests.clone()),
            organizations: OrganizationService::new(ports, authorizer.clone(), registrar.clone()),
            accounts: AccountService::new(ports, authorizer.clone(), registrar.clone()),
            mails: MailService::new(ports, registrar.clone()),
            access: AccessService::new(ports, authorizer.clone(), registrar.clone(), catalogue.clone()),
            explanations: ExplanationService::new(ports, authorizer.clone(), catalogue.clone()),
            webhooks: WebhookService::new(ports, requests.clone()),
            messages: MessageService::new(ports, authorizer.clone(), registrar.clone(), requests.clone()),
            workflows: WorkflowService::new(ports, authorizer.clone(), registrar, catalogue),
            request_reads: RequestReadService::new(ports, authorizer.clone()),
            workers: WorkerService::new(ports, requests.clone()),
            actions: ActionService::new(ports, requests.clone()),
            job_pauses: JobPauseService::new(ports, requests.clone()),
            timers: TimerService::new(ports, requests.clone()),
            calls: CallService::new(ports, requests.clone()),
            requests,
            audit: AuditService::new(ports, authorizer),
            retention: RetentionService::new(ports),
            maintenance: ports.maintenance.clone(),
            clock: ports.clock.clone(),
        }
    }
}

use std::collections::{BTreeMap, BTreeSet};

use nexusflow_domain::Timestamp;
use nexusflow_domain::access::Permission;
use nexusflow_domain::identity::Slug;
use nexusflow_domain::ids::{
    DelegationId, JobId, JobPauseId, MailId, MessageId, NotificationId, OrganizationId, RequestId, RequestStepId,
    RoleId, SessionId, UserId, VerificationId, WorkflowId, WorkflowVersionId,
};
use nexusflow_domain::insight::{AuditRecord, Hash};
use nexusflow_domain::request::{RequestState, Subscriber};
use nexusflow_domain::workflow;

use crate::access::{Delegation, Role, RoleMapping};
use crate::idempotency::IdempotencyEntry;
use crate::identity::{Organization, Session, User, Verification};
use crate::platform::QueuedMail;
use crate::request::{Escalation, JobKind, JobPause, Message, Notification, Request, RequestStep, Subscription};
use crate::workflow::{Workflow, WorkflowVersion};

/// Every table.
#[derive(Debug, Clone, Default)]
pub(super) struct World {
    pub organizations: BTreeMap<OrganizationId, OrganizationRow>,
    pub users: BTreeMap<UserId, UserRow>,
    pub memberships: BTreeMap<(OrganizationId, UserId), Membership>,
    pub sessions: BTreeMap<SessionId, Session>,
    pub refresh_tokens: BTreeMap<[u8; 32], RefreshTokenRow>,
    pub verifications: BTreeMap<VerificationId, Verification>,
    pub mails: BTreeMap<MailId, MailRow>,
    pub roles: BTreeMap<RoleId, Role>,
    /// By whom and when each was made.
    pub role_mappings: BTreeMap<(OrganizationId, RoleMapping), (Option<UserId>, Timestamp)>,
    pub permission_mappings: BTreeSet<(RoleId, Permission)>,
    pub delegations: BTreeMap<DelegationId, Delegation>,
    pub workflows: BTreeMap<WorkflowId, Workflow>,
    pub versions: BTreeMap<WorkflowVersionId, VersionRow>,
    pub requests: BTreeMap<RequestId, RequestRow>,
    pub steps: BTreeMap<(RequestId, RequestStepId), StepRow>,
    pub escalations: BTreeMap<RequestId, Vec<Escalation>>,
    pub notifications: BTreeMap<NotificationId, (OrganizationId, Notification)>,
    pub jobs: BTreeMap<JobId, JobRow>,
    pub job_pauses: BTreeMap<JobPauseId, JobPause>,
    pub messages: BTreeMap<MessageId, Message>,
    pub subscriptions: BTreeMap<(RequestId, Subscriber), (OrganizationId, Subscription)>,
    /// The last fence given out; no two claims share one.
    pub fence: u64,
    pub journals: BTreeMap<RequestId, Vec<AuditRecord>>,
    pub administration: BTreeMap<OrganizationId, Vec<AuditRecord>>,
    pub idempotency: BTreeMap<(OrganizationId, UserId, String), IdempotencyEntry>,
}

#[derive(Debug, Clone)]
pub(super) struct OrganizationRow {
    pub organization: Organization,
    pub policy_version: u64,
    pub head: (u64, Hash),
    pub deleted_at: Option<Timestamp>,
}

#[derive(Debug, Clone)]
pub(super) struct MailRow {
    pub mail: QueuedMail,
    pub run_at: Timestamp,
    pub lease_until: Option<Timestamp>,
    pub attempt: u32,
    pub fence: u64,
}

#[derive(Debug, Clone)]
pub(super) struct UserRow {
    /// Its `deactivated_at` is not used: that belongs to the membership.
    pub user: User,
    pub password_hash: Option<String>,
}

#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_field_names, reason = "they are instants")]
pub(super) struct Membership {
    pub joined_at: Timestamp,
    pub deactivated_at: Option<Timestamp>,
    /// When the person stopped being a member; he is deactivated then, too.
    pub removed_at: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct RefreshTokenRow {
    pub session: SessionId,
    pub expires_at: Timestamp,
    pub used_at: Option<Timestamp>,
}

#[derive(Debug, Clone)]
pub(super) struct VersionRow {
    pub organization: OrganizationId,
    pub version: WorkflowVersion,
}

#[derive(Debug, Clone)]
pub(super) struct RequestRow {
    pub state: RequestState,
    pub head: Hash,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

#[derive(Debug, Clone)]
pub(super) struct StepRow {
    pub organization: OrganizationId,
    pub step: RequestStep,
    pub excluded: BTreeSet<UserId>,
}

#[derive(Debug, Clone)]
pub(super) struct JobRow {
    pub organization: OrganizationId,
    pub kind: JobKind,
    pub request: RequestId,
    pub workflow: Option<WorkflowId>,
    pub step_kind: Option<workflow::JobKind>,
    pub job_type: Option<String>,
    pub target: Option<String>,
    pub called: Option<RequestId>,
    pub attempt: u32,
    pub run_at: Timestamp,
    /// Stays due, whatever the request's state says, until a worker has looked.
    pub woken: bool,
    pub lease_until: Option<Timestamp>,
    pub fence: u64,
    /// By which it is parked.
    pub pause: Option<JobPauseId>,
    /// Whether it is put away because its organization was deleted.
    pub shelved: bool,
}

impl World {
    pub fn organization_by_slug(&self, slug: &Slug) -> Option<&OrganizationRow> {
        self.organizations.values().find(|row| row.organization.slug == *slug)
    }

    pub fn is_deleted(&self, organization: OrganizationId) -> bool {
        self.organizations.get(&organization).is_none_or(|row| row.deleted_at.is_some())
    }

    /// A person as one tenant sees them; `None` when not a member there.
    pub fn member(&self, organization: OrganizationId, user: UserId) -> Option<User> {
        let membership = self.memberships.get(&(organization, user))?;
        let row = self.users.get(&user)?;
        Some(User { deactivated_at: membership.deactivated_at, ..row.user.clone() })
    }

    pub fn is_active_member(&self, organization: OrganizationId, user: UserId) -> bool {
        self.memberships.get(&(organization, user)).is_some_and(|membership| membership.deactivated_at.is_none())
    }

    pub fn role(&self, organization: OrganizationId, role: RoleId) -> Option<&Role> {
        self.roles.get(&role).filter(|role| role.organization == organization)
    }

    /// Who holds which roles where within a tenant.
    pub fn mappings(&self, organization: OrganizationId) -> impl Iterator<Item = &RoleMapping> {
        self.role_mappings.keys().filter(move |(tenant, _)| *tenant == organization).map(|(_, mapping)| mapping)
    }

    /// A workflow that is not deleted.
    pub fn workflow(&self, organization: OrganizationId, workflow: WorkflowId) -> Option<&Workflow> {
        let found = self.workflows.get(&workflow)?;
        (found.organization == organization && found.deleted_at.is_none()).then_some(found)
    }

    pub fn request(&self, organization: OrganizationId, request: RequestId) -> Option<&RequestRow> {
        self.requests.get(&request).filter(|row| row.state.organization == organization)
    }
}

impl RequestRow {
    /// As lists and details show it.
    pub fn view(&self) -> Request {
        Request::of(&self.state, self.created_at, self.updated_at)
    }
}

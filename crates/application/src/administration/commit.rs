use nexusflow_domain::ids::OrganizationId;

use crate::access::{Member, Permit, actions};
use crate::administration::{Change, NewAuditEntry};
use crate::idempotency::IdempotencyEntry;

/// One transaction's worth of changes. Only made with the permit that its changes need.
#[derive(Debug, Clone, PartialEq)]
pub struct AdministrationCommit {
    /// The tenant.
    pub(crate) organization: OrganizationId,
    /// What to write, in order.
    pub(crate) changes: Vec<Change>,
    /// What to put on record.
    pub(crate) entries: Vec<NewAuditEntry>,
    /// The caller's idempotency key.
    pub(crate) idempotency: Option<IdempotencyEntry>,
    /// The policy version on which it was judged that the caller may.
    pub(crate) policy_version: Option<u64>,
}

macro_rules! permitted {
    ($($(#[$doc:meta])* $name:ident($action:ident);)*) => {
        impl AdministrationCommit {$(
            $(#[$doc])*
            pub fn $name(permit: &Permit<actions::$action>, changes: Vec<Change>, entries: Vec<NewAuditEntry>) -> Self {
                Self { organization: permit.organization(), changes, entries, idempotency: None, policy_version: None }
            }
        )*}
    };
}

permitted! {
    /// Changes of people.
    of_users(ManageUser);
    /// Changes of roles and mappings.
    of_roles(ManageRole);
    /// Name, slug and settings of the organization.
    of_organization(ManageOrganization);
    /// Its plan.
    of_plan(ManageBilling);
    /// Its deletion.
    of_organization_deletion(DeleteOrganization);
    /// A new workflow.
    of_new_workflow(CreateWorkflow);
    /// Changes of a draft.
    of_draft(EditWorkflow);
    /// Publication and choice of the active version.
    of_publication(PublishWorkflow);
    /// Pausing and going on.
    of_pause(PauseWorkflow);
    /// Archiving.
    of_archive(ArchiveWorkflow);
    /// Deletion.
    of_deletion(DeleteWorkflow);
    /// A message from outside.
    of_message(PublishMessage);
    /// A pause of work, or its end.
    of_job_pauses(ManageRequest);
}

impl AdministrationCommit {
    /// A new delegation or the end of one, of which the caller has checked whose it is.
    pub(crate) fn of_delegation(permit: &Permit<Member>, change: Change, entry: NewAuditEntry) -> Self {
        Self {
            organization: permit.organization(),
            changes: vec![change],
            entries: vec![entry],
            idempotency: None,
            policy_version: None,
        }
    }

    /// The end of a session, of which the caller has checked whose it is.
    pub(crate) fn of_visible_session(permit: &Permit<Member>, change: Change, entry: NewAuditEntry) -> Self {
        Self {
            organization: permit.organization(),
            changes: vec![change],
            entries: vec![entry],
            idempotency: None,
            policy_version: None,
        }
    }

    /// What a member changes about his own account and membership.
    pub(crate) fn of_own_account(permit: &Permit<Member>, changes: Vec<Change>, entries: Vec<NewAuditEntry>) -> Self {
        Self { organization: permit.organization(), changes, entries, idempotency: None, policy_version: None }
    }

    /// Entries without a change: sign-ins and denials.
    pub fn of_entries(organization: OrganizationId, entries: Vec<NewAuditEntry>) -> Self {
        Self { organization, changes: Vec::new(), entries, idempotency: None, policy_version: None }
    }

    /// For NexusFlow itself: creating organizations, recording sign-ins.
    pub fn of_system(organization: OrganizationId, changes: Vec<Change>, entries: Vec<NewAuditEntry>) -> Self {
        Self { organization, changes, entries, idempotency: None, policy_version: None }
    }

    /// Stores the caller's idempotency key in the same transaction.
    #[must_use]
    pub fn with_idempotency(mut self, entry: Option<IdempotencyEntry>) -> Self {
        self.idempotency = entry;
        self
    }

    /// Writes nothing unless the mappings are still those of this policy version.
    #[must_use]
    pub fn judged_on(mut self, policy_version: u64) -> Self {
        self.policy_version = Some(policy_version);
        self
    }

    /// The tenant.
    pub const fn organization(&self) -> OrganizationId {
        self.organization
    }

    /// What to write, in order.
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// What to put on record.
    pub fn entries(&self) -> &[NewAuditEntry] {
        &self.entries
    }

    /// The caller's idempotency key.
    pub const fn idempotency(&self) -> Option<&IdempotencyEntry> {
        self.idempotency.as_ref()
    }

    /// The policy version that must be the stored one; any will do when `None`.
    pub const fn policy_version(&self) -> Option<u64> {
        self.policy_version
    }

    /// Whether other processes must read the organization's mappings again: the store then counts
    /// the organization's policy version up.
    pub fn changes_policy(&self) -> bool {
        self.changes.iter().any(|change| match change {
            Change::CreateOrganization(_)
            | Change::DeleteOrganization { .. }
            | Change::RestoreOrganization { .. }
            | Change::AddMember { .. }
            | Change::RemoveMember { .. }
            | Change::SetMemberDeactivated { .. }
            | Change::RevokeSession { .. }
            | Change::RevokeSessionsOf { .. }
            | Change::CreateRole(_)
            | Change::UpdateRole(_)
            | Change::DeleteRole(_)
            | Change::GrantRole { .. }
            | Change::RevokeRole { .. }
            | Change::CreateDelegation(_)
            | Change::RevokeDelegation { .. }
            | Change::GrantPermission { .. }
            | Change::RevokePermission { .. }
            | Change::PurgeWorkflow { .. } => true,
            Change::CreateUser { .. }
            | Change::UpdateOrganization(_)
            | Change::SetPassword { .. }
            | Change::SetEmailVerified { .. }
            | Change::SetEmail { .. }
            | Change::CreateVerification(_)
            | Change::RenewVerification { .. }
            | Change::EndVerification { .. }
            | Change::EndVerificationsOf { .. }
            | Change::CountAttempt { .. }
            | Change::QueueMail(_)
            | Change::AbandonMail { .. }
            | Change::RecordSignIn { .. }
            | Change::BeginSession { .. }
            | Change::RefreshSession { .. }
            | Change::CreateWorkflow(_)
            | Change::UpdateWorkflow(_)
            | Change::SaveDraft(_)
            | Change::PublishVersion(_)
            | Change::SetVersionStatus { .. }
            | Change::RequireNoLiveRequest(_)
            | Change::PublishMessage(_)
            | Change::PauseJobs(_)
            | Change::ResumeJobs(_) => false,
        })
    }
}

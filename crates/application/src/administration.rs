//! The one write path of everything but requests: a list of changes with their audit entries, in
//! one transaction. The request engine has its own ([`crate::request::RequestStore`]).

use async_trait::async_trait;
use nexusflow_domain::Timestamp;
use nexusflow_domain::access::Permission;
use nexusflow_domain::identity::Email;
use nexusflow_domain::ids::{AuditEntryId, OrganizationId, RoleId, UserId, WorkflowId, WorkflowVersionId};
use nexusflow_domain::insight::{AuditRecord, Hash, Origin, StreamKind, canonical_json, hash_record};
use nexusflow_domain::workflow::VersionStatus;
use serde_json::Value;
use uuid::Uuid;

use crate::access::{Permit, Role, actions};
use crate::idempotency::{IdempotencyEntry, IdempotencyRecord};
use crate::identity::{Organization, User};
use crate::workflow::{Draft, PublishedRows, Workflow};
use crate::{Error, Refused, StoreError};

/// Something to write. Changes of one commit are applied in order, all or none.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// A new tenant.
    CreateOrganization(Organization),
    /// A new person; `AlreadyExists { field: "email" }` when the address is taken.
    CreateUser {
        /// The person.
        user: User,
        /// Argon2id in PHC form; `None` for somebody who cannot sign in with a password.
        password_hash: Option<String>,
    },
    /// A person joins the commit's organization.
    AddMember {
        /// Who.
        user: UserId,
        /// When.
        at: Timestamp,
    },
    /// A member may no longer act in the organization (`Some`), or may again.
    SetMemberDeactivated {
        /// Who.
        user: UserId,
        /// Since when.
        at: Option<Timestamp>,
    },
    /// The time of a sign-in.
    RecordSignIn {
        /// Who.
        user: UserId,
        /// When.
        at: Timestamp,
    },
    /// A new role; `AlreadyExists { field: "name" }` when the name is taken.
    CreateRole(Role),
    /// New name and description of a role.
    UpdateRole(Role),
    /// Removes a role and its mappings; `InUse` when a workflow names it.
    DeleteRole(RoleId),
    /// A member holds a role; no effect when it is so already.
    GrantRole {
        /// Who.
        user: UserId,
        /// Which.
        role: RoleId,
        /// By whom.
        by: Option<UserId>,
        /// When.
        at: Timestamp,
    },
    /// A member no longer holds a role.
    RevokeRole {
        /// Who.
        user: UserId,
        /// Which.
        role: RoleId,
    },
    /// A role is granted a permission; no effect when it is so already.
    GrantPermission {
        /// Which role.
        role: RoleId,
        /// What.
        permission: Permission,
        /// When.
        at: Timestamp,
    },
    /// A role is no longer granted a permission.
    RevokePermission {
        /// Which role.
        role: RoleId,
        /// What.
        permission: Permission,
    },
    /// A new workflow; `AlreadyExists { field: "name" }` when the name is taken.
    CreateWorkflow(Workflow),
    /// The workflow's new row. `version` is the new one; the stored one must be the one before,
    /// otherwise `Stale`.
    UpdateWorkflow(Workflow),
    /// Creates or replaces the workflow's draft version.
    SaveDraft(Draft),
    /// Turns the draft version into a published one: its steps and transitions become rows.
    PublishVersion(PublishedRows),
    /// A published version's new status.
    SetVersionStatus {
        /// Which.
        version: WorkflowVersionId,
        /// PUBLISHED or RETIRED.
        status: VersionStatus,
    },
    /// Refuses the commit with `InUse` while a request of the workflow is live. The check and the
    /// other changes are one transaction, against which a start cannot slip in.
    RequireNoLiveRequest(WorkflowId),
    /// Removes a workflow and its versions for good; `Missing` unless it was deleted before the instant,
    /// `InUse` when a request refers to it.
    PurgeWorkflow {
        /// Which.
        workflow: WorkflowId,
        /// Only when it was deleted before this.
        deleted_before: Timestamp,
    },
}

/// An audit entry before it is chained.
#[derive(Debug, Clone, PartialEq)]
pub struct NewAuditEntry {
    /// Its id.
    pub id: AuditEntryId,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: Option<UserId>,
    /// What happened, such as `ROLE_GRANTED`.
    pub event: &'static str,
    /// What it was about: type and id.
    pub subject: Option<(String, Uuid)>,
    /// Details.
    pub payload: Value,
    /// What it changed, before.
    pub before: Option<Value>,
    /// What it changed, after.
    pub after: Option<Value>,
    /// From where.
    pub origin: Origin,
}

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
}

macro_rules! permitted {
    ($($(#[$doc:meta])* $name:ident($action:ident);)*) => {
        impl AdministrationCommit {$(
            $(#[$doc])*
            pub fn $name(permit: &Permit<actions::$action>, changes: Vec<Change>, entries: Vec<NewAuditEntry>) -> Self {
                Self { organization: permit.organization(), changes, entries, idempotency: None }
            }
        )*}
    };
}

permitted! {
    /// Changes of people.
    of_users(ManageUser);
    /// Changes of roles and mappings.
    of_roles(ManageRole);
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
}

impl AdministrationCommit {
    /// Entries without a change: sign-ins and denials.
    pub fn of_entries(organization: OrganizationId, entries: Vec<NewAuditEntry>) -> Self {
        Self { organization, changes: Vec::new(), entries, idempotency: None }
    }

    /// For NexusFlow itself: creating organizations, recording sign-ins.
    pub fn of_system(organization: OrganizationId, changes: Vec<Change>, entries: Vec<NewAuditEntry>) -> Self {
        Self { organization, changes, entries, idempotency: None }
    }

    /// Stores the caller's idempotency key in the same transaction.
    #[must_use]
    pub fn with_idempotency(mut self, entry: Option<IdempotencyEntry>) -> Self {
        self.idempotency = entry;
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

    /// Whether other processes must read the organization's mappings again: the store then counts
    /// the organization's policy version up.
    pub fn changes_policy(&self) -> bool {
        self.changes.iter().any(|change| match change {
            Change::CreateOrganization(_)
            | Change::AddMember { .. }
            | Change::SetMemberDeactivated { .. }
            | Change::CreateRole(_)
            | Change::UpdateRole(_)
            | Change::DeleteRole(_)
            | Change::GrantRole { .. }
            | Change::RevokeRole { .. }
            | Change::GrantPermission { .. }
            | Change::RevokePermission { .. } => true,
            Change::CreateUser { .. }
            | Change::RecordSignIn { .. }
            | Change::CreateWorkflow(_)
            | Change::UpdateWorkflow(_)
            | Change::SaveDraft(_)
            | Change::PublishVersion(_)
            | Change::SetVersionStatus { .. }
            | Change::RequireNoLiveRequest(_)
            | Change::PurgeWorkflow { .. } => false,
        })
    }
}

/// Why a commit wrote nothing.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// The workflow's stored version is not the one before the new one.
    #[error("stale; the current version is {current}")]
    Stale {
        /// The stored version.
        current: u64,
    },
    /// Something unique is taken.
    #[error("{field} {value:?} is taken")]
    Duplicate {
        /// Which field: email, name, slug.
        field: &'static str,
        /// The value.
        value: String,
    },
    /// A row that the change needs is not there (any more).
    #[error("no {kind} {id}")]
    Missing {
        /// What kind of thing.
        kind: &'static str,
        /// Its id.
        id: String,
    },
    /// Others refer to what was to be removed.
    #[error("{message}")]
    InUse {
        /// By what, for people.
        message: String,
    },
    /// The idempotency key was stored by a concurrent call.
    #[error("the idempotency key is in use")]
    IdempotencyKeyTaken,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl CommitError {
    /// A commit without changes can only fail in the store.
    pub(crate) fn into_store_error(self) -> StoreError {
        match self {
            Self::Store(error) => error,
            other => StoreError::Failed(Box::new(other)),
        }
    }
}

impl From<CommitError> for Error {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Stale { current } => Refused::StaleVersion { current }.into(),
            CommitError::Duplicate { field, value } => Refused::AlreadyExists { field, value }.into(),
            CommitError::Missing { kind, id } => Refused::NotFound { kind, id }.into(),
            CommitError::InUse { message } => Refused::InUse { message }.into(),
            CommitError::IdempotencyKeyTaken => Refused::Contended.into(),
            CommitError::Store(error) => Self::Store(error),
        }
    }
}

/// Writes administration.
#[async_trait]
pub trait AdministrationStore: Send + Sync {
    /// Applies all changes in order and appends the entries to the organization's audit stream (its
    /// head is locked first), or writes nothing. Entries are chained by [`chain_entries`].
    async fn commit(&self, commit: AdministrationCommit) -> Result<(), CommitError>;

    /// What was stored for somebody's idempotency key, if it is not older than a day or so.
    async fn idempotency_record(
        &self,
        organization: OrganizationId,
        user: UserId,
        key: &str,
    ) -> Result<Option<IdempotencyRecord>, StoreError>;

    /// Whether an address belongs to a person already.
    async fn email_is_taken(&self, email: &Email) -> Result<bool, StoreError>;
}

/// Chains new entries to the head of an organization's stream: its last number (0 when empty) and
/// hash. The last record's number and hash are the new head.
pub fn chain_entries(organization: OrganizationId, head: (u64, Hash), entries: &[NewAuditEntry]) -> Vec<AuditRecord> {
    let (mut seq, mut prev_hash) = head;
    entries
        .iter()
        .map(|entry| {
            seq += 1;
            let mut record = AuditRecord {
                id: entry.id,
                organization,
                kind: StreamKind::Organization,
                stream: organization.uuid(),
                seq,
                at: entry.at,
                actor: entry.actor,
                event: entry.event.to_owned(),
                subject: entry.subject.clone(),
                payload: canonical_json(&entry.payload),
                before: entry.before.as_ref().map(canonical_json),
                after: entry.after.as_ref().map(canonical_json),
                origin: entry.origin.clone(),
                prev_hash,
                hash: Hash::GENESIS,
            };
            record.hash = hash_record(&record);
            prev_hash = record.hash;
            record
        })
        .collect()
}

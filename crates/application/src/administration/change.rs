use nexusflow_domain::Timestamp;
use nexusflow_domain::access::Permission;
use nexusflow_domain::ids::{DelegationId, JobPauseId, RoleId, UserId, WorkflowId, WorkflowVersionId};
use nexusflow_domain::workflow::VersionStatus;

use crate::access::{Delegation, Role, RoleMapping};
use crate::identity::{Organization, User};
use crate::request::{JobPause, Message};
use crate::workflow::{Draft, PublishedRows, Workflow};

/// Something to write. Changes of one commit are applied in order, all or none. With a change of who holds
/// a role, the timers of requests with open votes in which the role counts become due.
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
    /// A member may no longer act in the organization, or may again; `LastOwner` when nobody active would own the
    /// organization.
    SetMemberDeactivated {
        /// Who.
        user: UserId,
        /// Whether he may no longer.
        deactivated: bool,
        /// Since when.
        at: Timestamp,
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
        /// Who holds what where.
        mapping: RoleMapping,
        /// By whom.
        by: Option<UserId>,
        /// When.
        at: Timestamp,
    },
    /// A member no longer holds a role there; `LastOwner` when nobody active would own the organization.
    RevokeRole {
        /// Who held what where.
        mapping: RoleMapping,
        /// When.
        at: Timestamp,
    },
    /// A member may act on behalf of another.
    CreateDelegation(Delegation),
    /// Ends a delegation; `Missing` when there is none that is not over at that instant.
    RevokeDelegation {
        /// Which.
        delegation: DelegationId,
        /// By whom.
        by: UserId,
        /// When.
        at: Timestamp,
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
    /// A new message from outside, which nothing has received.
    PublishMessage(Message),
    /// A new pause of work.
    PauseJobs(JobPause),
    /// Removes a pause and frees what it has parked, against which no claim can park anything more; `Missing` when
    /// there is no such pause.
    ResumeJobs(JobPauseId),
    /// Removes a workflow and its versions for good; `Missing` unless it was deleted before the instant,
    /// `InUse` when a request refers to it.
    PurgeWorkflow {
        /// Which.
        workflow: WorkflowId,
        /// Only when it was deleted before this.
        deleted_before: Timestamp,
    },
}

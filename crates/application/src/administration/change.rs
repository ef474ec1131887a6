use nexusflow_domain::Timestamp;
use nexusflow_domain::access::Permission;
use nexusflow_domain::identity::{Email, SessionEnd, VerificationEnd};
use nexusflow_domain::ids::{
    DelegationId, JobPauseId, MailId, RoleId, SessionId, UserId, VerificationId, WorkflowId, WorkflowVersionId,
};
use nexusflow_domain::insight::Hash;
use nexusflow_domain::workflow::VersionStatus;

use crate::access::{Delegation, Role, RoleMapping};
use crate::identity::{Organization, Session, User, Verification};
use crate::platform::QueuedMail;
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
    /// The organization's new row. `version` is the new one; the stored one must be the one before, otherwise
    /// `Stale`. `AlreadyExists { field: "slug" }` when the slug is taken.
    UpdateOrganization(Organization),
    /// Nobody signs in to the commit's organization or acts there any more, and its jobs are not done; `Missing` when
    /// it is so already.
    DeleteOrganization {
        /// When.
        at: Timestamp,
    },
    /// All of that ends; `Missing` unless the organization was deleted after an instant.
    RestoreOrganization {
        /// When.
        at: Timestamp,
        /// Only when it was deleted after this.
        deleted_after: Timestamp,
    },
    /// A person joins the commit's organization, or comes back to it; `AlreadyExists { field: "user" }` when he is an
    /// active member.
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
    /// A person is no member any more: he holds no role, and what he lent and was lent ends. `Missing` when he is
    /// none.
    RemoveMember {
        /// Who.
        user: UserId,
        /// By whom.
        by: UserId,
        /// Since when.
        at: Timestamp,
    },
    /// A new password of a member, past ones too.
    SetPassword {
        /// Whose.
        user: UserId,
        /// Argon2id in PHC form.
        password_hash: String,
        /// When.
        at: Timestamp,
    },
    /// Mail to a member's address has reached him; no effect when that was known.
    SetEmailVerified {
        /// Whose.
        user: UserId,
        /// Which address: `Missing` when it is not his any more.
        email: Email,
        /// When.
        at: Timestamp,
    },
    /// A member's new address, of which it is known that mail reaches him; `AlreadyExists { field: "email" }` when it
    /// is taken.
    SetEmail {
        /// Whose.
        user: UserId,
        /// Which.
        email: Email,
        /// When.
        at: Timestamp,
    },
    /// A new one-time link; `AlreadyExists { field: "email" }` when it is an invitation and the address has an open
    /// one.
    CreateVerification(Verification),
    /// Makes a new link of an open verification, after which the ones before are dead; `Missing` unless its serial
    /// number is the one before.
    RenewVerification {
        /// Which.
        verification: VerificationId,
        /// The new serial number.
        serial: u32,
        /// Until when the new link can be used.
        expires_at: Timestamp,
    },
    /// Ends an open verification; of two that do so, one finds it `Missing`.
    EndVerification {
        /// Which.
        verification: VerificationId,
        /// The serial number of the link that ends it, which must be the latest.
        serial: u32,
        /// How.
        end: VerificationEnd,
        /// When; one that is used must not have expired.
        at: Timestamp,
    },
    /// Takes back every open verification of a person, of whichever tenant.
    EndVerificationsOf {
        /// Whose.
        user: UserId,
        /// When.
        at: Timestamp,
    },
    /// A link was used in vain.
    CountAttempt {
        /// Of which verification.
        verification: VerificationId,
    },
    /// A mail to be sent.
    QueueMail(QueuedMail),
    /// Removes a mail that is not to be sent after all; `Missing` when the claim was lost.
    AbandonMail {
        /// Which.
        mail: MailId,
        /// The claim's.
        fence: u64,
    },
    /// The time of a sign-in.
    RecordSignIn {
        /// Who.
        user: UserId,
        /// When.
        at: Timestamp,
    },
    /// A new session of a member, with the hash of its first refresh token, which can be used until the
    /// session ends.
    BeginSession {
        /// The session.
        session: Session,
        /// Of the token.
        token: Hash,
    },
    /// Uses up a refresh token and puts the next one in its place, which can be used until the session
    /// ends. `Missing` unless the token is unused and its session live at the instant when it was last seen.
    RefreshSession {
        /// The session as it is from now on.
        session: Session,
        /// The hash of the token that is used up.
        used: Hash,
        /// The hash of the next one.
        next: Hash,
    },
    /// Ends a session before its time; `Missing` when there is none that is live at the instant.
    RevokeSession {
        /// Which.
        session: SessionId,
        /// Why.
        end: SessionEnd,
        /// When.
        at: Timestamp,
    },
    /// Ends every live session of a member in the commit's organization; no effect when there is none.
    RevokeSessionsOf {
        /// Whose.
        user: UserId,
        /// Why.
        end: SessionEnd,
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

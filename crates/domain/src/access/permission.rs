use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

macro_rules! permissions {
    ($($(#[doc = $doc:literal])* $variant:ident = $code:literal;)*) => {
        /// A granular right, system-wide. Roles of an organization are granted permissions.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "SCREAMING_SNAKE_CASE")]
        pub enum Permission { $($(#[doc = $doc])* $variant,)* }

        impl Permission {
            /// Every permission, in the catalogue's order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The stable code, such as `CREATE_WORKFLOW`.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// What the permission allows, for people.
            pub const fn description(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),*).trim_ascii(),)* }
            }
        }

        impl FromStr for Permission {
            type Err = UnknownPermission;

            fn from_str(code: &str) -> Result<Self, UnknownPermission> {
                match code { $($code => Ok(Self::$variant),)* _ => Err(UnknownPermission(code.chars().take(64).collect())) }
            }
        }
    };
}

/// A code that names no permission.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a permission")]
pub struct UnknownPermission(pub String);

permissions! {
    /// Create workflows.
    CreateWorkflow = "CREATE_WORKFLOW";
    /// Change the draft of a workflow.
    EditWorkflow = "EDIT_WORKFLOW";
    /// Publish a draft, so that new requests run on it.
    PublishWorkflow = "PUBLISH_WORKFLOW";
    /// Pause a workflow and make it active again.
    PauseWorkflow = "PAUSE_WORKFLOW";
    /// Archive a workflow for good.
    ArchiveWorkflow = "ARCHIVE_WORKFLOW";
    /// Delete a workflow that has no live request.
    DeleteWorkflow = "DELETE_WORKFLOW";
    /// See workflows and their versions.
    ViewWorkflow = "VIEW_WORKFLOW";
    /// Start requests.
    StartRequest = "START_REQUEST";
    /// See every request of the organization, not only one's own and those one works on.
    ViewRequest = "VIEW_REQUEST";
    /// Suspend, resume and cancel requests of others.
    ManageRequest = "MANAGE_REQUEST";
    /// Publish messages to requests that wait for them.
    PublishMessage = "PUBLISH_MESSAGE";
    /// Claim, release and complete tasks one is a candidate for.
    CompleteTask = "COMPLETE_TASK";
    /// Claim, release and decide approvals one is a candidate for.
    ApproveRequest = "APPROVE_REQUEST";
    /// Fetch, complete and fail the jobs of service and agent steps, as a worker.
    WorkJobs = "WORK_JOBS";
    /// See the organization's users.
    ViewUser = "VIEW_USER";
    /// Create users and change their roles.
    ManageUser = "MANAGE_USER";
    /// See roles and what they are granted.
    ViewRole = "VIEW_ROLE";
    /// Create roles and change what they are granted.
    ManageRole = "MANAGE_ROLE";
    /// Read and verify the audit log.
    ViewAudit = "VIEW_AUDIT";
    /// Change the organization's settings.
    ManageOrganization = "MANAGE_ORGANIZATION";
    /// Delete the organization and restore it while that is possible.
    DeleteOrganization = "DELETE_ORGANIZATION";
    /// See and change the organization's plan and subscription.
    ManageBilling = "MANAGE_BILLING";
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

use async_graphql::{Enum, SimpleObject};
use nexusflow_domain::access;

/// A granular right, the same in every organization. Roles are granted permissions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "access::Permission")]
pub enum Permission {
    /// Create workflows.
    CreateWorkflow,
    /// Change the draft of a workflow.
    EditWorkflow,
    /// Publish a draft, so that new requests run on it.
    PublishWorkflow,
    /// Pause a workflow and make it active again.
    PauseWorkflow,
    /// Archive a workflow for good.
    ArchiveWorkflow,
    /// Delete a workflow that has no live request.
    DeleteWorkflow,
    /// See workflows and their versions.
    ViewWorkflow,
    /// Start requests.
    StartRequest,
    /// See every request of the organization, not only one's own and those one works on.
    ViewRequest,
    /// Suspend, resume and cancel requests of others.
    ManageRequest,
    /// Publish messages to requests that wait for them.
    PublishMessage,
    /// Claim, release and complete tasks one is a candidate for.
    CompleteTask,
    /// Claim, release and decide approvals one is a candidate for.
    ApproveRequest,
    /// Fetch, complete and fail the jobs of service and agent steps, as a worker.
    WorkJobs,
    /// See the organization's users.
    ViewUser,
    /// Create users and change their roles.
    ManageUser,
    /// See roles and what they are granted.
    ViewRole,
    /// Create roles and change what they are granted.
    ManageRole,
    /// Read and verify the audit log.
    ViewAudit,
    /// Change the organization's settings.
    ManageOrganization,
    /// Delete the organization and restore it while that is possible.
    DeleteOrganization,
    /// See and change the organization's plan and subscription.
    ManageBilling,
}

/// A permission of the catalogue.
#[derive(Debug, Clone, SimpleObject)]
pub struct PermissionDefinition {
    /// The permission.
    pub code: Permission,
    /// What it allows, for people.
    pub description: String,
}

impl From<access::Permission> for PermissionDefinition {
    fn from(permission: access::Permission) -> Self {
        Self { code: permission.into(), description: permission.description().to_owned() }
    }
}

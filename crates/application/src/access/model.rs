use nexusflow_domain::Timestamp;
use nexusflow_domain::ids::{OrganizationId, RoleId, UserId, WorkflowId};

/// A role of one organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// The role.
    pub id: RoleId,
    /// Its tenant.
    pub organization: OrganizationId,
    /// Unique within the tenant; 1 to 100 characters.
    pub name: String,
    /// For people.
    pub description: String,
    /// Whether the role came with the organization; such a role is neither renamed nor deleted.
    pub built_in: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// From which instants on a policy knows what is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PolicyHorizon {
    /// Delegations that ended after this are known, and those that have not ended.
    pub delegations: Timestamp,
    /// Sessions that were revoked after this are known.
    pub sessions: Timestamp,
}

/// That a member holds a role: in all workflows, or in one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct RoleMapping {
    /// Who.
    pub user: UserId,
    /// Which role.
    pub role: RoleId,
    /// In this workflow only; `None` in all, and in what belongs to none.
    pub workflow: Option<WorkflowId>,
}

impl RoleMapping {
    /// That a member holds a role in all workflows.
    pub const fn everywhere(user: UserId, role: RoleId) -> Self {
        Self { user, role, workflow: None }
    }
}

/// A mapping, and who made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoleGrant {
    /// Who holds what where.
    pub mapping: RoleMapping,
    /// By whom; `None` when NexusFlow itself made it, with the organization.
    pub granted_by: Option<UserId>,
    /// When.
    pub granted_at: Timestamp,
}

use std::collections::{BTreeMap, BTreeSet};

use nexusflow_domain::Timestamp;
use nexusflow_domain::access::Permission;
use nexusflow_domain::ids::{OrganizationId, RoleId, UserId};

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

/// Everything that decides about access within one organization, at one policy version.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PolicySnapshot {
    /// The version of mappings that this is.
    pub version: u64,
    /// Names of all roles.
    pub roles: BTreeMap<RoleId, String>,
    /// Role → what it is granted.
    pub grants: BTreeMap<RoleId, BTreeSet<Permission>>,
    /// Active member → roles held; members without a role have an empty set.
    pub members: BTreeMap<UserId, BTreeSet<RoleId>>,
}

impl PolicySnapshot {
    /// The active members who hold a role.
    pub fn holders_of(&self, role: RoleId) -> BTreeSet<UserId> {
        self.members.iter().filter(|(_, held)| held.contains(&role)).map(|(&user, _)| user).collect()
    }
}

/// Why somebody may or may not do something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessExplanation {
    /// Whether it is allowed.
    pub allowed: bool,
    /// The permission in question.
    pub permission: Permission,
    /// Roles held by the person that grant it, sorted by name.
    pub granted_by: Vec<String>,
    /// Roles of the organization that would grant it, sorted by name.
    pub roles_that_grant: Vec<String>,
    /// Roles the person holds, sorted by name.
    pub roles_held: Vec<String>,
}

use std::collections::{BTreeMap, BTreeSet};

use nexusflow_domain::Timestamp;
use nexusflow_domain::access::{DelegationTerm, Delegator, Permission, Principal};
use nexusflow_domain::ids::{OrganizationId, RoleId, SessionId, UserId};

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
    /// Delegate → delegator → when and where; without those that ended some time ago.
    pub delegations: BTreeMap<UserId, BTreeMap<UserId, Vec<DelegationTerm>>>,
    /// Sessions that were revoked not longer ago than access tokens live.
    pub revoked_sessions: BTreeSet<SessionId>,
}

impl PolicySnapshot {
    /// A person with everything that decides what he may do; `None` when not an active member.
    pub fn principal(&self, organization: OrganizationId, user: UserId) -> Option<Principal> {
        let roles = self.members.get(&user)?.clone();
        let delegators = self.delegations.get(&user).into_iter().flatten();
        let delegators = delegators.filter_map(|(&delegator, terms)| self.delegator(delegator, terms)).collect();
        Some(Principal { user, organization, roles, permissions: self.permissions_of(user), delegators })
    }

    fn delegator(&self, user: UserId, terms: &[DelegationTerm]) -> Option<Delegator> {
        let roles = self.members.get(&user)?.clone();
        Some(Delegator { user, roles, permissions: self.permissions_of(user), terms: terms.to_vec() })
    }

    /// What the roles of a person allow.
    pub fn permissions_of(&self, user: UserId) -> BTreeSet<Permission> {
        let held = self.members.get(&user).into_iter().flatten();
        held.filter_map(|role| self.grants.get(role)).flatten().copied().collect()
    }

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

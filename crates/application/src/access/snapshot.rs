use std::collections::{BTreeMap, BTreeSet};

use nexusflow_domain::access::{DelegationTerm, Delegator, Held, Permission, Principal, Rights};
use nexusflow_domain::ids::{OrganizationId, RoleId, SessionId, UserId, WorkflowId};

/// Everything that decides about access within one organization, at one policy version.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PolicySnapshot {
    /// The version of mappings that this is.
    pub version: u64,
    /// Names of all roles.
    pub roles: BTreeMap<RoleId, String>,
    /// Role → what it is granted.
    pub grants: BTreeMap<RoleId, BTreeSet<Permission>>,
    /// Active member → roles held; members without a role hold nothing.
    pub members: BTreeMap<UserId, Holdings>,
    /// Deactivated member → roles that he would hold again. They allow nothing.
    pub dormant: BTreeMap<UserId, Holdings>,
    /// Delegate → delegator → when and where; without those that ended some time ago.
    pub delegations: BTreeMap<UserId, BTreeMap<UserId, Vec<DelegationTerm>>>,
    /// Sessions that were revoked not longer ago than access tokens live.
    pub revoked_sessions: BTreeSet<SessionId>,
}

/// The roles that a member holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Holdings {
    /// In all workflows.
    pub everywhere: BTreeSet<RoleId>,
    /// In single workflows, besides.
    pub within: BTreeMap<WorkflowId, BTreeSet<RoleId>>,
}

impl Holdings {
    /// Adds a role, held in all workflows or in one.
    pub fn add(&mut self, role: RoleId, workflow: Option<WorkflowId>) {
        match workflow {
            None => self.everywhere.insert(role),
            Some(workflow) => self.within.entry(workflow).or_default().insert(role),
        };
    }

    /// Whether a role is held in a workflow, or without one everywhere.
    pub fn hold(&self, role: RoleId, workflow: Option<WorkflowId>) -> bool {
        let within = workflow.and_then(|workflow| self.within.get(&workflow));
        self.everywhere.contains(&role) || within.is_some_and(|roles| roles.contains(&role))
    }

    /// Every role held somewhere.
    pub fn roles(&self) -> BTreeSet<RoleId> {
        self.everywhere.iter().chain(self.within.values().flatten()).copied().collect()
    }
}

impl PolicySnapshot {
    /// A person with everything that decides what he may do; `None` when not an active member.
    pub fn principal(&self, organization: OrganizationId, user: UserId) -> Option<Principal> {
        let rights = self.rights(self.members.get(&user)?);
        let delegators = self.delegations.get(&user).into_iter().flatten();
        let delegators = delegators.filter_map(|(&delegator, terms)| self.delegator(delegator, terms)).collect();
        Some(Principal { user, organization, rights, delegators })
    }

    fn delegator(&self, user: UserId, terms: &[DelegationTerm]) -> Option<Delegator> {
        let rights = self.rights(self.members.get(&user)?);
        Some(Delegator { user, rights, terms: terms.to_vec() })
    }

    /// What an active member may do; nothing when there is no such member.
    pub fn rights_of(&self, user: UserId) -> Rights {
        self.members.get(&user).map(|held| self.rights(held)).unwrap_or_default()
    }

    /// What somebody who holds these roles may do.
    pub fn rights(&self, holdings: &Holdings) -> Rights {
        let within = holdings.within.iter().map(|(&workflow, roles)| {
            let roles = roles.union(&holdings.everywhere).copied().collect();
            (workflow, self.held(roles))
        });
        Rights { everywhere: self.held(holdings.everywhere.clone()), within: within.collect() }
    }

    fn held(&self, roles: BTreeSet<RoleId>) -> Held {
        let permissions = roles.iter().filter_map(|role| self.grants.get(role)).flatten().copied().collect();
        Held { roles, permissions }
    }

    /// Whether a role is granted a permission.
    pub fn grants(&self, role: RoleId, permission: Permission) -> bool {
        self.grants.get(&role).is_some_and(|granted| granted.contains(&permission))
    }

    /// The active members who hold a role in a workflow, or without one everywhere.
    pub fn holders_of(&self, role: RoleId, workflow: Option<WorkflowId>) -> BTreeSet<UserId> {
        self.members.iter().filter(|(_, held)| held.hold(role, workflow)).map(|(&user, _)| user).collect()
    }

    /// The holders of every role in a workflow.
    pub fn holders_in(&self, workflow: WorkflowId) -> BTreeMap<RoleId, BTreeSet<UserId>> {
        self.roles.keys().map(|&role| (role, self.holders_of(role, Some(workflow)))).collect()
    }

    /// Names of the roles that are granted all of these permissions, sorted.
    pub fn roles_that_grant(&self, permissions: &BTreeSet<Permission>) -> Vec<String> {
        let granting = self.grants.iter().filter(|(_, granted)| granted.is_superset(permissions));
        self.names(granting.map(|(role, _)| role))
    }

    /// Names of roles, sorted.
    pub fn names<'a>(&self, roles: impl IntoIterator<Item = &'a RoleId>) -> Vec<String> {
        let names: BTreeSet<&String> = roles.into_iter().filter_map(|role| self.roles.get(role)).collect();
        names.into_iter().cloned().collect()
    }
}

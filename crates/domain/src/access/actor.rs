use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::access::{DelegationTerm, Delegator, Permission};
use crate::ids::{OrganizationId, RoleId, UserId, WorkflowId};

/// A signed-in person acting within one organization, with the roles held at this moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// Who.
    pub user: UserId,
    /// On behalf of which tenant.
    pub organization: OrganizationId,
    /// The roles held in that organization now.
    pub roles: BTreeSet<RoleId>,
    /// What those roles allow.
    pub permissions: BTreeSet<Permission>,
    /// Active members for whom the person may, might or did act, by id.
    pub delegators: Vec<Delegator>,
}

/// In whose name a person may act on steps at an instant: the own, or that of a delegator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Voice {
    /// Whose name.
    pub user: UserId,
    /// The roles of that person.
    pub roles: BTreeSet<RoleId>,
    /// What those roles allow.
    pub permissions: BTreeSet<Permission>,
    /// In these workflows only; `None` in all.
    pub workflows: Option<BTreeSet<WorkflowId>>,
}

impl Principal {
    /// The own voice, then those of the delegators whose delegation is in force, by id.
    pub fn voices(&self, now: Timestamp) -> Vec<Voice> {
        let (roles, permissions) = (self.roles.clone(), self.permissions.clone());
        let own = Voice { user: self.user, roles, permissions, workflows: None };
        let lent = self.delegators.iter().filter_map(|delegator| Voice::of(delegator, now));
        std::iter::once(own).chain(lent).collect()
    }
}

impl Voice {
    fn of(delegator: &Delegator, now: Timestamp) -> Option<Self> {
        let terms: Vec<&DelegationTerm> = delegator.terms.iter().filter(|term| term.is_in_force(now)).collect();
        let (roles, permissions) = (delegator.roles.clone(), delegator.permissions.clone());
        // One delegation for all workflows makes those for single ones say nothing.
        let workflows = terms.iter().map(|term| term.workflow).collect();
        (!terms.is_empty()).then_some(Self { user: delegator.user, roles, permissions, workflows })
    }

    /// Whether it speaks in a workflow.
    pub fn reaches(&self, workflow: WorkflowId) -> bool {
        self.workflows.as_ref().is_none_or(|only| only.contains(&workflow))
    }
}

/// Who caused an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Actor {
    /// A person.
    User(UserId),
    /// NexusFlow itself: timers, migrations, the command line.
    System,
}

impl Actor {
    /// The person, if one acted.
    pub const fn user(self) -> Option<UserId> {
        match self {
            Self::User(user) => Some(user),
            Self::System => None,
        }
    }
}

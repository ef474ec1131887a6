use std::collections::{BTreeMap, BTreeSet};

use crate::access::Permission;
use crate::ids::{RoleId, WorkflowId};

/// Roles, and what they allow together.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Held {
    /// The roles.
    pub roles: BTreeSet<RoleId>,
    /// What they allow.
    pub permissions: BTreeSet<Permission>,
}

/// What somebody holds: in all workflows, and where he holds more than that.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rights {
    /// In every workflow, and in what belongs to none.
    pub everywhere: Held,
    /// In single workflows: all that is held there, with what is held everywhere.
    pub within: BTreeMap<WorkflowId, Held>,
}

/// Where somebody has a permission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// In every workflow, and in what belongs to none.
    Everywhere,
    /// In these workflows only; in none when empty.
    Within(BTreeSet<WorkflowId>),
}

impl From<Held> for Rights {
    /// Held everywhere, and nowhere more.
    fn from(everywhere: Held) -> Self {
        Self { everywhere, within: BTreeMap::new() }
    }
}

impl Rights {
    /// What is held in a workflow; without one, what is held everywhere.
    pub fn at(&self, workflow: Option<WorkflowId>) -> &Held {
        workflow.and_then(|workflow| self.within.get(&workflow)).unwrap_or(&self.everywhere)
    }

    /// Whether something is allowed in a workflow, or without one everywhere.
    pub fn allow(&self, permission: Permission, workflow: Option<WorkflowId>) -> bool {
        self.at(workflow).permissions.contains(&permission)
    }

    /// Where a permission is held.
    pub fn reach(&self, permission: Permission) -> Reach {
        if self.allow(permission, None) {
            return Reach::Everywhere;
        }
        let workflows = self.within.iter().filter(|(_, held)| held.permissions.contains(&permission));
        Reach::Within(workflows.map(|(&workflow, _)| workflow).collect())
    }

    /// What the other allows and this does not: in one workflow, or without one anywhere.
    pub fn lacking(&self, other: &Self, workflow: Option<WorkflowId>) -> BTreeSet<Permission> {
        let lacking_at = |place| other.at(place).permissions.difference(&self.at(place).permissions).copied();
        if workflow.is_some() {
            return lacking_at(workflow).collect();
        }
        let places = self.within.keys().chain(other.within.keys()).map(|&workflow| Some(workflow));
        places.chain([None]).flat_map(lacking_at).collect()
    }
}

impl Reach {
    /// Whether there is no place at all.
    pub fn is_nowhere(&self) -> bool {
        matches!(self, Self::Within(workflows) if workflows.is_empty())
    }

    /// Whether it extends to a workflow, or without one everywhere.
    pub fn covers(&self, workflow: Option<WorkflowId>) -> bool {
        match self {
            Self::Everywhere => true,
            Self::Within(workflows) => workflow.is_some_and(|workflow| workflows.contains(&workflow)),
        }
    }
}

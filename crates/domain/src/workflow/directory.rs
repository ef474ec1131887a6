use std::collections::{BTreeMap, BTreeSet};

use crate::ids::{RoleId, UserId, WorkflowId};

/// What an organization knows about its roles, people and workflows, for resolving the names in a document.
#[derive(Debug, Clone, Default)]
pub struct Directory {
    /// Roles by name.
    pub roles: BTreeMap<String, RoleFacts>,
    /// Active members by lower-case e-mail address.
    pub users: BTreeMap<String, UserId>,
    /// Workflows by name.
    pub workflows: BTreeMap<String, WorkflowId>,
}

/// One role, as far as validation needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleFacts {
    /// The role.
    pub id: RoleId,
    /// Who holds it.
    pub holders: Holders,
}

/// Who holds a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holders {
    /// Exactly these active members.
    Known(BTreeSet<UserId>),
    /// Somebody; it was not asked who.
    Somebody,
}

impl Holders {
    /// Whether it is certain that nobody holds the role.
    pub fn is_nobody(&self) -> bool {
        matches!(self, Self::Known(holders) if holders.is_empty())
    }
}

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::ids::{OrganizationId, RoleId, UserId};

/// A signed-in person acting within one organization, with the roles held at this moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// Who.
    pub user: UserId,
    /// On behalf of which tenant.
    pub organization: OrganizationId,
    /// The roles held in that organization now.
    pub roles: BTreeSet<RoleId>,
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

use std::collections::BTreeMap;

use crate::ids::{RoleId, UserId};

/// What an organization knows about its roles and people, for resolving the names in a document.
#[derive(Debug, Clone, Default)]
pub struct Directory {
    /// Roles by name.
    pub roles: BTreeMap<String, RoleFacts>,
    /// Active members by lower-case e-mail address.
    pub users: BTreeMap<String, UserId>,
}

/// One role, as far as validation needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoleFacts {
    /// The role.
    pub id: RoleId,
    /// How many active members hold it.
    pub holders: u64,
}

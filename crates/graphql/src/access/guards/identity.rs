use nexusflow_domain::access::Permission::ViewRole;

use super::Entry;
use super::Guard::{OwnOr, SameAsParent};

/// People and the organization.
pub(super) const IDENTITY: &[Entry] = &[
    ("User.createdAt", SameAsParent),
    ("User.deactivatedAt", SameAsParent),
    ("User.email", SameAsParent),
    ("User.id", SameAsParent),
    ("User.lastLoginAt", SameAsParent),
    ("User.name", SameAsParent),
    ("User.roleGrants", OwnOr(ViewRole)),
    ("User.roles", OwnOr(ViewRole)),
    ("Organization.createdAt", SameAsParent),
    ("Organization.id", SameAsParent),
    ("Organization.name", SameAsParent),
    ("Organization.slug", SameAsParent),
    ("Viewer.organization", SameAsParent),
    ("Viewer.permissions", SameAsParent),
    ("Viewer.roles", SameAsParent),
    ("Viewer.user", SameAsParent),
];

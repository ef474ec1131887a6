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
    ("User.roles", OwnOr(ViewRole)),
    ("Organization.createdAt", SameAsParent),
    ("Organization.id", SameAsParent),
    ("Organization.name", SameAsParent),
    ("Organization.slug", SameAsParent),
    ("Session.address", SameAsParent),
    ("Session.client", SameAsParent),
    ("Session.createdAt", SameAsParent),
    ("Session.current", SameAsParent),
    ("Session.endsAt", SameAsParent),
    ("Session.expiresAt", SameAsParent),
    ("Session.id", SameAsParent),
    ("Session.lastSeenAt", SameAsParent),
    ("Session.revoked", SameAsParent),
    ("Viewer.csrfToken", SameAsParent),
    ("Viewer.organization", SameAsParent),
    ("Viewer.organizations", SameAsParent),
    ("Viewer.permissions", SameAsParent),
    ("Viewer.roles", SameAsParent),
    ("Viewer.sessions", SameAsParent),
    ("Viewer.user", SameAsParent),
];

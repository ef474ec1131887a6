use nexusflow_domain::access::Permission::ViewRole;

use super::Entry;
use super::Guard::{Permission, SameAsParent};

/// Roles, explanations and delegations.
pub(super) const ACCESS: &[Entry] = &[
    ("Delegation.createdAt", SameAsParent),
    ("Delegation.createdBy", SameAsParent),
    ("Delegation.delegate", SameAsParent),
    ("Delegation.delegator", SameAsParent),
    ("Delegation.endsAt", SameAsParent),
    ("Delegation.id", SameAsParent),
    ("Delegation.reason", SameAsParent),
    ("Delegation.revokedAt", SameAsParent),
    ("Delegation.revokedBy", SameAsParent),
    ("Delegation.startsAt", SameAsParent),
    ("Delegation.workflow", SameAsParent),
    ("Role.builtIn", SameAsParent),
    ("Role.createdAt", SameAsParent),
    ("Role.description", SameAsParent),
    ("Role.holders", Permission(ViewRole)),
    ("Role.id", SameAsParent),
    ("Role.name", SameAsParent),
    ("Role.permissions", Permission(ViewRole)),
    ("Role.updatedAt", SameAsParent),
    ("PermissionDefinition.code", SameAsParent),
    ("PermissionDefinition.description", SameAsParent),
    ("AccessExplanation.allowed", SameAsParent),
    ("AccessExplanation.grantedBy", SameAsParent),
    ("AccessExplanation.permission", SameAsParent),
    ("AccessExplanation.rolesHeld", SameAsParent),
    ("AccessExplanation.rolesThatGrant", SameAsParent),
];

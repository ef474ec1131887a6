//! The only place where ids and permissions become the strings that Casbin compares. Ids carry their
//! type as a prefix, so that a person never equals a role.

use nexusflow_application::access::PolicySnapshot;
use nexusflow_domain::access::Permission;
use nexusflow_domain::ids::{OrganizationId, UserId};

/// A question: may this person, in this organization, do this?
pub(crate) fn question(organization: OrganizationId, user: UserId, permission: Permission) -> Vec<String> {
    vec![user.to_string(), organization.to_string(), permission.code().to_owned()]
}

/// The `p` rows: role, organization, permission.
pub(crate) fn policies(organization: OrganizationId, snapshot: &PolicySnapshot) -> Vec<Vec<String>> {
    let grants = snapshot.grants.iter().flat_map(|(role, granted)| granted.iter().map(move |p| (role, p)));
    grants.map(|(role, p)| vec![role.to_string(), organization.to_string(), p.code().to_owned()]).collect()
}

/// The `g` rows: person, role, organization.
pub(crate) fn groupings(organization: OrganizationId, snapshot: &PolicySnapshot) -> Vec<Vec<String>> {
    let held = snapshot.members.iter().flat_map(|(user, roles)| roles.iter().map(move |role| (user, role)));
    held.map(|(user, role)| vec![user.to_string(), role.to_string(), organization.to_string()]).collect()
}

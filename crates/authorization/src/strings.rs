//! The only place where ids and permissions become the strings that Casbin compares. Ids carry their
//! type as a prefix, so that a person never equals a role.

use nexusflow_application::access::PolicySnapshot;
use nexusflow_domain::access::Permission;
use nexusflow_domain::ids::{OrganizationId, RoleId, UserId, WorkflowId};

/// A question: may this person, in this organization and in this workflow, if it is about one, do this?
pub(crate) fn question(
    organization: OrganizationId,
    user: UserId,
    permission: Permission,
    workflow: Option<WorkflowId>,
) -> Vec<String> {
    vec![user.to_string(), organization.to_string(), domain(organization, workflow), permission.code().to_owned()]
}

/// The `p` rows: role, organization, permission.
pub(crate) fn policies(organization: OrganizationId, snapshot: &PolicySnapshot) -> Vec<Vec<String>> {
    let grants = snapshot.grants.iter().flat_map(|(role, granted)| granted.iter().map(move |p| (role, p)));
    grants.map(|(role, p)| vec![role.to_string(), organization.to_string(), p.code().to_owned()]).collect()
}

/// The `g` rows: person, role, organization; or person, role, workflow.
pub(crate) fn groupings(organization: OrganizationId, snapshot: &PolicySnapshot) -> Vec<Vec<String>> {
    let held = snapshot.members.iter().flat_map(|(user, held)| {
        let everywhere = held.everywhere.iter().map(|role| (role, None));
        let within = held.within.iter().flat_map(|(&flow, roles)| roles.iter().map(move |role| (role, Some(flow))));
        everywhere.chain(within).map(move |(role, workflow)| (user, role, workflow))
    });
    let row = |(user, role, workflow): (&UserId, &RoleId, _)| {
        vec![user.to_string(), role.to_string(), domain(organization, workflow)]
    };
    held.map(row).collect()
}

/// Where a role is held: in the organization as a whole, or in one workflow.
fn domain(organization: OrganizationId, workflow: Option<WorkflowId>) -> String {
    workflow.map_or_else(|| organization.to_string(), |workflow| workflow.to_string())
}

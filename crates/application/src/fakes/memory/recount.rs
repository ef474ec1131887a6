use nexusflow_domain::Timestamp;
use nexusflow_domain::ids::{OrganizationId, RequestId, RoleId, UserId};
use nexusflow_domain::request::RequestStepStatus;

use crate::fakes::memory::world::{JobRow, StepRow, World};

/// Makes the timers due of requests with an open vote in whose workflow a role counts.
pub(super) fn wake_votes(world: &mut World, organization: OrganizationId, roles: &[RoleId], at: Timestamp) {
    let voted = |row: &&StepRow| {
        row.organization == organization && row.step.status == RequestStepStatus::Active && row.step.votes > 0
    };
    let counts = |request: &RequestId| {
        let version = world.requests.get(request).and_then(|row| world.versions.get(&row.state.workflow_version));
        version.is_some_and(|row| row.version.names.roles.values().any(|role| roles.contains(role)))
    };
    let requests = world.steps.values().filter(voted).map(|row| row.step.request).filter(counts);
    for request in requests.collect::<Vec<_>>() {
        world.fence += 1;
        let fence = world.fence;
        world.jobs.insert(request, JobRow { organization, run_at: at, woken: true, lease_until: None, fence });
    }
}

/// The roles that somebody holds.
pub(super) fn roles_of(world: &World, organization: OrganizationId, user: UserId) -> Vec<RoleId> {
    let held = world.role_mappings.iter().filter(|(tenant, holder, _)| (*tenant, *holder) == (organization, user));
    held.map(|(_, _, role)| *role).collect()
}

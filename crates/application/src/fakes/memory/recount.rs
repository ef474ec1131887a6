use nexusflow_domain::Timestamp;
use nexusflow_domain::ids::{JobId, OrganizationId, RequestId, RoleId, UserId};
use nexusflow_domain::request::RequestStepStatus;

use crate::fakes::memory::unit::put_job;
use crate::fakes::memory::world::{StepRow, World};
use crate::request::NewJob;

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
        let id = JobId::from_uuid(request.uuid());
        put_job(world, organization, NewJob::timer(request, None, at));
        if let Some(job) = world.jobs.get_mut(&id) {
            job.woken = true;
        }
    }
}

/// The roles that somebody holds.
pub(super) fn roles_of(world: &World, organization: OrganizationId, user: UserId) -> Vec<RoleId> {
    world.mappings(organization).filter(|mapping| mapping.user == user).map(|mapping| mapping.role).collect()
}

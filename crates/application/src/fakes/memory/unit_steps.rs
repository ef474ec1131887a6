use std::collections::BTreeSet;

use nexusflow_domain::ids::{OrganizationId, RequestId, RequestStepId};

use crate::StoreError;
use crate::fakes::memory::store::violation;
use crate::fakes::memory::world::{StepRow, World};
use crate::request::{RequestStep, StepChange};

/// Applies one change of a step row.
pub(super) fn apply(
    world: &mut World,
    organization: OrganizationId,
    request: RequestId,
    change: StepChange,
) -> Result<(), StoreError> {
    match change {
        StepChange::Add(step) if world.steps.contains_key(&(request, step.id)) => {
            return Err(violation("request_steps: there is such a step already"));
        }
        StepChange::Add(step) | StepChange::Put(step) => put(world, organization, request, *step)?,
        StepChange::Claim { id, by, on_behalf_of } => {
            let step = &mut find(world, request, id)?.step;
            (step.claimed_by, step.claimed_on_behalf_of) = (by, on_behalf_of);
        }
        StepChange::CountVotes { id, votes } => find(world, request, id)?.step.votes = votes,
        StepChange::Reassign { id, role } => {
            let step = &mut find(world, request, id)?.step;
            step.required_role = Some(role);
            step.assignee = None;
            (step.claimed_by, step.claimed_on_behalf_of) = (None, None);
        }
        StepChange::Finish { id, status, outcome, by, on_behalf_of, comment, at } => {
            let step = &mut find(world, request, id)?.step;
            step.status = status;
            step.outcome = outcome;
            step.completed_by = by;
            step.completed_on_behalf_of = on_behalf_of;
            step.comment = comment;
            step.completed_at = Some(at);
            if let Some(job) = &mut step.job {
                job.next_attempt = None;
            }
        }
        StepChange::Work { id, job } => find(world, request, id)?.step.job = Some(job),
        StepChange::MoveDeadline { id, deadline } => find(world, request, id)?.step.deadline = deadline,
        StepChange::Exclude { id, users } => find(world, request, id)?.excluded.extend(users),
    }
    Ok(())
}

fn put(
    world: &mut World,
    organization: OrganizationId,
    request: RequestId,
    step: RequestStep,
) -> Result<(), StoreError> {
    let of_tenant = world.versions.values().filter(|row| row.organization == organization);
    if !of_tenant.flat_map(|row| row.version.step_ids.values()).any(|id| *id == step.workflow_step) {
        return Err(violation("request_steps: there is no such workflow step"));
    }
    let key = (request, step.id);
    let excluded = world.steps.remove(&key).map_or_else(BTreeSet::new, |row| row.excluded);
    world.steps.insert(key, StepRow { organization, step, excluded });
    Ok(())
}

fn find(world: &mut World, request: RequestId, id: RequestStepId) -> Result<&mut StepRow, StoreError> {
    world.steps.get_mut(&(request, id)).ok_or_else(|| violation("request_steps: there is no such row"))
}

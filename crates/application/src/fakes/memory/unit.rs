use nexusflow_domain::ids::{JobId, OrganizationId};
use nexusflow_domain::workflow::WorkflowStatus;

use crate::StoreError;
use crate::fakes::memory::administration::store_key;
use crate::fakes::memory::messages::{follow, receive};
use crate::fakes::memory::store::violation;
use crate::fakes::memory::unit_steps;
use crate::fakes::memory::world::{JobRow, RequestRow, World};
use crate::request::{
    CommitConflict, CommitUnit, Escalation, JobChange, NewEscalation, NewJob, NewNotification, Notification, Wake,
};

/// Writes one unit; the caller drops what was written when it fails.
pub(super) fn write(world: &mut World, unit: CommitUnit) -> Result<(), CommitConflict> {
    check_version(world, &unit)?;
    check_lease(world, &unit)?;
    check_form(world, &unit)?;
    if unit.idempotency.clone().is_some_and(|entry| !store_key(world, entry)) {
        return Err(CommitConflict::IdempotencyKeyTaken);
    }
    let CommitUnit { state, records, steps, escalations, notifications, wake, jobs, lease, at, .. } = unit;
    let (id, organization, workflow) = (state.id, state.organization, state.workflow);
    if unit.receives.is_some_and(|reception| !receive(world, organization, id, reception, at)) {
        return Err(CommitConflict::MessageTaken);
    }
    follow(world, organization, id, unit.subscriptions);
    for change in steps {
        unit_steps::apply(world, organization, id, change)?;
    }
    for escalation in escalations {
        add_escalation(world, escalation)?;
    }
    for notification in notifications {
        add_notification(world, organization, notification)?;
    }
    let timer = JobId::from_uuid(id.uuid());
    // Only a commit under the timer's lease says that somebody has looked.
    let looked = lease.is_some_and(|lease| lease.job == timer);
    let woken = world.jobs.get(&timer).filter(|job| job.woken && !looked).map(|job| job.run_at);
    match wake {
        Wake::Unchanged => {}
        Wake::At(run_at) => {
            put_job(world, organization, NewJob::timer(id, Some(workflow), woken.unwrap_or(run_at)));
            if let Some(job) = world.jobs.get_mut(&timer) {
                job.woken = woken.is_some();
            }
        }
        Wake::Never if woken.is_some() => {}
        Wake::Never => drop(world.jobs.remove(&timer)),
    }
    for change in jobs {
        match change {
            JobChange::Put(job) => put_job(world, organization, job),
            JobChange::Remove(id) => drop(world.jobs.remove(&id)),
        }
    }
    let created_at = world.requests.get(&id).map_or(at, |row| row.created_at);
    let head = records.last().map(|record| record.hash).ok_or_else(|| violation("a unit has no records"))?;
    world.requests.insert(id, RequestRow { state, head, created_at, updated_at: at });
    world.journals.entry(id).or_default().extend(records);
    Ok(())
}

/// Whoever held a lease on the job has lost it: what it was claimed for is no more. It is not parked: the next claim
/// compares it with pauses.
pub(super) fn put_job(world: &mut World, organization: OrganizationId, job: NewJob) {
    world.fence += 1;
    let row = JobRow {
        organization,
        kind: job.kind,
        request: job.request,
        workflow: job.workflow,
        step_kind: job.step_kind,
        job_type: job.job_type,
        target: job.target,
        called: job.called,
        attempt: 0,
        run_at: job.run_at,
        woken: false,
        lease_until: None,
        fence: world.fence,
        pause: None,
        shelved: false,
    };
    world.jobs.insert(job.id, row);
}

fn check_version(world: &World, unit: &CommitUnit) -> Result<(), CommitConflict> {
    let state = &unit.state;
    match world.requests.get(&state.id) {
        None if unit.expected_version == 0 => {
            let workflow = world.workflow(state.organization, state.workflow);
            let open = workflow.is_some_and(|workflow| workflow.status == WorkflowStatus::Active);
            if open { Ok(()) } else { Err(CommitConflict::WorkflowGone) }
        }
        Some(row)
            if row.state.organization == state.organization
                && row.state.version == unit.expected_version
                && unit.records.first().is_some_and(|record| record.prev_hash == row.head)
                && unit.expected_version != 0 =>
        {
            Ok(())
        }
        _ => Err(CommitConflict::Stale),
    }
}

fn check_lease(world: &World, unit: &CommitUnit) -> Result<(), CommitConflict> {
    let Some(lease) = unit.lease else { return Ok(()) };
    let holds = world.jobs.get(&lease.job).is_some_and(|job| job.fence == lease.fence);
    if holds { Ok(()) } else { Err(CommitConflict::LeaseLost) }
}

/// What a database's constraints check.
fn check_form(world: &World, unit: &CommitUnit) -> Result<(), StoreError> {
    let state = &unit.state;
    let numbers = unit.expected_version + 1..=state.version;
    if !numbers.eq(unit.records.iter().map(|record| record.seq)) {
        return Err(violation("audit_logs: the records are not numbered from the stored version to the new one"));
    }
    let version = world.versions.get(&state.workflow_version);
    if version.is_none_or(|row| row.organization != state.organization || row.version.workflow != state.workflow) {
        return Err(violation("workflow_requests: there is no such version of the workflow"));
    }
    if !world.users.contains_key(&state.requester) {
        return Err(violation("workflow_requests: there is no such requester"));
    }
    Ok(())
}

fn add_escalation(world: &mut World, new: NewEscalation) -> Result<(), StoreError> {
    let of_request = world.escalations.entry(new.request).or_default();
    if of_request.iter().any(|old| (old.request_step, old.rung) == (new.request_step, new.rung)) {
        return Err(violation("sla_escalations: the rung has fired"));
    }
    of_request.push(Escalation {
        id: new.id,
        request: new.request,
        request_step: new.request_step,
        rung: new.rung,
        action: new.action.to_owned(),
        detail: new.detail,
        missed_deadline: new.missed_deadline,
        escalated_at: new.escalated_at,
    });
    Ok(())
}

fn add_notification(world: &mut World, organization: OrganizationId, new: NewNotification) -> Result<(), StoreError> {
    let notification = Notification {
        id: new.id,
        user: new.user,
        role: new.role,
        kind: new.kind.to_owned(),
        request: Some(new.request),
        request_step: new.request_step,
        detail: new.detail,
        created_at: new.created_at,
    };
    match world.notifications.insert(new.id, (organization, notification)) {
        None => Ok(()),
        Some(_) => Err(violation("notifications: the id is taken")),
    }
}

//! What a request expects of workers, of other requests and of the world, as rows that follow its state.

use nexusflow_domain::Timestamp;
use nexusflow_domain::ids::{JobId, RequestId, RequestStepId};
use nexusflow_domain::request::{Lifecycle, RequestEvent, RequestState, Subscriber};
use nexusflow_domain::workflow::Graph;

use crate::request::target::target;
use crate::request::{JobChange, JobKind, Lease, NewJob, Reception, Subscription, SubscriptionChange};

/// What becomes of jobs when a request on the graph goes from one state to another, by a job under a lease if one
/// is given.
pub(super) fn job_changes(
    graph: &Graph,
    before: &RequestState,
    after: &RequestState,
    now: Timestamp,
    lease: Option<Lease>,
) -> Vec<JobChange> {
    let mut changes = Vec::new();
    let (had, has) = (before.jobs(), after.jobs());
    changes.extend(had.keys().filter(|id| !has.contains_key(id)).map(|id| JobChange::Remove(job(*id))));
    for (id, work) in has.into_iter().filter(|(id, work)| had.get(id) != Some(work)) {
        let (kind, job_type) = match work.action {
            None => (JobKind::Work, Some(work.job_type.clone())),
            Some(_) => (JobKind::Action, None),
        };
        let open = after.open.get(&id);
        let step = open.and_then(|open| graph.find(&open.step)).map(|ix| graph.step(ix));
        let (step_kind, target) = (step.and_then(|step| Some(step.job()?.kind)), open.and_then(|open| target(open)));
        let timer = NewJob::timer(after.id, Some(after.workflow), work.run_at);
        changes.push(JobChange::Put(NewJob { id: job(id), kind, step_kind, job_type, target, ..timer }));
    }
    let look = |step: RequestStepId, request: RequestId, called: RequestId| {
        let (id, kind, called) = (job(step), JobKind::Call, Some(called));
        let workflow = (request == after.id).then_some(after.workflow);
        JobChange::Put(NewJob { id, kind, called, ..NewJob::timer(request, workflow, now) })
    };
    let (called, calls) = (before.calls(), after.calls());
    let resumes = after.lifecycle == Lifecycle::InProgress && before.lifecycle != Lifecycle::InProgress;
    // A call that is over: the called request is cancelled if it goes on, unless its own job ended the call.
    let over = called.iter().filter(|(step, child)| calls.get(step) != Some(child));
    changes.extend(over.map(|(&step, &child)| match lease {
        Some(lease) if lease.job == job(step) => JobChange::Remove(lease.job),
        _ => look(step, after.id, child),
    }));
    // A call that begins, or may go on: the called request is started, or its end is told.
    let begun = calls.iter().filter(|(step, child)| resumes || called.get(step) != Some(child));
    changes.extend(begun.map(|(&step, &child)| look(step, after.id, child)));
    // The end of a called request: its caller is told, if it waits for that.
    let waited_for = after.parent.filter(|parent| !parent.detached);
    if let Some(parent) = waited_for.filter(|_| before.ended_at().is_none() && after.ended_at().is_some()) {
        changes.push(look(parent.step, parent.request, after.id));
    }
    changes
}

/// What becomes of the places that wait for messages when a request goes from one state to another.
pub(super) fn subscription_changes(
    before: &RequestState,
    after: &RequestState,
    now: Timestamp,
) -> Vec<SubscriptionChange> {
    let (had, has) = (before.subscriptions(), after.subscriptions());
    let gone = had.keys().filter(|to| !has.contains_key(to)).cloned().map(SubscriptionChange::Remove);
    let new = has.iter().filter(|(to, awaits)| had.get(to) != Some(awaits)).map(|(to, &awaits)| {
        SubscriptionChange::Put(Subscription { to: to.clone(), awaits: awaits.clone(), opened_at: now })
    });
    gone.chain(new).collect()
}

/// The message that is received; a command delivers no more than one.
pub(super) fn reception(events: &[RequestEvent]) -> Option<Reception> {
    events.iter().find_map(|event| match event {
        RequestEvent::MessageReceived { message, step, boundary, .. } => {
            let by = Subscriber { step: *step, boundary: boundary.clone() };
            Some(Reception { message: *message, by })
        }
        _ => None,
    })
}

fn job(step: RequestStepId) -> JobId {
    JobId::from_uuid(step.uuid())
}

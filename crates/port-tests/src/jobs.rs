//! `JobStore`: timers in order, one claimer at a time, fences.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::TimeDelta;
use nexusflow_application::fakes::fixture::single_approval;
use nexusflow_application::request::{ClaimedJob, CommitConflict, CommitUnit, JobChange, JobKind, NewJob, Wake};
use nexusflow_domain::Timestamp;
use nexusflow_domain::ids::{RequestId, WorkflowId};
use nexusflow_domain::request::{DeadlineClock, RequestEvent};
use nexusflow_domain::workflow::Priority;

use crate::StorePorts;
use crate::bench::Bench;

const LEASE: TimeDelta = TimeDelta::seconds(60);
const MICRO: TimeDelta = TimeDelta::microseconds(1);

async fn published(bench: &Bench) -> anyhow::Result<WorkflowId> {
    let role = bench.acme.role("reviewer").await?;
    bench.acme.user("reviewer", &[role]).await?;
    Ok(bench.acme.publish("leave", single_approval("reviewer")?).await?)
}

/// A pending request whose timer is due at an instant.
async fn timer(bench: &Bench, workflow: WorkflowId, at: Timestamp) -> anyhow::Result<RequestId> {
    let unit = bench.pending(workflow, bench.acme.admin.principal.user, at).await?;
    let id = unit.state.id;
    let answers = bench.storage.requests.commit(vec![unit]).await?;
    anyhow::ensure!(matches!(answers[..], [Ok(())]), "{answers:?}");
    Ok(id)
}

/// A unit on a pending request that changes nothing of note.
async fn touch(bench: &Bench, request: RequestId) -> anyhow::Result<CommitUnit> {
    let loaded = bench.load(request).await?;
    let raised = nexusflow_domain::request::EscalationRecord {
        request_step: None,
        rung: 0,
        missed: bench.ports.clock.now(),
        result: nexusflow_domain::request::EscalationResult::Raised(Priority::High),
        next: None,
    };
    bench.unit(&loaded, &[RequestEvent::Escalated(raised)])
}

fn requests(jobs: &[ClaimedJob]) -> Vec<RequestId> {
    jobs.iter().map(|job| job.request).collect()
}

pub async fn are_claimed_when_due_earliest_first(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let workflow = published(&bench).await?;
    let now = bench.ports.clock.now();
    assert_eq!(storage.jobs.next_due(JobKind::Timer).await?, None);
    let mut ids = Vec::new();
    for minutes in [30, 10, 20, 40] {
        ids.push(timer(&bench, workflow, now + TimeDelta::minutes(minutes)).await?);
    }
    let [thirty, ten, twenty, forty] = ids[..] else { anyhow::bail!("four timers") };
    assert_eq!(storage.jobs.next_due(JobKind::Timer).await?, Some(now + TimeDelta::minutes(10)));
    let early = now + TimeDelta::minutes(10) - MICRO;
    assert!(
        storage.jobs.claim(JobKind::Timer, early, early + LEASE, 10).await?.is_empty(),
        "claimed before it was due"
    );
    let due = now + TimeDelta::minutes(30);
    let first = storage.jobs.claim(JobKind::Timer, due, due + LEASE, 2).await?;
    assert_eq!(requests(&first), [ten, twenty]);
    assert_eq!(first[0].run_at, now + TimeDelta::minutes(10));
    assert_eq!(first[0].organization, bench.acme.organization.id);
    assert_eq!(first[0].id.uuid(), ten.uuid());
    let second = storage.jobs.claim(JobKind::Timer, due, due + LEASE, 10).await?;
    assert_eq!(requests(&second), [thirty], "due at the instant itself");
    assert_eq!(storage.jobs.next_due(JobKind::Timer).await?, Some(now + TimeDelta::minutes(10)), "leased ones count");
    let late = now + TimeDelta::minutes(40);
    assert!(requests(&storage.jobs.claim(JobKind::Timer, late, late + LEASE, 10).await?).contains(&forty));
    Ok(())
}

pub async fn of_every_tenant_are_claimed(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let workflow = published(&bench).await?;
    let now = bench.ports.clock.now();
    let ours = timer(&bench, workflow, now).await?;
    let globex = bench.foreign().await?;
    let role = globex.role("reviewer").await?;
    globex.user("reviewer", &[role]).await?;
    let workflow = globex.publish("leave", single_approval("reviewer")?).await?;
    let theirs = globex.start(&globex.admin, workflow, <_>::default()).await?;
    let later = now + TimeDelta::days(3);
    let claimed = storage.jobs.claim(JobKind::Timer, later, later + LEASE, 10).await?;
    assert_eq!(requests(&claimed), [ours, theirs]);
    assert_eq!(claimed[1].organization, globex.organization.id);
    Ok(())
}

pub async fn are_never_claimed_twice(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let workflow = published(&bench).await?;
    let now = bench.ports.clock.now();
    for _ in 0..20 {
        timer(&bench, workflow, now).await?;
    }
    let mut seen = BTreeSet::new();
    let mut claims = 0;
    while claims < 20 {
        let tasks: Vec<_> = (0..4)
            .map(|_| {
                let jobs = Arc::clone(&storage.jobs);
                tokio::spawn(async move { jobs.claim(JobKind::Timer, now, now + LEASE, 2).await })
            })
            .collect();
        let before = claims;
        for task in tasks {
            for job in task.await?? {
                assert!(seen.insert(job.request), "{} was claimed twice", job.request);
                claims += 1;
            }
        }
        anyhow::ensure!(claims > before, "nothing was claimed although {} timers are free", 20 - claims);
    }
    assert!(storage.jobs.claim(JobKind::Timer, now, now + LEASE, 10).await?.is_empty());
    Ok(())
}

pub async fn pass_to_another_when_the_lease_ends(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let workflow = published(&bench).await?;
    let now = bench.ports.clock.now();
    let request = timer(&bench, workflow, now).await?;
    let until = now + LEASE;
    let first = storage.jobs.claim(JobKind::Timer, now, until, 10).await?;
    assert_eq!(requests(&first), [request]);
    assert!(storage.jobs.claim(JobKind::Timer, until - MICRO, until + LEASE, 10).await?.is_empty(), "still leased");
    let second = storage.jobs.claim(JobKind::Timer, until, until + LEASE, 10).await?;
    assert_eq!(requests(&second), [request]);
    assert!(second[0].fence > first[0].fence, "the fence must grow: {} then {}", first[0].fence, second[0].fence);
    let unit = CommitUnit { lease: Some(first[0].lease()), wake: Wake::Never, ..touch(&bench, request).await? };
    let answers = storage.requests.commit(vec![unit.clone()]).await?;
    assert!(matches!(answers[..], [Err(CommitConflict::LeaseLost)]), "{answers:?}");
    assert_eq!(bench.load(request).await?.state.version, 1, "written under a lost lease");
    assert_eq!(storage.jobs.next_due(JobKind::Timer).await?, Some(now));
    let later = until + TimeDelta::hours(1);
    let unit = CommitUnit { lease: Some(second[0].lease()), wake: Wake::At(later), ..unit };
    let answers = storage.requests.commit(vec![unit]).await?;
    assert!(matches!(answers[..], [Ok(())]), "{answers:?}");
    assert_eq!(storage.jobs.next_due(JobKind::Timer).await?, Some(later));
    let third = storage.jobs.claim(JobKind::Timer, later, later + LEASE, 10).await?;
    assert_eq!(requests(&third), [request], "a commit's new timer is free to be claimed");
    assert!(third[0].fence > second[0].fence);
    Ok(())
}

pub async fn are_settled_only_under_the_lease(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let workflow = published(&bench).await?;
    let now = bench.ports.clock.now();
    timer(&bench, workflow, now).await?;
    let first = storage.jobs.claim(JobKind::Timer, now, now + LEASE, 1).await?;
    let again = now + TimeDelta::seconds(30);
    storage.jobs.settle(&first[0], Some(again)).await?;
    assert_eq!(storage.jobs.next_due(JobKind::Timer).await?, Some(again));
    storage.jobs.settle(&first[0], None).await?;
    assert_eq!(storage.jobs.next_due(JobKind::Timer).await?, Some(again), "settled twice under one lease");
    assert!(storage.jobs.claim(JobKind::Timer, again - MICRO, again + LEASE, 1).await?.is_empty());
    let second = storage.jobs.claim(JobKind::Timer, again, again + LEASE, 1).await?;
    assert_eq!(second.len(), 1, "given back, hence free");
    let third = storage.jobs.claim(JobKind::Timer, again + LEASE, again + LEASE + LEASE, 1).await?;
    assert_eq!(third.len(), 1);
    for lost in [first[0], second[0]] {
        storage.jobs.settle(&lost, None).await?;
        storage.jobs.settle(&lost, Some(now)).await?;
        assert_eq!(storage.jobs.next_due(JobKind::Timer).await?, Some(again), "settled after the lease was lost");
    }
    let still = again + LEASE;
    assert!(
        storage.jobs.claim(JobKind::Timer, still, still + LEASE, 1).await?.is_empty(),
        "the lease was taken from its holder"
    );
    storage.jobs.settle(&third[0], None).await?;
    assert_eq!(storage.jobs.next_due(JobKind::Timer).await?, None);
    Ok(())
}

/// Otherwise a worker that found nothing to do would put its old time over the new one, and the
/// request would sleep through its deadline.
pub async fn set_anew_by_a_commit_are_not_settled_by_an_earlier_claimer(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let workflow = published(&bench).await?;
    let now = bench.ports.clock.now();
    let request = timer(&bench, workflow, now).await?;
    let claimed = storage.jobs.claim(JobKind::Timer, now, now + LEASE, 1).await?;
    let sooner = now + TimeDelta::seconds(5);
    let unit = CommitUnit { wake: Wake::At(sooner), ..touch(&bench, request).await? };
    let answers = storage.requests.commit(vec![unit]).await?;
    assert!(matches!(answers[..], [Ok(())]), "{answers:?}");
    storage.jobs.settle(&claimed[0], Some(now + TimeDelta::days(1))).await?;
    assert_eq!(storage.jobs.next_due(JobKind::Timer).await?, Some(sooner));
    storage.jobs.settle(&claimed[0], None).await?;
    assert_eq!(storage.jobs.next_due(JobKind::Timer).await?, Some(sooner));
    let next = storage.jobs.claim(JobKind::Timer, sooner, sooner + LEASE, 1).await?;
    assert_eq!(requests(&next), [request], "the new timer waits for the end of the old one's lease");
    assert!(next[0].fence > claimed[0].fence);
    Ok(())
}

pub async fn follow_what_commits_say(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let workflow = published(&bench).await?;
    let now = bench.ports.clock.now();
    let request = timer(&bench, workflow, now).await?;
    let later = now + TimeDelta::hours(1);
    for (wake, expected) in [
        (Wake::Unchanged, Some(now)),
        (Wake::At(later), Some(later)),
        (Wake::Unchanged, Some(later)),
        (Wake::Never, None),
        (Wake::Unchanged, None),
        (Wake::At(now), Some(now)),
    ] {
        let unit = CommitUnit { wake, ..touch(&bench, request).await? };
        let answers = storage.requests.commit(vec![unit]).await?;
        assert!(matches!(answers[..], [Ok(())]), "{answers:?}");
        assert_eq!(storage.jobs.next_due(JobKind::Timer).await?, expected, "after {wake:?}");
    }
    // A commit for a person leaves a worker's claim alone unless it moves the timer.
    let claimed = storage.jobs.claim(JobKind::Timer, now, now + LEASE, 1).await?;
    let answers = storage.requests.commit(vec![touch(&bench, request).await?]).await?;
    assert!(matches!(answers[..], [Ok(())]), "{answers:?}");
    assert!(storage.jobs.claim(JobKind::Timer, now, now + LEASE, 1).await?.is_empty(), "the claim was dropped");
    storage.jobs.settle(&claimed[0], None).await?;
    assert_eq!(storage.jobs.next_due(JobKind::Timer).await?, None);
    // A timer that is gone belongs to nobody.
    let unit = CommitUnit { lease: Some(claimed[0].lease()), ..touch(&bench, request).await? };
    let answers = storage.requests.commit(vec![unit]).await?;
    assert!(matches!(answers[..], [Err(CommitConflict::LeaseLost)]), "{answers:?}");
    Ok(())
}

pub async fn of_one_kind_are_claimed_apart_from_others(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let workflow = published(&bench).await?;
    let now = bench.ports.clock.now();
    let request = timer(&bench, workflow, now + TimeDelta::minutes(1)).await?;
    let called = bench.ports.ids.next::<RequestId>();
    let call = |n: i64| {
        let (id, kind, run_at) = (bench.ports.ids.next(), JobKind::Call, now + TimeDelta::seconds(n));
        JobChange::Put(NewJob { id, kind, called: Some(called), ..NewJob::timer(request, None, run_at) })
    };
    let loaded = bench.load(request).await?;
    let suspended = RequestEvent::RequestSuspended { at: now, reason: None, clock: DeadlineClock::Stopped };
    let jobs = (0..5).map(call).collect();
    let unit = CommitUnit { jobs, ..bench.unit(&loaded, &[suspended])? };
    assert!(matches!(storage.requests.commit(vec![unit]).await?[..], [Ok(())]));
    assert_eq!(storage.jobs.next_due(JobKind::Call).await?, Some(now));
    assert_eq!(storage.jobs.next_due(JobKind::Timer).await?, Some(now + TimeDelta::minutes(1)));
    let late = now + TimeDelta::minutes(1);
    let timers = storage.jobs.claim(JobKind::Timer, late, late + LEASE, 1).await?;
    assert_eq!(requests(&timers), [request], "many calls do not keep a timer waiting");
    assert_eq!(timers[0].kind, JobKind::Timer);
    let calls = storage.jobs.claim(JobKind::Call, late, late + LEASE, 10).await?;
    let about: Vec<_> = calls.iter().map(|job| (job.kind, job.request, job.called)).collect();
    assert_eq!(about, vec![(JobKind::Call, request, Some(called)); 5]);
    Ok(())
}

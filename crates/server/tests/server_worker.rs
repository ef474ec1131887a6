//! The worker: it fires batch after batch, outlives errors and panics, and ends when told to. Time is
//! tokio's, paused.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use nexusflow_application::fakes::fixture::{Fixture, single_approval};
use nexusflow_application::fakes::{ManualClock, MemoryStore, ports};
use nexusflow_application::insight::AuditFilter;
use nexusflow_application::request::{ClaimedJob, JobKind, JobStore, Lease};
use nexusflow_application::{Application, PageRequest, StoreError};
use nexusflow_domain::Timestamp;
use nexusflow_domain::ids::{JobId, OrganizationId, RequestId};
use nexusflow_server::settings::WorkerSettings;
use nexusflow_server::worker::Workers;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// What a claim does.
enum Claim {
    Fails,
    Panics,
    Finds(usize),
}

/// Claims timers as scripted, then finds nothing, and never a call; settles everything.
struct ScriptedJobs {
    script: Mutex<VecDeque<Claim>>,
    claims: Mutex<Vec<Instant>>,
    settled: AtomicUsize,
    next_due: Option<Timestamp>,
    /// Whether a claim of calls never comes back.
    calls_hang: bool,
}

impl ScriptedJobs {
    fn new(script: impl Into<VecDeque<Claim>>, next_due: Option<Timestamp>) -> Arc<Self> {
        let (claims, settled) = (Mutex::default(), AtomicUsize::new(0));
        Arc::new(Self { script: Mutex::new(script.into()), claims, settled, next_due, calls_hang: false })
    }

    /// Milliseconds from the first claim to each.
    fn times(&self) -> Vec<u128> {
        let claims = self.claims.lock().expect("no panic elsewhere");
        claims.iter().map(|at| at.duration_since(claims[0]).as_millis()).collect()
    }
}

#[async_trait]
impl JobStore for ScriptedJobs {
    async fn claim(&self, kind: JobKind, now: Timestamp, _: Timestamp, _: u32) -> Result<Vec<ClaimedJob>, StoreError> {
        if kind != JobKind::Timer {
            if self.calls_hang {
                std::future::pending::<()>().await;
            }
            return Ok(Vec::new());
        }
        self.claims.lock().expect("no panic elsewhere").push(Instant::now());
        let claim = self.script.lock().expect("no panic elsewhere").pop_front();
        let job = |n: usize| {
            let id = Uuid::from_u128(n as u128 + 1);
            let (organization, request) = (OrganizationId::from_uuid(id), RequestId::from_uuid(id));
            let (id, kind, called, attempt) = (JobId::from_uuid(id), JobKind::Timer, None, 1);
            ClaimedJob { id, kind, organization, request, called, attempt, run_at: now, fence: 1 }
        };
        match claim {
            Some(Claim::Fails) => Err(StoreError::Unavailable("scripted".into())),
            Some(Claim::Panics) => panic!("scripted"),
            Some(Claim::Finds(number)) => Ok((0..number).map(job).collect()),
            None => Ok(Vec::new()),
        }
    }

    async fn claim_work(
        &self,
        _: OrganizationId,
        _: &[String],
        _: Timestamp,
        _: Timestamp,
        _: u32,
    ) -> Result<Vec<ClaimedJob>, StoreError> {
        Ok(Vec::new())
    }

    async fn extend(&self, _: OrganizationId, _: JobKind, _: Lease, _: Timestamp) -> Result<bool, StoreError> {
        Ok(false)
    }

    async fn settle(&self, _: &ClaimedJob, _: Option<Timestamp>) -> Result<(), StoreError> {
        self.settled.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }

    async fn next_due(&self, kind: JobKind) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.next_due.filter(|_| kind == JobKind::Timer))
    }
}

fn start_of_time() -> Timestamp {
    "2026-01-01T00:00:00Z".parse().expect("an instant")
}

fn start(jobs: &Arc<ScriptedJobs>) -> Workers {
    let clock = Arc::new(ManualClock::new(start_of_time()));
    let mut filled = ports(&Arc::new(MemoryStore::default()), &clock);
    filled.jobs = jobs.clone();
    let settings = WorkerSettings { enabled: true, batch: 10, actions: 4, poll_interval: Duration::from_secs(1) };
    Workers::start(&Arc::new(Application::new(&filled)), Some(&settings), CancellationToken::new())
}

#[tokio::test(start_paused = true)]
async fn it_outlives_errors_and_panics_and_waits_longer_after_each() {
    let jobs = ScriptedJobs::new([Claim::Fails, Claim::Panics, Claim::Fails], None);
    let workers = start(&jobs);
    tokio::time::sleep(Duration::from_millis(5_600)).await;
    workers.stop().await;
    assert_eq!(jobs.times(), [0, 500, 1_500, 3_500, 4_500, 5_500], "then once per poll interval");
}

#[tokio::test(start_paused = true)]
async fn it_fires_until_nothing_is_due_and_then_rests() {
    let jobs = ScriptedJobs::new([Claim::Finds(10), Claim::Finds(3)], None);
    let workers = start(&jobs);
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    workers.stop().await;
    assert_eq!(jobs.times(), [0, 0, 0, 1_000]);
    assert_eq!(jobs.settled.load(Ordering::SeqCst), 13, "requests that are not there wait for nothing");
}

#[tokio::test(start_paused = true)]
async fn its_upkeep_purges_what_was_deleted_long_ago() -> anyhow::Result<()> {
    let fixture = Fixture::new().await?;
    let (tenant, application) = (&fixture.tenant, &fixture.application);
    let role = tenant.role("reviewer").await?;
    tenant.user("reviewer", &[role]).await?;
    let workflow = tenant.publish("leave", single_approval("reviewer")?).await?;
    application.workflows.delete(&tenant.admin, workflow).await?;
    let of_purges = AuditFilter { event: Some("WORKFLOW_PURGED".to_owned()), ..AuditFilter::default() };
    let purges = async || application.audit.records(&tenant.admin, &of_purges, &PageRequest::first(10)).await;
    let workers = Workers::start(application, None, CancellationToken::new());
    tokio::time::sleep(Duration::from_mins(1)).await;
    assert!(purges().await?.into_nodes().is_empty());
    fixture.clock.advance(chrono::TimeDelta::days(91));
    tokio::time::sleep(Duration::from_hours(25)).await;
    assert_eq!(purges().await?.into_nodes().len(), 1);
    workers.stop().await;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn it_wakes_up_for_the_next_timer() {
    let due = start_of_time() + Duration::from_millis(300);
    let jobs = ScriptedJobs::new([], Some(due));
    let workers = start(&jobs);
    tokio::time::sleep(Duration::from_millis(350)).await;
    workers.stop().await;
    assert_eq!(jobs.times(), [0, 300]);
}

#[tokio::test(start_paused = true)]
async fn told_to_stop_it_finishes_the_batch_at_hand_and_takes_no_more() {
    let jobs = ScriptedJobs::new((0..1_000_000).map(|_| Claim::Finds(2)).collect::<VecDeque<_>>(), None);
    let workers = start(&jobs);
    tokio::task::yield_now().await;
    tokio::time::timeout(Duration::from_mins(1), workers.stop()).await.expect("it stops");
    let claims = jobs.times().len();
    assert_eq!(jobs.settled.load(Ordering::SeqCst), claims * 2, "no claimed timer is left lying");
}

#[tokio::test(start_paused = true)]
async fn timers_do_not_wait_for_calls() {
    let jobs = ScriptedJobs::new([Claim::Finds(1)], None);
    let jobs = Arc::new(ScriptedJobs { calls_hang: true, ..Arc::into_inner(jobs).expect("nobody else has it") });
    let workers = start(&jobs);
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    drop(workers);
    assert_eq!(jobs.times(), [0, 0, 1_000]);
}

//! Claims against pauses that end at the same time, lock by lock, on PostgreSQL.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod support;

use std::time::Duration;

use nexusflow_application::administration::{AdministrationCommit, AdministrationStore, Change, CommitError};
use nexusflow_application::request::{ClaimedJob, JobKind, JobStore};
use nexusflow_domain::Timestamp;
use nexusflow_domain::ids::{JobPauseId, OrganizationId};
use nexusflow_persistence::Store;
use sea_orm::{ConnectionTrait, TransactionTrait};
use support::{Tenant, TestDatabase, at, connect};

/// Longer than anything takes that does not wait.
const LONG: Duration = Duration::from_secs(10);
const SHORT: Duration = Duration::from_millis(300);

/// A tenant with one action that is due, all of whose work is paused.
struct Scene {
    database: TestDatabase,
    store: Store,
    organization: OrganizationId,
    pause: JobPauseId,
}

impl Scene {
    async fn prepare() -> Option<Self> {
        let database = TestDatabase::postgres().await?;
        let tenant = Tenant::create(&database, 0).await;
        let (organization, pause) = (tenant.organization, tenant.id(200));
        let row = vec![
            ("id", pause.into()),
            ("organization_id", organization.into()),
            ("reason", "Upkeep".into()),
            ("created_by", tenant.user.into()),
            ("created_at", now().into()),
        ];
        database.insert("job_pauses", row).await;
        let row = vec![
            ("id", tenant.id(201).into()),
            ("organization_id", organization.into()),
            ("kind", "ACTION".into()),
            ("request_id", tenant.id(202).into()),
            ("step_kind", "SERVICE".into()),
            ("run_at", now().into()),
            ("created_at", now().into()),
        ];
        database.insert("jobs", row).await;
        let store = connect(&database.url).await;
        let organization = OrganizationId::from_uuid(organization);
        Some(Self { database, store, organization, pause: JobPauseId::from_uuid(pause) })
    }

    async fn claim(&self) -> Vec<ClaimedJob> {
        claim(&self.store).await
    }

    async fn parked(&self) -> usize {
        self.database.column::<String>("SELECT id::text FROM jobs WHERE pause_id IS NOT NULL").await.len()
    }

    async fn end(self) {
        self.store.database().clone().close().await.unwrap();
        self.database.remove().await;
    }
}

fn now() -> Timestamp {
    at("2026-06-01T00:00:00Z")
}

async fn claim(store: &Store) -> Vec<ClaimedJob> {
    store.claim(JobKind::Action, now(), at("2026-06-01T00:01:00Z"), 10).await.unwrap()
}

async fn resume(store: &Store, organization: OrganizationId, pause: JobPauseId) -> Result<(), CommitError> {
    let changes = vec![Change::ResumeJobs(pause)];
    store.commit(AdministrationCommit::of_system(organization, changes, Vec::new())).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_does_not_wait_for_a_pause_that_is_ending() {
    let Some(scene) = Scene::prepare().await else { return };
    let resuming = scene.database.db.begin().await.unwrap();
    resuming.execute_unprepared("SELECT id FROM job_pauses FOR UPDATE").await.unwrap();
    let claimed = tokio::time::timeout(LONG, scene.claim()).await.unwrap();
    resuming.rollback().await.unwrap();
    assert_eq!((claimed.len(), scene.parked().await), (1, 0), "what is being resumed holds nothing back any more");
    scene.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_ends_after_the_claims_that_park_by_it_and_frees_what_they_parked() {
    let Some(scene) = Scene::prepare().await else { return };
    // Holds claims up in the middle, where they have looked at pauses and write jobs.
    let gate = "CREATE FUNCTION gate() RETURNS trigger LANGUAGE plpgsql AS \
        $$ BEGIN PERFORM pg_advisory_xact_lock(1); RETURN NEW; END $$; \
        CREATE TRIGGER gate BEFORE UPDATE ON jobs FOR EACH ROW WHEN (NEW.pause_id IS NOT NULL) EXECUTE FUNCTION gate()";
    scene.database.db.execute_unprepared(gate).await.unwrap();
    let closed = scene.database.db.begin().await.unwrap();
    closed.execute_unprepared("SELECT pg_advisory_xact_lock(1)").await.unwrap();
    let store = scene.store.clone();
    let claiming = tokio::spawn(async move { claim(&store).await });
    tokio::time::sleep(SHORT).await;
    let (store, organization, pause) = (scene.store.clone(), scene.organization, scene.pause);
    let resuming = tokio::spawn(async move { resume(&store, organization, pause).await });
    tokio::time::sleep(SHORT).await;
    assert!(!claiming.is_finished() && !resuming.is_finished(), "the pause must outlive the claim");
    closed.rollback().await.unwrap();
    assert!(tokio::time::timeout(LONG, claiming).await.unwrap().unwrap().is_empty(), "it was parked");
    tokio::time::timeout(LONG, resuming).await.unwrap().unwrap().unwrap();
    assert_eq!((scene.parked().await, scene.claim().await.len()), (0, 1));
    scene.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_ends_once() {
    let Some(scene) = Scene::prepare().await else { return };
    assert!(scene.claim().await.is_empty());
    let both = tokio::join!(
        resume(&scene.store, scene.organization, scene.pause),
        resume(&scene.store, scene.organization, scene.pause)
    );
    assert!(
        matches!(both, (Ok(()), Err(CommitError::Missing { .. })) | (Err(CommitError::Missing { .. }), Ok(()))),
        "{both:?}"
    );
    assert_eq!(scene.claim().await.len(), 1);
    scene.end().await;
}

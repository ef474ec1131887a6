//! Commands that are gathered into batches, before a store that tests hold up.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use nexusflow_application::access::Scope;
use nexusflow_application::fakes::MemoryStore;
use nexusflow_application::fakes::fixture::Fixture;
use nexusflow_application::request::{CommitConflict, CommitUnit, Completion, LoadedRequest, RequestStore};
use nexusflow_application::{Application, Call, Error, Ports, Refused, Result, StoreError};
use nexusflow_domain::ids::{RequestId, RequestStepId, WorkflowId};
use nexusflow_domain::request::{Refusal, RequestStatus};
use serde_json::json;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// A store whose commits wait at a gate.
struct Gated {
    store: Arc<MemoryStore>,
    gate: Semaphore,
    fails: AtomicBool,
    /// Says that everything was written.
    swallows: AtomicBool,
    batches: Mutex<Vec<usize>>,
}

#[async_trait]
impl RequestStore for Gated {
    async fn load(&self, wanted: &[(Scope, RequestId)]) -> Result<Vec<LoadedRequest>, StoreError> {
        self.store.load(wanted).await
    }

    async fn commit(&self, units: Vec<CommitUnit>) -> Result<Vec<Result<(), CommitConflict>>, StoreError> {
        self.batches.lock().unwrap().push(units.len());
        let _passed = self.gate.acquire().await.unwrap();
        if self.fails.swap(false, Ordering::SeqCst) {
            return Err(StoreError::Unavailable("the connection was cut".into()));
        }
        if self.swallows.load(Ordering::SeqCst) {
            return Ok(units.iter().map(|_| Ok(())).collect());
        }
        self.store.commit(units).await
    }

    fn writers(&self) -> usize {
        2
    }
}

impl Gated {
    fn open(&self) {
        self.gate.add_permits(1);
    }

    fn batches(&self) -> Vec<usize> {
        self.batches.lock().unwrap().clone()
    }

    /// Until so many commits wait at the gate or have passed it.
    async fn sees(&self, commits: usize) {
        while self.batches().len() < commits {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

/// A request in which several pieces of work wait, before a store whose gate is closed.
struct World {
    fixture: Fixture,
    gated: Arc<Gated>,
    application: Arc<Application>,
    workflow: WorkflowId,
    ann: Call,
}

impl World {
    async fn new() -> anyhow::Result<Self> {
        let fixture = Fixture::new().await?;
        let reviewer = fixture.tenant.role("reviewer").await?;
        let ann = fixture.tenant.user("ann", &[reviewer]).await?;
        let document = json!({
            "steps": [
                { "key": "start", "name": "Start", "kind": "START" },
                { "key": "work", "name": "Work", "kind": "TASK", "candidate": { "role": "reviewer" },
                  "multi": { "over": "people" } },
                { "key": "end", "name": "End", "kind": "END" },
            ],
            "transitions": [{ "from": "start", "to": "work" }, { "from": "work", "to": "end" }],
        });
        let workflow = fixture.tenant.publish("many", serde_json::from_value(document)?).await?;
        let (gate, batches) = (Semaphore::new(0), Mutex::default());
        let (fails, swallows) = (false.into(), false.into());
        let gated = Arc::new(Gated { store: fixture.store.clone(), gate, fails, swallows, batches });
        let ports = Ports { requests: gated.clone(), ..fixture.ports.clone() };
        let application = Arc::new(Application::new(&ports));
        Ok(Self { fixture, gated, application, workflow, ann })
    }

    async fn start(&self, people: usize) -> anyhow::Result<(RequestId, Vec<RequestStepId>)> {
        let variables = json!({ "people": vec!["somebody"; people] }).as_object().cloned().unwrap_or_default();
        let tenant = &self.fixture.tenant;
        let request = tenant.start(&tenant.admin, self.workflow, variables).await?;
        let scope = Scope::system(tenant.organization.id);
        let rows = self.fixture.ports.steps.steps_of(&scope, &[request]).await?;
        Ok((request, rows.into_iter().filter(|row| row.instance.is_some()).map(|row| row.id).collect()))
    }

    fn complete(&self, request: RequestId, step: RequestStepId) -> impl Future<Output = Result<()>> + use<> {
        let (application, ann) = (self.application.clone(), self.ann.clone());
        async move {
            let outcome = "COMPLETED".parse().unwrap();
            let completion = Completion { outcome, comment: None, variables: <_>::default(), on_behalf_of: None };
            application.requests.complete(&ann, request, step, completion, None).await.map(drop)
        }
    }

    async fn status(&self, request: RequestId) -> anyhow::Result<RequestStatus> {
        let scope = Scope::system(self.fixture.tenant.organization.id);
        let loaded = self.fixture.store.load(&[(scope, request)]).await?.pop();
        Ok(loaded.ok_or_else(|| anyhow::anyhow!("no request"))?.state.status())
    }
}

async fn settle() {
    for _ in 0..200 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn what_comes_while_batches_are_under_way_is_written_together() -> anyhow::Result<()> {
    let world = World::new().await?;
    let mut calls = JoinSet::new();
    for _ in 0..40 {
        let (request, steps) = world.start(1).await?;
        calls.spawn(world.complete(request, steps[0]));
    }
    settle().await;
    world.gated.open();
    while let Some(call) = calls.join_next().await {
        call??;
    }
    let batches = world.gated.batches();
    assert_eq!(batches.iter().sum::<usize>(), 40);
    assert!(batches.len() <= 4, "{batches:?}");
    Ok(())
}

#[tokio::test]
async fn commands_on_one_request_go_on_from_each_other_within_a_batch() -> anyhow::Result<()> {
    let world = World::new().await?;
    let (request, steps) = world.start(60).await?;
    let mut calls = JoinSet::new();
    for step in steps {
        calls.spawn(world.complete(request, step));
    }
    settle().await;
    world.gated.open();
    while let Some(call) = calls.join_next().await {
        call??;
    }
    let batches = world.gated.batches();
    assert_eq!(batches.iter().sum::<usize>(), 60, "nothing was decided twice");
    assert!(batches.len() <= 3, "{batches:?}");
    assert_eq!(world.status(request).await?, RequestStatus::Completed);
    let verification = world.fixture.application.audit.verify_all().await?;
    assert!(verification.is_intact(), "{:#?}", verification.findings);
    Ok(())
}

#[tokio::test]
async fn what_was_decided_on_something_that_did_not_arrive_is_decided_again() -> anyhow::Result<()> {
    let world = World::new().await?;
    let (request, steps) = world.start(2).await?;
    let lost = tokio::spawn(world.complete(request, steps[0]));
    world.gated.sees(1).await;
    // One goes on from what is lost, the other is refused because of it.
    let (follows, again) = (world.complete(request, steps[1]), world.complete(request, steps[0]));
    let (follows, again) = (tokio::spawn(follows), tokio::spawn(again));
    settle().await;
    assert!(!again.is_finished(), "refused because of something that is not stored");
    world.gated.fails.store(true, Ordering::SeqCst);
    world.gated.open();
    let lost = lost.await?;
    assert!(matches!(lost, Err(Error::Store(StoreError::Unavailable(_)))), "{lost:?}");
    follows.await??;
    again.await??;
    assert_eq!(world.status(request).await?, RequestStatus::Completed);
    Ok(())
}

#[tokio::test]
async fn a_refusal_is_told_when_what_it_rests_on_is_stored() -> anyhow::Result<()> {
    let world = World::new().await?;
    let (request, steps) = world.start(2).await?;
    let first = tokio::spawn(world.complete(request, steps[0]));
    world.gated.sees(1).await;
    let second = tokio::spawn(world.complete(request, steps[0]));
    settle().await;
    assert!(!second.is_finished());
    world.gated.open();
    first.await??;
    let second = second.await?;
    let refused = second.as_ref().err().and_then(Error::refused);
    assert!(matches!(refused, Some(Refused::Request(Refusal::StepNotOpen { .. }))), "{second:?}");
    Ok(())
}

/// Another server changed the request behind what this one remembers.
#[tokio::test]
async fn what_is_remembered_is_never_the_reason_of_a_refusal() -> anyhow::Result<()> {
    let world = World::new().await?;
    world.gated.open();
    let (request, steps) = world.start(2).await?;
    world.complete(request, steps[0]).await?;
    let tenant = &world.fixture.tenant;
    let elsewhere = &world.fixture.application.requests;
    elsewhere.suspend(&tenant.admin, request, None, nexusflow_domain::request::DeadlineClock::Running).await?;
    let refused = world.complete(request, steps[1]).await;
    let is_suspended = matches!(
        refused.as_ref().err().and_then(Error::refused),
        Some(Refused::Request(Refusal::WrongStatus { status: RequestStatus::Suspended, .. }))
    );
    assert!(is_suspended, "{refused:?}");
    // Now this server remembers that it is suspended.
    elsewhere.resume(&tenant.admin, request).await?;
    world.complete(request, steps[1]).await?;
    assert_eq!(world.status(request).await?, RequestStatus::Completed);
    Ok(())
}

#[tokio::test]
async fn a_caller_that_goes_away_takes_nothing_back() -> anyhow::Result<()> {
    let world = World::new().await?;
    let (request, steps) = world.start(2).await?;
    let gone = tokio::spawn(world.complete(request, steps[0]));
    world.gated.sees(1).await;
    gone.abort();
    assert!(gone.await.is_err());
    world.gated.open();
    world.complete(request, steps[1]).await?;
    assert_eq!(world.status(request).await?, RequestStatus::Completed);
    Ok(())
}

#[tokio::test]
async fn what_does_not_fit_is_refused_with_the_time_to_wait_and_nothing_else_is_lost() -> anyhow::Result<()> {
    let world = World::new().await?;
    world.gated.swallows.store(true, Ordering::SeqCst);
    let mut calls = JoinSet::new();
    // Each request weighs a quarter of a megabyte, so that not very many fit.
    let text = "x".repeat(250_000);
    for _ in 0..400 {
        let (application, admin) = (world.application.clone(), world.fixture.tenant.admin.clone());
        let variables = json!({ "people": ["one"], "text": text }).as_object().cloned().unwrap_or_default();
        let new = nexusflow_application::request::NewRequest {
            workflow: world.workflow,
            title: None,
            reference: None,
            priority: nexusflow_domain::workflow::Priority::Normal,
            variables,
            starts_at: None,
            due_at: None,
        };
        calls.spawn(async move { application.requests.start(&admin, new, None).await });
    }
    let mut refused = 0;
    while refused < 30 {
        let call = calls.join_next().await.ok_or_else(|| anyhow::anyhow!("all were taken"))??;
        match call {
            Err(Error::Store(StoreError::Overloaded { retry_after })) => {
                assert!(retry_after >= Duration::from_millis(50) && retry_after <= Duration::from_secs(10));
                refused += 1;
            }
            other => anyhow::bail!("{other:?}"),
        }
    }
    world.gated.open();
    let mut written = 0;
    while let Some(call) = calls.join_next().await {
        match call? {
            Ok(_) => written += 1,
            Err(Error::Store(StoreError::Overloaded { .. })) => refused += 1,
            other => anyhow::bail!("{other:?}"),
        }
    }
    assert_eq!(written + refused, 400);
    assert_eq!(world.gated.batches().iter().sum::<usize>(), written);
    Ok(())
}

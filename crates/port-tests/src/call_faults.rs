//! Calls when servers die and race: the end is the same, and each request is started once.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use async_trait::async_trait;
use chrono::TimeDelta;
use nexusflow_application::access::Scope;
use nexusflow_application::request::{
    ClaimedJob, CommitConflict, CommitUnit, JobKind, JobStore, Lease, LoadedRequest, RequestStore,
};
use nexusflow_application::{Application, Ports, StoreError};
use nexusflow_domain::Timestamp;
use nexusflow_domain::ids::{OrganizationId, RequestId};
use nexusflow_domain::request::RequestStatus;
use serde_json::json;

use crate::StorePorts;
use crate::bench::Bench;
use crate::calls::{call, catching};
use crate::documents::{sequence, task};

/// A server's way to the store, which ends after so many writes: from then on, nothing gets through.
#[derive(Clone)]
struct Mortal {
    requests: Arc<dyn RequestStore>,
    jobs: Arc<dyn JobStore>,
    writes_left: Arc<AtomicI64>,
}

impl Mortal {
    fn reaches(&self, writes: i64) -> Result<(), StoreError> {
        let left = self.writes_left.fetch_sub(writes, Ordering::SeqCst) - writes;
        if left < 0 { Err(StoreError::Unavailable("the server has died".into())) } else { Ok(()) }
    }
}

#[async_trait]
impl RequestStore for Mortal {
    async fn load(&self, wanted: &[(Scope, RequestId)]) -> Result<Vec<LoadedRequest>, StoreError> {
        self.reaches(0)?;
        self.requests.load(wanted).await
    }

    async fn commit(&self, units: Vec<CommitUnit>) -> Result<Vec<Result<(), CommitConflict>>, StoreError> {
        self.reaches(1)?;
        self.requests.commit(units).await
    }

    fn writers(&self) -> usize {
        self.requests.writers()
    }
}

#[async_trait]
impl JobStore for Mortal {
    async fn claim(
        &self,
        kind: JobKind,
        now: Timestamp,
        lease_until: Timestamp,
        limit: u32,
    ) -> Result<Vec<ClaimedJob>, StoreError> {
        self.reaches(1)?;
        self.jobs.claim(kind, now, lease_until, limit).await
    }

    async fn claim_work(
        &self,
        organization: OrganizationId,
        types: &[String],
        now: Timestamp,
        lease_until: Timestamp,
        limit: u32,
    ) -> Result<Vec<ClaimedJob>, StoreError> {
        self.reaches(1)?;
        self.jobs.claim_work(organization, types, now, lease_until, limit).await
    }

    async fn extend(
        &self,
        organization: OrganizationId,
        kind: JobKind,
        lease: Lease,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        self.reaches(1)?;
        self.jobs.extend(organization, kind, lease, until).await
    }

    async fn settle(&self, job: &ClaimedJob, run_at: Option<Timestamp>) -> Result<(), StoreError> {
        self.reaches(1)?;
        self.jobs.settle(job, run_at).await
    }

    async fn next_due(&self, kind: JobKind) -> Result<Option<Timestamp>, StoreError> {
        self.reaches(0)?;
        self.jobs.next_due(kind).await
    }
}

/// A server that dies after so many writes.
fn mortal(bench: &Bench, writes: i64) -> Application {
    let (requests, jobs) = (bench.storage.requests.clone(), bench.storage.jobs.clone());
    let mortal = Arc::new(Mortal { requests, jobs, writes_left: Arc::new(AtomicI64::new(writes)) });
    Application::new(&Ports { requests: mortal.clone(), jobs: mortal, ..bench.ports.clone() })
}

/// What goes on when the server dies.
#[derive(Debug, Clone, Copy)]
enum Story {
    /// A request calls one that calls another, which ends at once.
    Chain,
    /// As a chain of one, but the caller does not wait.
    Detached,
    /// The called workflow refuses the variables, which the caller catches.
    Refused,
    /// The caller is cancelled while the called request waits for a person.
    Cancelled,
}

pub async fn are_made_once_wherever_a_server_dies(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let acme = &bench.acme;
    acme.publish("At once", sequence(&[])?).await?;
    acme.publish("Between", sequence(&[call("c", "At once", &json!({}))])?).await?;
    acme.publish("Slow", sequence(&[task("work", "User", &json!({}))])?).await?;
    let mut strict = serde_json::to_value(sequence(&[])?)?;
    strict["inputSchema"] = json!({ "type": "object", "required": ["sum"] });
    acme.publish("Strict", serde_json::from_value(strict)?).await?;
    let detached = json!({ "call": { "workflow": "At once", "detached": true } });
    for (story, document) in [
        (Story::Chain, sequence(&[call("c", "Between", &json!({ "output": { "done": "true" } }))])?),
        (Story::Detached, sequence(&[call("c", "At once", &detached)])?),
        (Story::Refused, catching("Strict", &json!({}), &["CALL_REFUSED"])?),
        (Story::Cancelled, sequence(&[call("c", "Slow", &json!({}))])?),
    ] {
        let workflow = acme.publish(&format!("{story:?}"), document).await?;
        let mut survived = false;
        for writes in 0..40 {
            let parent = bench.start(&acme.admin, workflow).await?;
            if matches!(story, Story::Cancelled) {
                bench.settle_calls().await?;
                bench.application.requests.cancel(&acme.admin, parent, None).await?;
            }
            let dying = mortal(&bench, writes);
            let lived = async {
                while dying.calls.carry_out(10).await? > 0 {}
                Ok::<_, StoreError>(())
            };
            survived = lived.await.is_ok();
            // Another server comes when the leases of the first one are over.
            bench.clock.advance(TimeDelta::seconds(61));
            bench.settle_calls().await?;
            check(&bench, story, parent).await?;
            if survived {
                break;
            }
        }
        assert!(survived, "{story:?} takes more writes than that");
    }
    bench.check_intact().await
}

async fn check(bench: &Bench, story: Story, parent: RequestId) -> anyhow::Result<()> {
    let state = bench.load(parent).await?.state;
    let children = bench.children(parent).await?;
    let ended: Vec<RequestStatus> = children.iter().map(|child| child.status).collect();
    let (expected, called) = match story {
        Story::Chain | Story::Detached => (RequestStatus::Completed, vec![RequestStatus::Completed]),
        Story::Refused => (RequestStatus::InProgress, vec![]),
        Story::Cancelled => (RequestStatus::Cancelled, vec![RequestStatus::Cancelled]),
    };
    assert_eq!((state.status(), ended), (expected, called), "{story:?}");
    match story {
        Story::Chain => {
            assert_eq!(state.variables.get("done"), Some(&json!(true)));
            let grandchild = bench.only_child(children[0].id).await?;
            assert_eq!(bench.load(grandchild).await?.state.status(), RequestStatus::Completed);
        }
        Story::Refused => assert_eq!(state.open.values().next().map(|open| open.step.as_str()), Some("call_refused")),
        Story::Detached | Story::Cancelled => {}
    }
    bench.check_fold(parent).await
}

pub async fn are_made_once_by_two_servers(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    bench.acme.publish("At once", sequence(&[])?).await?;
    let many = json!({ "multi": { "over": "people", "collect": "ends" }, "input": { "who": "item" } });
    let workflow = bench.acme.publish("Order", sequence(&[call("c", "At once", &many)])?).await?;
    let people = json!({ "people": (0..12).collect::<Vec<u32>>() }).as_object().cloned().unwrap_or_default();
    let mut parents = Vec::new();
    for _ in 0..3 {
        parents.push(bench.acme.start(&bench.acme.admin, workflow, people.clone()).await?);
    }
    let servers = [bench.application.clone(), Arc::new(bench.second_application())];
    let rounds = servers.iter().flat_map(|server| [server.clone(), server.clone()]).map(|server| {
        tokio::spawn(async move {
            let mut idle = 0;
            while idle < 3 {
                idle = if server.calls.carry_out(2).await? == 0 { idle + 1 } else { 0 };
            }
            Ok::<_, StoreError>(())
        })
    });
    for round in rounds.collect::<Vec<_>>() {
        round.await??;
    }
    // What two servers wanted to change at the same time rests for a moment.
    bench.clock.advance(TimeDelta::seconds(61));
    bench.settle_calls().await?;
    for parent in parents {
        let state = bench.load(parent).await?.state;
        assert_eq!(state.status(), RequestStatus::Completed);
        let ends = state.variables["ends"].as_array().cloned().unwrap_or_default();
        let back: Vec<i64> = ends.iter().filter_map(|end| end["result"]["who"].as_i64()).collect();
        assert_eq!(back, (0..12).collect::<Vec<_>>());
        assert_eq!(bench.children(parent).await?.len(), 12);
        bench.check_fold(parent).await?;
    }
    bench.check_intact().await
}

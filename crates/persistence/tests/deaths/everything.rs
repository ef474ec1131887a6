use chrono::TimeDelta;
use nexusflow_application::StoreError;
use nexusflow_application::administration::Change;
use nexusflow_application::request::{
    CommitConflict, CommitUnit, JobChange, JobKind, LoadedRequest, Message, NewJob, Reception, StepChange,
    Subscription, SubscriptionChange, Wake,
};
use nexusflow_domain::JsonMap;
use nexusflow_domain::ids::{JobId, MessageId, RequestId, RequestStepId};
use nexusflow_domain::request::{AwaitedMessage, EscalationRecord, EscalationResult, RequestEvent, Subscriber};
use nexusflow_domain::workflow::Priority;

use crate::fault::Met;
use crate::footprint::{Footprint, footprint};
use crate::mill::Mill;
use crate::support::TestDatabase;

type Answers = Result<Vec<Result<(), CommitConflict>>, StoreError>;

/// Where a request as a whole waits for a message.
const HERE: Subscriber = Subscriber { step: None, boundary: None };

/// Units that together do everything that units can do, on requests of their own.
pub struct Everything {
    pub units: Vec<CommitUnit>,
}

impl Everything {
    pub async fn prepare(mill: &Mill) -> anyhow::Result<Self> {
        mill.bench.pass(1);
        let mut units = vec![creation(mill).await?];
        units.extend(chain(mill).await?);
        units.push(timer(mill).await?);
        units.push(job(mill).await?);
        units.push(reception(mill).await?);
        let laden = units.into_iter().enumerate().map(|(n, unit)| laden(mill, n, unit));
        Ok(Self { units: laden.collect() })
    }

    /// What is stored of each request.
    pub async fn footprints(&self, database: &TestDatabase) -> Vec<Footprint> {
        let mut found = Vec::new();
        for request in self.requests() {
            found.push(footprint(database, request).await);
        }
        found
    }

    /// Each unit is there as a whole or not at all, and there if that was said; those that are not can be
    /// written. Whether nothing was.
    pub async fn check(
        &self,
        mill: &Mill,
        database: &TestDatabase,
        before: &[Footprint],
        met: &Met<Answers>,
    ) -> anyhow::Result<bool> {
        self.check_answers(mill, met).await?;
        mill.check_intact().await?;
        let found = self.footprints(database).await;
        let mut unwritten = Vec::new();
        for unit in &self.units {
            if !is_written(mill, unit).await? {
                unwritten.push(unit.clone());
            }
        }
        let lost = unwritten.len();
        let answers = mill.bench.storage.requests.commit(unwritten).await?;
        assert!(answers.iter().all(Result::is_ok), "{answers:?}");
        let whole = self.footprints(database).await;
        for ((before, found), whole) in before.iter().zip(&found).zip(&whole) {
            assert!(before != whole, "a unit that changes nothing shows nothing");
            assert!(found == before || found == whole, "between\n{before:#?}\nand\n{whole:#?}\nis\n{found:#?}");
        }
        Ok(lost == self.units.len())
    }

    async fn check_answers(&self, mill: &Mill, met: &Met<Answers>) -> anyhow::Result<()> {
        let answers = match met {
            Met::Ended(answers) => {
                assert!(answers.as_ref().is_ok_and(|answers| answers.iter().all(Result::is_ok)), "{answers:?}");
                answers
            }
            Met::Struck(Some(answers)) => answers,
            Met::Struck(None) => return Ok(()),
        };
        match answers {
            Ok(answers) => {
                assert_eq!(answers.len(), self.units.len());
                for (unit, answer) in self.units.iter().zip(answers) {
                    match answer {
                        Ok(()) => assert!(is_written(mill, unit).await?, "acknowledged and lost"),
                        Err(CommitConflict::Store(StoreError::Unavailable(_))) => {}
                        Err(other) => anyhow::bail!("{other:?}"),
                    }
                }
            }
            Err(error) => assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}"),
        }
        Ok(())
    }

    fn requests(&self) -> Vec<RequestId> {
        let mut requests: Vec<RequestId> = self.units.iter().map(|unit| unit.state.id).collect();
        requests.dedup();
        requests
    }
}

async fn is_written(mill: &Mill, unit: &CommitUnit) -> anyhow::Result<bool> {
    let wanted = (mill.bench.scope(), unit.state.id);
    let stored = mill.bench.storage.requests.load(&[wanted]).await?.pop();
    Ok(stored.is_some_and(|stored| stored.state.version >= unit.state.version))
}

async fn creation(mill: &Mill) -> anyhow::Result<CommitUnit> {
    mill.bench.pending(mill.approval, mill.reviewer.principal.user, far(mill)).await
}

/// A claim and what follows it, on one request.
async fn chain(mill: &Mill) -> anyhow::Result<[CommitUnit; 2]> {
    let bench = &mill.bench;
    let request = bench.start(&bench.acme.admin, mill.approval).await?;
    let id = bench.acme.open_step(request, "review").await?.id;
    let by = mill.reviewer.principal.user;
    let claimed = RequestEvent::StepClaimed { id, by, on_behalf_of: None };
    let claim = vec![StepChange::Claim { id, by: Some(by), on_behalf_of: None }];
    let first = CommitUnit { steps: claim, ..bench.unit(&bench.load(request).await?, &[claimed])? };
    let counted = vec![StepChange::CountVotes { id, votes: 1 }];
    let second = CommitUnit { steps: counted, ..touch(mill, &LoadedRequest::after(&first))? };
    Ok([first, second])
}

/// Under the claim of the request's timer, which is due again later.
async fn timer(mill: &Mill) -> anyhow::Result<CommitUnit> {
    let bench = &mill.bench;
    let now = bench.ports.clock.now();
    let due = bench.pending(mill.approval, mill.reviewer.principal.user, now).await?;
    let on = stored(mill, due).await?;
    let claimed = bench.storage.jobs.claim(JobKind::Timer, now, far(mill), 10).await?;
    let claimed = claimed.iter().find(|job| job.request == on.state.id);
    let lease = claimed.ok_or_else(|| anyhow::anyhow!("no timer"))?.lease();
    Ok(CommitUnit { wake: Wake::At(far(mill)), lease: Some(lease), ..touch(mill, &on)? })
}

/// Takes a job away.
async fn job(mill: &Mill) -> anyhow::Result<CommitUnit> {
    let pending = mill.bench.pending(mill.approval, mill.reviewer.principal.user, far(mill)).await?;
    let job = work(mill, pending.state.id);
    let on = stored(mill, CommitUnit { jobs: vec![JobChange::Put(job.clone())], ..pending }).await?;
    Ok(CommitUnit { jobs: vec![JobChange::Remove(job.id)], wake: Wake::Never, ..touch(mill, &on)? })
}

/// Receives a message.
async fn reception(mill: &Mill) -> anyhow::Result<CommitUnit> {
    let bench = &mill.bench;
    let (now, id) = (bench.ports.clock.now(), bench.ports.ids.next::<MessageId>());
    let key = id.to_string();
    let message = Message {
        id,
        organization: bench.acme.organization.id,
        name: "paid".to_owned(),
        key: key.clone(),
        payload: JsonMap::new(),
        published_at: now,
        expires_at: now + TimeDelta::days(1),
        received: None,
    };
    bench.change(&bench.acme, vec![Change::PublishMessage(message)]).await?;
    let pending = bench.pending(mill.approval, mill.reviewer.principal.user, far(mill)).await?;
    let waits = SubscriptionChange::Put(subscription(mill, HERE, key));
    let on = stored(mill, CommitUnit { subscriptions: vec![waits], ..pending }).await?;
    let receives = Some(Reception { message: id, by: HERE });
    Ok(CommitUnit { receives, subscriptions: vec![SubscriptionChange::Remove(HERE)], ..touch(mill, &on)? })
}

/// What any unit can do besides: an escalation, a notification, a job, a place that waits, a key.
fn laden(mill: &Mill, n: usize, unit: CommitUnit) -> CommitUnit {
    let (bench, request, user) = (&mill.bench, unit.state.id, mill.reviewer.principal.user);
    let rung = u32::try_from(n).unwrap();
    let CommitUnit { mut jobs, mut subscriptions, .. } = unit;
    jobs.push(JobChange::Put(work(mill, request)));
    let step = bench.ports.ids.next::<RequestStepId>();
    let there = Subscriber { step: Some(step), boundary: None };
    subscriptions.push(SubscriptionChange::Put(subscription(mill, there, step.to_string())));
    CommitUnit {
        escalations: vec![bench.escalation(request, None, rung)],
        notifications: vec![bench.notification(request, user)],
        jobs,
        subscriptions,
        idempotency: Some(bench.key(user, &format!("{} {n}", request.uuid()))),
        ..unit
    }
}

/// A unit that raises the request's priority and does nothing else.
fn touch(mill: &Mill, on: &LoadedRequest) -> anyhow::Result<CommitUnit> {
    let result = EscalationResult::Raised(Priority::High);
    let missed = mill.bench.ports.clock.now();
    let raised = EscalationRecord { request_step: None, rung: 0, missed, result, next: None };
    mill.bench.unit(on, &[RequestEvent::Escalated(raised)])
}

async fn stored(mill: &Mill, unit: CommitUnit) -> anyhow::Result<LoadedRequest> {
    let after = LoadedRequest::after(&unit);
    let answers = mill.bench.storage.requests.commit(vec![unit]).await?;
    anyhow::ensure!(matches!(answers[..], [Ok(())]), "{answers:?}");
    Ok(after)
}

fn work(mill: &Mill, request: RequestId) -> NewJob {
    let (id, run_at) = (mill.bench.ports.ids.next::<JobId>(), mill.bench.ports.clock.now());
    NewJob { id, kind: JobKind::Work, job_type: Some("bill".to_owned()), ..NewJob::timer(request, None, run_at) }
}

fn subscription(mill: &Mill, to: Subscriber, key: String) -> Subscription {
    let awaits = AwaitedMessage { name: "paid".to_owned(), key, since: None };
    Subscription { to, awaits, opened_at: mill.bench.ports.clock.now() }
}

fn far(mill: &Mill) -> nexusflow_domain::Timestamp {
    mill.bench.ports.clock.now() + TimeDelta::days(30)
}

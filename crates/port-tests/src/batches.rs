//! `RequestStore`: many units at once.

use chrono::TimeDelta;
use nexusflow_application::administration::Change;
use nexusflow_application::fakes::fixture::single_approval;
use nexusflow_application::request::{
    CommitConflict, CommitUnit, JobKind, LoadedRequest, Message, Reception, StepChange, Subscription,
    SubscriptionChange, Wake,
};
use nexusflow_application::{Call, StoreError};
use nexusflow_domain::JsonMap;
use nexusflow_domain::ids::{MessageId, RequestId, RequestStepId};
use nexusflow_domain::request::{AwaitedMessage, RequestEvent, Subscriber};

use crate::StorePorts;
use crate::bench::{Bench, scope_of};

type Answers = Vec<Result<(), CommitConflict>>;

/// Requests that wait for an approval, and somebody who may claim it.
struct Desk<'a> {
    bench: &'a Bench,
    reviewer: Call,
    requests: Vec<(RequestId, RequestStepId)>,
}

impl<'a> Desk<'a> {
    async fn of(bench: &'a Bench, requests: usize) -> anyhow::Result<Self> {
        let role = bench.acme.role("reviewer").await?;
        let reviewer = bench.acme.user("reviewer", &[role]).await?;
        let workflow = bench.acme.publish("leave", single_approval("reviewer")?).await?;
        let mut open = Vec::new();
        for _ in 0..requests {
            let id = bench.start(&bench.acme.admin, workflow).await?;
            open.push((id, bench.acme.open_step(id, "review").await?.id));
        }
        Ok(Self { bench, reviewer, requests: open })
    }

    /// A claim of the step, or its end, on a state.
    fn claimed(&self, on: &LoadedRequest, step: RequestStepId, is_claim: bool) -> anyhow::Result<CommitUnit> {
        let user = self.reviewer.principal.user;
        let by = is_claim.then_some(user);
        let event = match by {
            Some(by) => RequestEvent::StepClaimed { id: step, by, on_behalf_of: None },
            None => RequestEvent::StepReleased { id: step, by: user },
        };
        let steps = vec![StepChange::Claim { id: step, by, on_behalf_of: None }];
        Ok(CommitUnit { steps, ..self.bench.unit(on, &[event])? })
    }

    async fn claimer(&self, request: RequestId) -> anyhow::Result<bool> {
        Ok(self.bench.acme.open_step(request, "review").await?.claimed_by.is_some())
    }
}

fn summary(answers: &Answers) -> Vec<&'static str> {
    let of = |answer: &Result<(), CommitConflict>| match answer {
        Ok(()) => "written",
        Err(CommitConflict::Stale) => "stale",
        Err(CommitConflict::LeaseLost) => "lease lost",
        Err(CommitConflict::MessageTaken) => "message taken",
        Err(CommitConflict::Store(StoreError::Failed(_))) => "failed",
        Err(_) => "something else",
    };
    answers.iter().map(of).collect()
}

pub async fn units_of_one_request_go_on_from_each_other(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let desk = Desk::of(&bench, 2).await?;
    let mut units = Vec::new();
    for &(id, step) in &desk.requests {
        let mut on = bench.load(id).await?;
        for is_claim in [true, false, true] {
            bench.pass(1);
            let unit = desk.claimed(&on, step, is_claim)?;
            on = LoadedRequest::after(&unit);
            units.push(unit);
        }
    }
    // Mixed, but those of one request in their order.
    units[1..4].rotate_right(1);
    let last = units.last().cloned().ok_or_else(|| anyhow::anyhow!("no units"))?;
    let answers = storage.requests.commit(units).await?;
    assert_eq!(summary(&answers), ["written"; 6]);
    for (id, _) in &desk.requests {
        assert!(desk.claimer(*id).await?);
        bench.check_fold(*id).await?;
    }
    assert_eq!(bench.load(last.state.id).await?, LoadedRequest::after(&last));
    bench.check_intact().await
}

pub async fn what_follows_a_refused_unit_is_stale(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let desk = Desk::of(&bench, 2).await?;
    let [(one, first), (two, second)] = desk.requests[..] else { anyhow::bail!("two requests") };
    let on = bench.load(one).await?;
    let refused = CommitUnit { expected_version: on.state.version + 7, ..desk.claimed(&on, first, true)? };
    let follows = desk.claimed(&LoadedRequest::after(&refused), first, false)?;
    let other = desk.claimed(&bench.load(two).await?, second, true)?;
    let answers = storage.requests.commit(vec![refused, other, follows]).await?;
    assert_eq!(summary(&answers), ["stale", "written", "stale"]);
    assert_eq!(bench.load(one).await?, on);
    assert!(desk.claimer(two).await?);
    bench.check_intact().await
}

/// Two servers, one of which went on from a unit that was not written: the numbers fit, the past does not.
pub async fn what_goes_on_from_something_never_stored_is_stale(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let desk = Desk::of(&bench, 2).await?;
    let (id, step) = desk.requests[0];
    let on = bench.load(id).await?;
    let never = desk.claimed(&on, step, true)?;
    let follows = desk.claimed(&LoadedRequest::after(&never), step, false)?;
    bench.pass(1);
    let instead = desk.claimed(&on, step, true)?;
    assert_eq!(summary(&storage.requests.commit(vec![instead]).await?), ["written"]);
    assert_eq!(bench.load(id).await?.state.version, follows.expected_version);
    assert_eq!(summary(&storage.requests.commit(vec![follows.clone()]).await?), ["stale"]);
    let (other, theirs) = desk.requests[1];
    let other = desk.claimed(&bench.load(other).await?, theirs, true)?;
    assert_eq!(summary(&storage.requests.commit(vec![follows, other]).await?), ["stale", "written"]);
    assert!(desk.claimer(id).await?);
    bench.check_intact().await
}

pub async fn a_poisonous_unit_is_written_by_nobody_and_spares_all_others(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let desk = Desk::of(&bench, 9).await?;
    let mut units = Vec::new();
    for &(id, step) in &desk.requests {
        units.push(desk.claimed(&bench.load(id).await?, step, true)?);
    }
    // The same rung twice.
    let poisonous = desk.requests[4].0;
    units[4].escalations = vec![bench.escalation(poisonous, None, 1), bench.escalation(poisonous, None, 1)];
    let answers = storage.requests.commit(units).await?;
    let expected: Vec<&str> = (0..9).map(|n| if n == 4 { "failed" } else { "written" }).collect();
    assert_eq!(summary(&answers), expected);
    for (n, (id, _)) in desk.requests.iter().enumerate() {
        assert_eq!(desk.claimer(*id).await?, n != 4, "request {n}");
    }
    bench.check_intact().await
}

pub async fn a_lease_ends_with_the_first_unit_that_puts_its_job_anew(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let desk = Desk::of(&bench, 2).await?;
    let [(id, step), (other, theirs)] = desk.requests[..] else { anyhow::bail!("two requests") };
    let now = bench.ports.clock.now();
    let timer = CommitUnit { wake: Wake::At(now), ..desk.claimed(&bench.load(id).await?, step, true)? };
    assert_eq!(summary(&storage.requests.commit(vec![timer]).await?), ["written"]);
    let claimed = storage.jobs.claim(JobKind::Timer, now, now + TimeDelta::seconds(60), 10).await?;
    let lease = Some(claimed.first().ok_or_else(|| anyhow::anyhow!("no timer"))?.lease());
    let later = Wake::At(now + TimeDelta::hours(1));
    let first = CommitUnit { lease, wake: later, ..desk.claimed(&bench.load(id).await?, step, false)? };
    let second = CommitUnit { lease, ..desk.claimed(&LoadedRequest::after(&first), step, true)? };
    let unrelated = desk.claimed(&bench.load(other).await?, theirs, true)?;
    let answers = storage.requests.commit(vec![first, unrelated, second]).await?;
    assert_eq!(summary(&answers), ["written", "written", "lease lost"]);
    assert!(!desk.claimer(id).await?);
    assert_eq!(storage.jobs.next_due(JobKind::Timer).await?, Some(now + TimeDelta::hours(1)));
    bench.check_intact().await
}

const HERE: Subscriber = Subscriber { step: None, boundary: None };

async fn published(bench: &Bench) -> anyhow::Result<MessageId> {
    let (now, text) = (bench.ports.clock.now(), || "paid".to_owned());
    let id = bench.ports.ids.next();
    let organization = bench.acme.organization.id;
    let (payload, expires_at) = (JsonMap::new(), now + TimeDelta::days(1));
    let message =
        Message { id, organization, name: text(), key: text(), payload, published_at: now, expires_at, received: None };
    bench.change(&bench.acme, vec![Change::PublishMessage(message)]).await?;
    Ok(id)
}

fn waiting(bench: &Bench, unit: CommitUnit) -> CommitUnit {
    let awaits = AwaitedMessage { name: "paid".to_owned(), key: "paid".to_owned(), since: None };
    let subscription = Subscription { to: HERE, awaits, opened_at: bench.ports.clock.now() };
    CommitUnit { subscriptions: vec![SubscriptionChange::Put(subscription)], ..unit }
}

pub async fn a_message_is_received_where_a_unit_before_waits_for_it(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let desk = Desk::of(&bench, 2).await?;
    let [(id, step), (other, theirs)] = desk.requests[..] else { anyhow::bail!("two requests") };
    let message = published(&bench).await?;
    let waits = waiting(&bench, desk.claimed(&bench.load(id).await?, step, true)?);
    let receives = desk.claimed(&LoadedRequest::after(&waits), step, false)?;
    let receives = CommitUnit {
        receives: Some(Reception { message, by: HERE }),
        subscriptions: vec![SubscriptionChange::Remove(HERE)],
        ..receives
    };
    let last = desk.claimed(&LoadedRequest::after(&receives), step, true)?;
    let unrelated = desk.claimed(&bench.load(other).await?, theirs, true)?;
    let answers = storage.requests.commit(vec![waits, receives, unrelated, last]).await?;
    assert_eq!(summary(&answers), ["written"; 4]);
    let found = storage.message_reader.messages(&bench.scope(), &[message]).await?;
    assert_eq!(found[0].received.as_ref().map(|received| received.request), Some(id));
    bench.check_intact().await
}

pub async fn of_several_units_that_receive_a_message_the_first_does(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let desk = Desk::of(&bench, 3).await?;
    let message = published(&bench).await?;
    let mut units = Vec::new();
    for &(id, step) in &desk.requests {
        units.push(waiting(&bench, desk.claimed(&bench.load(id).await?, step, true)?));
    }
    let states: Vec<LoadedRequest> = units.iter().map(LoadedRequest::after).collect();
    assert_eq!(summary(&storage.requests.commit(units).await?), ["written"; 3]);
    let mut units = Vec::new();
    for ((_, step), on) in desk.requests.iter().zip(&states) {
        let receives = Some(Reception { message, by: HERE });
        units.push(CommitUnit { receives, ..desk.claimed(on, *step, false)? });
    }
    units.reverse();
    let answers = storage.requests.commit(units).await?;
    assert_eq!(summary(&answers), ["written", "message taken", "message taken"]);
    for (n, (id, _)) in desk.requests.iter().enumerate() {
        assert_eq!(desk.claimer(*id).await?, n != 2, "request {n}");
    }
    bench.check_intact().await
}

pub async fn units_of_several_tenants_are_written_together(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let globex = bench.foreign().await?;
    let desk = Desk::of(&bench, 1).await?;
    let (ours, step) = desk.requests[0];
    let role = globex.role("reviewer").await?;
    globex.user("reviewer", &[role]).await?;
    let workflow = globex.publish("leave", single_approval("reviewer")?).await?;
    let theirs = globex.start(&globex.admin, workflow, JsonMap::new()).await?;
    let their_step = globex.open_step(theirs, "review").await?.id;
    let wanted = [(bench.scope(), ours), (scope_of(&globex), theirs), (bench.scope(), theirs)];
    let loaded = storage.requests.load(&wanted).await?;
    assert_eq!(loaded.len(), 2, "a tenant's request was loaded for another tenant");
    let mut units = Vec::new();
    for one in &loaded {
        let step = if one.state.id == ours { step } else { their_step };
        units.push(desk.claimed(one, step, true)?);
    }
    assert_eq!(summary(&storage.requests.commit(units).await?), ["written"; 2]);
    assert!(globex.open_step(theirs, "review").await?.claimed_by.is_some());
    bench.check_intact().await
}

//! `MessageStore`, `MessageReader` and the commits that receive: each message once, whatever comes first.

use futures::future::try_join_all;
use nexusflow_application::administration::Change;
use nexusflow_application::fakes::fixture::Tenant;
use nexusflow_application::request::{CommitConflict, CommitUnit, Message, NewMessage, Reception};
use nexusflow_application::{Application, Call, PageRequest};
use nexusflow_domain::JsonMap;
use nexusflow_domain::ids::{MessageId, RequestId, WorkflowId};
use nexusflow_domain::request::{DeadlineClock, RequestEvent, RequestStatus, Subscriber};
use serde_json::{Value, json};

use crate::StorePorts;
use crate::bench::{Bench, scope_of};

const DAY: i64 = 24 * 60 * 60;

/// `start` → `open`, a task → `paid`, a wait for a payment of the order → `end`; `more` goes into the
/// message that is waited for.
fn payment(more: &Value) -> anyhow::Result<nexusflow_domain::workflow::WorkflowDocument> {
    let mut message = json!({ "name": "paid", "key": "order" });
    if let (Some(message), Some(more)) = (message.as_object_mut(), more.as_object()) {
        message.extend(more.clone());
    }
    Ok(serde_json::from_value(json!({
        "steps": [
            { "key": "start", "name": "Start", "kind": "START" },
            { "key": "open", "name": "Open", "kind": "TASK", "candidate": { "role": "User" } },
            { "key": "paid", "name": "Paid", "kind": "WAIT", "wait": { "message": message } },
            { "key": "end", "name": "End", "kind": "END" },
        ],
        "transitions": [
            { "from": "start", "to": "open" }, { "from": "open", "to": "paid" }, { "from": "paid", "to": "end" },
        ],
    }))?)
}

/// A tenant with a worker Ann and the workflow of [`payment`].
struct Shop {
    tenant: Tenant,
    ann: Call,
    workflow: WorkflowId,
}

impl Shop {
    async fn new(tenant: &Tenant, more: &Value) -> anyhow::Result<Self> {
        let workflow = tenant.publish("payment", payment(more)?).await?;
        Ok(Self { ann: tenant.user("ann", &[]).await?, tenant: tenant.clone(), workflow })
    }

    /// A request whose wait has not begun.
    async fn order(&self, key: &str) -> anyhow::Result<RequestId> {
        let variables: JsonMap = serde_json::from_value(json!({ "order": key }))?;
        Ok(self.tenant.start(&self.ann, self.workflow, variables).await?)
    }

    /// Its wait begins.
    async fn wait(&self, request: RequestId) -> anyhow::Result<()> {
        Ok(self.tenant.complete(&self.ann, request, "open", "COMPLETED").await?)
    }

    async fn waiting(&self, key: &str) -> anyhow::Result<RequestId> {
        let request = self.order(key).await?;
        self.wait(request).await?;
        Ok(request)
    }

    /// The administrator publishes a payment.
    async fn pay(&self, application: &Application, key: &str, life: &str) -> anyhow::Result<MessageId> {
        let payload = serde_json::from_value(json!({ "amount": 7 }))?;
        let new = NewMessage { name: "paid".to_owned(), key: key.to_owned(), payload, time_to_live: life.parse()? };
        Ok(application.messages.publish(&self.tenant.admin, new, None).await?.id)
    }
}

/// A shop of the bench's tenant.
async fn shop(bench: &Bench, more: &Value) -> anyhow::Result<Shop> {
    Shop::new(&bench.acme, more).await
}

async fn status(bench: &Bench, request: RequestId) -> anyhow::Result<RequestStatus> {
    Ok(bench.load(request).await?.state.status())
}

async fn receiver(bench: &Bench, message: MessageId) -> anyhow::Result<Option<RequestId>> {
    let found = bench.storage.message_reader.messages(&bench.scope(), &[message]).await?.pop();
    let found = found.ok_or_else(|| anyhow::anyhow!("{message} is not there"))?;
    Ok(found.received.map(|received| received.request))
}

/// A message that its publisher's server did not deliver, as if it had died.
async fn stored(bench: &Bench, key: &str, life: i64) -> anyhow::Result<MessageId> {
    let now = bench.ports.clock.now();
    let message = Message {
        id: bench.ports.ids.next(),
        organization: bench.acme.organization.id,
        name: "paid".to_owned(),
        key: key.to_owned(),
        payload: JsonMap::new(),
        published_at: now,
        expires_at: now + chrono::TimeDelta::seconds(life),
        received: None,
    };
    let id = message.id;
    bench.change(&bench.acme, vec![Change::PublishMessage(message)]).await?;
    Ok(id)
}

/// What a worker does: everything, a few at a time.
async fn deliver_missed(application: &Application) -> anyhow::Result<()> {
    let mut after = None;
    loop {
        after = application.messages.deliver_missed(after, 2).await?;
        if after.is_none() {
            return Ok(());
        }
    }
}

pub async fn a_message_ends_the_wait_that_is_there(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let shop = shop(&bench, &json!({})).await?;
    let (request, other) = (shop.waiting("O-1").await?, shop.waiting("O-2").await?);
    let message = shop.pay(&bench.application, "O-1", "P1D").await?;
    assert_eq!(receiver(&bench, message).await?, Some(request));
    assert_eq!(bench.load(request).await?.state.variables.get("amount"), Some(&json!(7)));
    assert_eq!(
        (status(&bench, request).await?, status(&bench, other).await?),
        (RequestStatus::Completed, RequestStatus::InProgress)
    );
    let events: Vec<String> = bench.journal(request).await?.into_iter().map(|record| record.event).collect();
    assert!(events.contains(&"MESSAGE_RECEIVED".to_owned()), "{events:?}");
    bench.check_fold(request).await?;
    bench.check_intact().await
}

pub async fn a_message_is_kept_for_a_wait_that_begins_before_it_expires(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let shop = shop(&bench, &json!({})).await?;
    for (life, pause, received) in [("P1D", DAY, true), ("P1D", DAY + 1, false), ("PT0S", 1, false)] {
        let key = format!("{life} {pause}");
        let request = shop.order(&key).await?;
        let message = shop.pay(&bench.application, &key, life).await?;
        assert_eq!(receiver(&bench, message).await?, None, "{key}");
        bench.pass(pause);
        shop.wait(request).await?;
        assert_eq!(receiver(&bench, message).await?, received.then_some(request), "{key}");
    }
    let request = shop.waiting("now").await?;
    bench.pass(DAY);
    let message = shop.pay(&bench.application, "now", "PT0S").await?;
    assert_eq!(receiver(&bench, message).await?, Some(request));
    bench.check_intact().await
}

pub async fn a_wait_that_takes_no_earlier_message_leaves_it(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let shop = shop(&bench, &json!({ "kept": false })).await?;
    let request = shop.order("O-1").await?;
    let early = shop.pay(&bench.application, "O-1", "P1D").await?;
    bench.pass(1);
    shop.wait(request).await?;
    deliver_missed(&bench.application).await?;
    assert_eq!((receiver(&bench, early).await?, status(&bench, request).await?), (None, RequestStatus::InProgress));
    let message = shop.pay(&bench.application, "O-1", "P1D").await?;
    assert_eq!(receiver(&bench, message).await?, Some(request));
    assert_eq!(receiver(&bench, early).await?, None);
    Ok(())
}

pub async fn each_message_is_received_once_by_the_longest_waiting(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let shop = shop(&bench, &json!({})).await?;
    let mut waiting = Vec::new();
    for _ in 0..3 {
        waiting.push(shop.waiting("O-1").await?);
        bench.pass(1);
    }
    let mut received = Vec::new();
    for _ in 0..4 {
        let message = shop.pay(&bench.application, "O-1", "P1D").await?;
        received.push(receiver(&bench, message).await?);
    }
    assert_eq!(received, [Some(waiting[0]), Some(waiting[1]), Some(waiting[2]), None]);
    Ok(())
}

/// Two servers, publishers and waits all at once: whoever was first, at the end as many messages are
/// received as there are waits, each by another.
pub async fn of_publishers_and_waits_at_once_each_finds_one(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let shop = shop(&bench, &json!({})).await?;
    let second = bench.second_application();
    let requests = try_join_all((0..6).map(|_| shop.order("O-1"))).await?;
    let waits = try_join_all(requests.iter().map(|&request| shop.wait(request)));
    let servers = [&*bench.application, &second];
    let payments = try_join_all((0..8).map(|n| shop.pay(servers[n % 2], "O-1", "P1D")));
    let ((), messages) = futures::try_join!(async { waits.await.map(drop) }, payments)?;
    futures::try_join!(deliver_missed(&bench.application), deliver_missed(&second))?;
    let mut receivers = Vec::new();
    for message in messages {
        receivers.extend(receiver(&bench, message).await?);
    }
    receivers.sort_unstable();
    let mut expected = requests.clone();
    expected.sort_unstable();
    assert_eq!(receivers, expected, "each request has received one message");
    for request in requests {
        assert_eq!(status(&bench, request).await?, RequestStatus::Completed);
        bench.check_fold(request).await?;
    }
    bench.check_intact().await
}

pub async fn what_was_missed_is_delivered_by_workers_once(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let shop = shop(&bench, &json!({})).await?;
    let second = bench.second_application();
    let mut pairs = Vec::new();
    for n in 0..5 {
        let request = shop.waiting(&format!("O-{n}")).await?;
        pairs.push((request, stored(&bench, &format!("O-{n}"), 60).await?));
        stored(&bench, "nobody waits", 60).await?;
    }
    // A message that something waits for is delivered, however long the workers were away.
    bench.pass(DAY);
    futures::try_join!(deliver_missed(&bench.application), deliver_missed(&second))?;
    for (request, message) in pairs {
        assert_eq!(
            (receiver(&bench, message).await?, status(&bench, request).await?),
            (Some(request), RequestStatus::Completed)
        );
        let events = bench.journal(request).await?;
        assert_eq!(events.iter().filter(|record| record.event == "MESSAGE_RECEIVED").count(), 1);
    }
    Ok(())
}

pub async fn what_is_suspended_receives_when_it_goes_on(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let shop = shop(&bench, &json!({})).await?;
    let request = shop.waiting("O-1").await?;
    let (requests, admin) = (&bench.application.requests, &bench.acme.admin);
    requests.suspend(admin, request, None, DeadlineClock::Running).await?;
    let message = shop.pay(&bench.application, "O-1", "P1D").await?;
    deliver_missed(&bench.application).await?;
    assert_eq!(receiver(&bench, message).await?, None);
    requests.resume(admin, request).await?;
    assert_eq!(receiver(&bench, message).await?, Some(request));
    Ok(())
}

/// A scope of two tasks, which `stop` leaves, and a task `a` of it, which `hurry` adds to.
pub async fn boundary_events_of_scopes_and_steps_receive(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let user = json!({ "role": "User" });
    let on = |name: &str| json!({ "message": { "name": name, "key": "'k'" } });
    let document = serde_json::from_value(json!({
        "steps": [
            { "key": "start", "name": "Start", "kind": "START" },
            { "key": "a", "name": "A", "kind": "TASK", "candidate": user },
            { "key": "b", "name": "B", "kind": "TASK", "candidate": user },
            { "key": "x", "name": "X", "kind": "TASK", "candidate": user },
            { "key": "stop", "name": "Stop", "kind": "BOUNDARY",
              "boundary": { "attachedTo": "s", "on": on("stop") } },
            { "key": "hurry", "name": "Hurry", "kind": "BOUNDARY",
              "boundary": { "attachedTo": "a", "on": on("hurry"), "interrupting": false } },
            { "key": "end", "name": "End", "kind": "END" },
        ],
        "transitions": [
            { "from": "start", "to": "a" }, { "from": "a", "to": "b" }, { "from": "b", "to": "end" },
            { "from": "stop", "to": "end" }, { "from": "hurry", "to": "x" }, { "from": "x", "to": "end" },
        ],
        "scopes": [{ "key": "s", "name": "S", "steps": ["a", "b"] }],
    }))?;
    let workflow = bench.acme.publish("region", document).await?;
    let ann = bench.acme.user("ann", &[]).await?;
    let request = bench.start(&ann, workflow).await?;
    let host = bench.acme.open_step(request, "a").await?.id;
    let publish = async |name: &str| {
        let payload = JsonMap::new();
        let new = NewMessage { name: name.to_owned(), key: "k".to_owned(), payload, time_to_live: "P1D".parse()? };
        let id = bench.application.messages.publish(&bench.acme.admin, new, None).await?.id;
        let found = bench.storage.message_reader.messages(&bench.scope(), &[id]).await?.pop();
        anyhow::Ok(found.and_then(|found| found.received).map(|received| received.by))
    };
    let at = |step, boundary: &str| anyhow::Ok(Some(Subscriber { step, boundary: Some(boundary.parse()?) }));
    assert_eq!(publish("hurry").await?, at(Some(host), "hurry")?);
    assert_eq!(publish("hurry").await?, None, "it fires once");
    bench.acme.complete(&ann, request, "a", "COMPLETED").await?;
    assert_eq!(publish("stop").await?, at(None, "stop")?);
    assert_eq!(publish("stop").await?, None);
    bench.acme.complete(&ann, request, "x", "COMPLETED").await?;
    assert_eq!(status(&bench, request).await?, RequestStatus::Completed);
    bench.check_fold(request).await
}

pub async fn another_tenants_message_is_neither_received_nor_seen(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let shop = shop(&bench, &json!({})).await?;
    let foreign = bench.foreign().await?;
    let abroad = Shop::new(&foreign, &json!({})).await?;
    let request = shop.waiting("O-1").await?;
    let message = abroad.pay(&bench.application, "O-1", "P1D").await?;
    deliver_missed(&bench.application).await?;
    assert_eq!(status(&bench, request).await?, RequestStatus::InProgress);
    let (reader, filter) = (&storage.message_reader, nexusflow_application::request::MessageFilter::default());
    assert!(reader.messages(&bench.scope(), &[message]).await?.is_empty());
    assert!(reader.list_messages(&bench.scope(), &filter, &PageRequest::first(9)).await?.into_nodes().is_empty());
    let (mine, address) = (bench.acme.organization.id, |key: &str| {
        let (name, key) = ("paid".to_owned(), key.to_owned());
        nexusflow_application::request::Address { name, key }
    });
    assert_eq!(storage.messages.deliverable(mine, message, 9).await?, None);
    assert!(storage.messages.awaited_at(mine, &address("O-1"), 9).await?.is_empty());
    // Not even a commit of the engine's takes it.
    let loaded = bench.load(request).await?;
    let (to, _) = loaded.state.subscriptions().into_iter().next().ok_or_else(|| anyhow::anyhow!("nothing waits"))?;
    let unit = bench.unit(&loaded, &[received(message, &to)])?;
    let answers = storage.requests.commit(vec![CommitUnit { receives: Some(reception(message, &to)), ..unit }]).await?;
    assert!(matches!(answers[..], [Err(CommitConflict::MessageTaken)]), "{answers:?}");
    let theirs = reader.messages(&scope_of(&foreign), &[message]).await?;
    assert!(matches!(&theirs[..], [Message { received: None, .. }]), "{theirs:?}");
    Ok(())
}

fn received(message: MessageId, to: &Subscriber) -> RequestEvent {
    let Subscriber { step, boundary } = to.clone();
    RequestEvent::MessageReceived { message, name: "paid".to_owned(), step, boundary, variables: JsonMap::new() }
}

fn reception(message: MessageId, to: &Subscriber) -> Reception {
    Reception { message, by: to.clone() }
}

/// Decided on what is not so any more: the commit writes nothing.
pub async fn a_commit_receives_only_what_is_waited_for_there(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let shop = shop(&bench, &json!({ "kept": false })).await?;
    let early = stored(&bench, "O-1", DAY).await?;
    bench.pass(1);
    let request = shop.waiting("O-1").await?;
    let other = stored(&bench, "O-2", DAY).await?;
    let loaded = bench.load(request).await?;
    let (to, _) = loaded.state.subscriptions().into_iter().next().ok_or_else(|| anyhow::anyhow!("nothing waits"))?;
    let elsewhere = Subscriber { boundary: Some("other".parse()?), ..to.clone() };
    let right = stored(&bench, "O-1", DAY).await?;
    let commit = async |message, to: &Subscriber| {
        let unit = bench.unit(&loaded, &[received(message, to)])?;
        let unit = CommitUnit { receives: Some(reception(message, to)), ..unit };
        let answer = storage.requests.commit(vec![unit]).await?.pop();
        answer.ok_or_else(|| anyhow::anyhow!("no answer"))
    };
    for (message, to) in [(early, &to), (other, &to), (right, &elsewhere), (bench.ports.ids.next(), &to)] {
        let answer = commit(message, to).await?;
        assert!(matches!(answer, Err(CommitConflict::MessageTaken)), "{answer:?}");
        assert_eq!(bench.load(request).await?, loaded);
    }
    assert!(commit(right, &to).await?.is_ok());
    assert_eq!(receiver(&bench, right).await?, Some(request));
    Ok(())
}

pub async fn expired_messages_are_removed_unless_something_waits(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let shop = shop(&bench, &json!({})).await?;
    shop.waiting("missed").await?;
    let missed = stored(&bench, "missed", 60).await?;
    shop.waiting("done").await?;
    let received = shop.pay(&bench.application, "done", "PT1M").await?;
    let late = stored(&bench, "late", DAY).await?;
    let mut old = Vec::new();
    for _ in 0..3 {
        old.push(stored(&bench, "old", 60).await?);
    }
    bench.pass(3_600);
    shop.waiting("old").await?;
    assert_eq!(bench.application.messages.expire(2).await?, 2);
    assert_eq!(bench.application.messages.expire(100).await?, 2);
    assert_eq!(bench.application.messages.expire(100).await?, 0);
    let ids: Vec<MessageId> = [missed, received, late].into_iter().chain(old).collect();
    let mut left: Vec<MessageId> =
        storage.message_reader.messages(&bench.scope(), &ids).await?.into_iter().map(|message| message.id).collect();
    left.sort_unstable();
    assert_eq!(left, [missed, late]);
    Ok(())
}

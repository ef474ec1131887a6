//! Timers end to end: `JobStore` and `RequestStore` under `TimerService`.

use std::sync::Arc;

use chrono::TimeDelta;
use nexusflow_application::PageRequest;
use nexusflow_application::request::{JobKind, NewRequest};
use nexusflow_domain::ids::{RequestId, WorkflowId};
use nexusflow_domain::request::{DeadlineClock, RequestStatus};
use nexusflow_domain::workflow::Priority;
use serde_json::{Value, json};

use crate::StorePorts;
use crate::bench::Bench;
use crate::documents::{sequence, task};

/// A task with a deadline of an hour and a ladder of four rungs, an hour apart.
async fn laddered(bench: &Bench) -> anyhow::Result<WorkflowId> {
    let chief = bench.acme.role("chief").await?;
    bench.acme.user("boss", &[chief]).await?;
    let sla = json!({ "sla": { "dueIn": "PT1H", "escalations": [
        { "action": { "notify": { "candidates": {} } } },
        { "after": "PT1H", "action": { "raise": {} } },
        { "after": "PT2H", "action": { "reassign": { "role": "chief" } } },
        { "after": "PT3H", "action": { "notify": { "requester": {} } } },
    ] } });
    Ok(bench.acme.publish("laddered", sequence(&[task("work", "User", &sla)])?).await?)
}

async fn rungs(bench: &Bench, request: RequestId) -> anyhow::Result<Vec<u32>> {
    let escalations = bench.storage.steps.escalations_of(&bench.scope(), &[request]).await?;
    let mut rungs: Vec<_> = escalations.into_iter().map(|escalation| escalation.rung).collect();
    rungs.sort_unstable();
    Ok(rungs)
}

pub async fn fire_each_rung_once_with_two_servers(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let workflow = laddered(&bench).await?;
    let mut requests = Vec::new();
    for _ in 0..6 {
        requests.push(bench.start(&bench.acme.admin, workflow).await?);
    }
    let servers = [bench.application.clone(), Arc::new(bench.second_application())];
    for fired in 1..=4 {
        bench.clock.advance(TimeDelta::minutes(61));
        // As workers do: again and again, until nothing is due.
        let rounds = servers.iter().flat_map(|server| [server.clone(), server.clone()]).map(|server| {
            tokio::spawn(async move {
                let mut idle = 0;
                while idle < 2 {
                    idle = if server.timers.fire_due(2).await? == 0 { idle + 1 } else { 0 };
                }
                Ok::<_, nexusflow_application::StoreError>(())
            })
        });
        for round in rounds.collect::<Vec<_>>() {
            round.await??;
        }
        for &request in &requests {
            assert_eq!(rungs(&bench, request).await?, (0..fired).collect::<Vec<_>>());
            bench.check_fold(request).await?;
        }
    }
    assert_eq!(storage.jobs.next_due(JobKind::Timer).await?, None, "nothing is left to wake for");
    bench.check_intact().await
}

pub async fn fire_all_that_was_slept_through_at_once(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let workflow = laddered(&bench).await?;
    let request = bench.start(&bench.acme.admin, workflow).await?;
    let due = bench.ports.clock.now() + TimeDelta::hours(1);
    assert_eq!(bench.application.timers.next_due().await?, Some(due + TimeDelta::microseconds(1)));
    bench.clock.set(due);
    assert_eq!(bench.application.timers.fire_due(10).await?, 0, "at the deadline one is still in time");
    bench.clock.advance(TimeDelta::days(30));
    assert_eq!(bench.application.timers.fire_due(10).await?, 1);
    assert_eq!(rungs(&bench, request).await?, [0, 1, 2, 3]);
    assert_eq!(bench.application.timers.fire_due(10).await?, 0);
    assert_eq!(storage.jobs.next_due(JobKind::Timer).await?, None);
    bench.check_intact().await
}

/// Whom a rung reassigns a step to learns of it, and whoever had claimed it loses it.
pub async fn tell_the_holders_of_the_role_that_a_step_is_reassigned_to(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let (clerk, chief) = (bench.acme.role("clerk").await?, bench.acme.role("chief").await?);
    let ann = bench.acme.user("ann", &[clerk]).await?;
    let boss = bench.acme.user("boss", &[chief]).await?;
    let sla = json!({ "sla": { "dueIn": "PT1H", "escalations": [{ "action": { "reassign": { "role": "chief" } } }] } });
    let workflow = bench.acme.publish("reassigned", sequence(&[task("work", "clerk", &sla)])?).await?;
    let request = bench.start(&bench.acme.admin, workflow).await?;
    let step = bench.acme.open_step(request, "work").await?.id;
    bench.application.requests.claim(&ann, request, step, None).await?;
    bench.clock.advance(TimeDelta::minutes(61));
    assert_eq!(bench.application.timers.fire_due(10).await?, 1);
    let told = async |call| {
        let page = storage.notifications.notifications(&bench.member(call), &PageRequest::first(10)).await?;
        anyhow::Ok(page.into_nodes())
    };
    let [message] = &told(&boss).await?[..] else { anyhow::bail!("one message is expected") };
    assert_eq!((message.user, message.role, message.kind.as_str()), (None, Some(chief), "DEADLINE_MISSED"));
    assert_eq!((message.request, message.request_step), (Some(request), Some(step)));
    assert!(told(&ann).await?.is_empty());
    let row = bench.acme.open_step(request, "work").await?;
    assert_eq!((row.required_role, row.claimed_by), (Some(chief), None));
    bench.acme.complete(&boss, request, "work", "COMPLETED").await?;
    bench.check_intact().await
}

pub async fn start_what_is_pending(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let workflow = bench.acme.publish("leave", sequence(&[task("work", "User", &Value::Null)])?).await?;
    let starts_at = bench.ports.clock.now() + TimeDelta::days(2);
    let new = NewRequest {
        workflow,
        title: None,
        reference: None,
        priority: Priority::Normal,
        variables: <_>::default(),
        starts_at: Some(starts_at),
        due_at: None,
    };
    let request = bench.application.requests.start(&bench.acme.admin, new, None).await?.id;
    assert_eq!(bench.load(request).await?.state.status(), RequestStatus::Pending);
    assert_eq!(storage.jobs.next_due(JobKind::Timer).await?, Some(starts_at));
    bench.clock.set(starts_at - TimeDelta::microseconds(1));
    assert_eq!(bench.application.timers.fire_due(10).await?, 0);
    bench.clock.set(starts_at);
    assert_eq!(bench.application.timers.fire_due(10).await?, 1);
    let state = bench.load(request).await?.state;
    assert_eq!((state.status(), state.started_at), (RequestStatus::InProgress, Some(starts_at)));
    let journal = bench.journal(request).await?;
    assert_eq!(journal[1].event, "REQUEST_STARTED");
    assert_eq!(journal[1].actor, None, "nobody started it but time");
    assert_eq!(storage.jobs.next_due(JobKind::Timer).await?, None);
    bench.check_intact().await
}

pub async fn rest_while_suspended(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let workflow = laddered(&bench).await?;
    let (requests, admin) = (&bench.application.requests, &bench.acme.admin);
    let request = bench.start(admin, workflow).await?;
    requests.suspend(admin, request, None, DeadlineClock::Stopped).await?;
    assert_eq!(storage.jobs.next_due(JobKind::Timer).await?, None);
    bench.clock.advance(TimeDelta::days(1));
    assert_eq!(bench.application.timers.fire_due(10).await?, 0);
    requests.resume(admin, request).await?;
    assert!(rungs(&bench, request).await?.is_empty());
    requests.suspend(admin, request, None, DeadlineClock::Running).await?;
    bench.clock.advance(TimeDelta::minutes(90));
    requests.resume(admin, request).await?;
    assert_eq!(rungs(&bench, request).await?, [0], "what was missed meanwhile escalates on resumption");
    assert!(storage.jobs.next_due(JobKind::Timer).await?.is_some());
    requests.cancel(admin, request, None).await?;
    assert_eq!(storage.jobs.next_due(JobKind::Timer).await?, None);
    bench.check_intact().await
}

/// A person's command and a timer at the same instant: both happen, each once.
pub async fn race_with_people(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let workflow = laddered(&bench).await?;
    let admin = &bench.acme.admin;
    let mut requests = Vec::new();
    for _ in 0..6 {
        requests.push(bench.start(admin, workflow).await?);
    }
    bench.clock.advance(TimeDelta::minutes(61));
    let timers = bench.second_application().timers;
    let firing = tokio::spawn(async move { timers.fire_due(10).await });
    for &request in &requests {
        bench.acme.complete(admin, request, "work", "COMPLETED").await?;
    }
    firing.await??;
    bench.application.timers.fire_due(10).await?;
    for &request in &requests {
        assert_eq!(rungs(&bench, request).await?, [0]);
        assert_eq!(bench.load(request).await?.state.status(), RequestStatus::Completed);
        bench.check_fold(request).await?;
    }
    bench.check_intact().await
}

//! `RequestStore`: compare and set, all or nothing.

use nexusflow_application::Call;
use nexusflow_application::fakes::fixture::{building_permit, single_approval};
use nexusflow_application::request::{CommitConflict, CommitUnit, JobKind, LoadedRequest, StepChange, Wake};
use nexusflow_domain::ids::{RequestId, RequestStepId, UserId};
use nexusflow_domain::request::RequestEvent;
use serde_json::json;

use crate::StorePorts;
use crate::bench::{Bench, scope_of};

/// A request with an open approval.
struct Running {
    id: RequestId,
    step: RequestStepId,
    reviewer: Call,
}

async fn running(bench: &Bench, name: &str) -> anyhow::Result<Running> {
    let role = bench.acme.role(name).await?;
    let reviewer = bench.acme.user(name, &[role]).await?;
    let workflow = bench.acme.publish(name, single_approval(name)?).await?;
    let id = bench.start(&bench.acme.admin, workflow).await?;
    let step = bench.acme.open_step(id, "review").await?.id;
    Ok(Running { id, step, reviewer })
}

/// A claim, with everything that a unit can bring along.
fn claim(bench: &Bench, loaded: &LoadedRequest, step: RequestStepId, by: UserId) -> anyhow::Result<CommitUnit> {
    let unit = bench.unit(loaded, &[RequestEvent::StepClaimed { id: step, by, on_behalf_of: None }])?;
    Ok(CommitUnit {
        steps: vec![StepChange::Claim { id: step, by: Some(by), on_behalf_of: None }],
        notifications: vec![bench.notification(loaded.state.id, by)],
        escalations: vec![bench.escalation(loaded.state.id, Some(step), u32::try_from(loaded.state.version)?)],
        idempotency: Some(bench.key(by, &format!("claim {}", loaded.state.version))),
        ..unit
    })
}

/// Everything of a request that a unit might touch.
async fn trace(bench: &Bench, running: &Running) -> anyhow::Result<String> {
    let user = running.reviewer.principal.user;
    let notifications = bench.application.request_reads.notifications(&running.reviewer, &first()).await?;
    Ok(format!(
        "{:?}\n{:?}\n{:?}\n{:?}\n{:?}\n{:?}\n{:?}",
        bench.load(running.id).await?,
        bench.journal(running.id).await?,
        bench.steps(running.id).await?,
        bench.storage.steps.escalations_of(&bench.scope(), &[running.id]).await?,
        notifications,
        bench.storage.administration.idempotency_record(bench.acme.organization.id, user, "claim 3").await?,
        bench.storage.jobs.next_due(JobKind::Timer).await?,
    ))
}

const fn first() -> nexusflow_application::PageRequest {
    nexusflow_application::PageRequest::first(100)
}

pub async fn a_unit_is_written_as_a_whole(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let running = running(&bench, "reviewer").await?;
    let loaded = bench.load(running.id).await?;
    let by = running.reviewer.principal.user;
    bench.pass(5);
    let unit = claim(&bench, &loaded, running.step, by)?;
    let answers = storage.requests.commit(vec![unit.clone()]).await?;
    assert!(matches!(answers[..], [Ok(())]), "{answers:?}");
    let stored = bench.load(running.id).await?;
    assert_eq!(stored.state, unit.state);
    assert_eq!(Some(stored.head), unit.records.last().map(|record| record.hash));
    assert_eq!(bench.journal(running.id).await?.last(), unit.records.last());
    assert_eq!(bench.acme.open_step(running.id, "review").await?.claimed_by, Some(by));
    let escalations = storage.steps.escalations_of(&bench.scope(), &[running.id]).await?;
    assert_eq!(escalations.len(), 1);
    assert_eq!(escalations[0].id, unit.escalations[0].id);
    assert_eq!(escalations[0].detail, unit.escalations[0].detail);
    let notifications = bench.application.request_reads.notifications(&running.reviewer, &first()).await?;
    assert_eq!(notifications.into_nodes().len(), 1);
    let key = format!("claim {}", loaded.state.version);
    let stored = storage.administration.idempotency_record(bench.acme.organization.id, by, &key).await?;
    assert_eq!(stored.map(|record| record.result), Some(json!({ "id": key })));
    bench.check_intact().await
}

pub async fn a_stale_unit_writes_nothing(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let running = running(&bench, "reviewer").await?;
    let loaded = bench.load(running.id).await?;
    let other = bench.unit(
        &loaded,
        &[RequestEvent::StepClaimed {
            id: running.step,
            by: UserId::from_uuid(loaded.state.id.uuid()),
            on_behalf_of: None,
        }],
    )?;
    let stale = claim(&bench, &loaded, running.step, running.reviewer.principal.user)?;
    let answers = storage.requests.commit(vec![other]).await?;
    assert!(matches!(answers[..], [Ok(())]), "{answers:?}");
    let before = trace(&bench, &running).await?;
    let answers = storage.requests.commit(vec![stale.clone()]).await?;
    assert!(matches!(answers[..], [Err(CommitConflict::Stale)]), "{answers:?}");
    assert_eq!(trace(&bench, &running).await?, before);
    // From the future, and as if the request were new, it does not fit either.
    for expected_version in [0, loaded.state.version + 2] {
        let unit = CommitUnit { expected_version, ..stale.clone() };
        let answers = storage.requests.commit(vec![unit]).await?;
        assert!(matches!(answers[..], [Err(CommitConflict::Stale)]), "{expected_version}: {answers:?}");
        assert_eq!(trace(&bench, &running).await?, before);
    }
    Ok(())
}

pub async fn a_stale_unit_spares_the_others_of_its_batch(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let mut requests = Vec::new();
    for name in ["one", "two", "three", "four"] {
        requests.push(running(&bench, name).await?);
    }
    let mut units = Vec::new();
    for (n, running) in requests.iter().enumerate() {
        let loaded = bench.load(running.id).await?;
        let unit = claim(&bench, &loaded, running.step, running.reviewer.principal.user)?;
        let stale = CommitUnit { expected_version: unit.expected_version + 1, ..unit.clone() };
        units.push(if n % 2 == 0 { stale } else { unit });
    }
    // Answers come in the order given, whatever the order in which rows are locked.
    units.reverse();
    let answers = storage.requests.commit(units).await?;
    let expected = [Ok(()), Err(CommitConflict::Stale), Ok(()), Err(CommitConflict::Stale)];
    assert_eq!(format!("{answers:?}"), format!("{expected:?}"));
    for (n, running) in requests.iter().enumerate() {
        let claimed = bench.acme.open_step(running.id, "review").await?.claimed_by.is_some();
        assert_eq!(claimed, n % 2 == 1, "request {n}");
    }
    bench.check_intact().await
}

pub async fn a_unit_that_violates_a_constraint_writes_nothing(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let (running, other) = (running(&bench, "reviewer").await?, running(&bench, "other").await?);
    let loaded = bench.load(running.id).await?;
    let unit = claim(&bench, &loaded, running.step, running.reviewer.principal.user)?;
    // The same rung twice.
    let twice = |unit: &CommitUnit| {
        let mut again = unit.escalations.clone();
        again.extend(unit.escalations.iter().map(|first| {
            let (id, first) = (bench.ports.ids.next(), first.clone());
            nexusflow_application::request::NewEscalation { id, ..first }
        }));
        CommitUnit { escalations: again, ..unit.clone() }
    };
    let before = trace(&bench, &running).await?;
    let answer = storage.requests.commit(vec![twice(&unit)]).await;
    assert!(!matches!(answer.as_deref(), Ok([Ok(())])), "{answer:?}");
    assert_eq!(trace(&bench, &running).await?, before);
    // In a batch: the other unit is written exactly when the answer says so.
    let loaded = bench.load(other.id).await?;
    let good = claim(&bench, &loaded, other.step, other.reviewer.principal.user)?;
    let answer = storage.requests.commit(vec![twice(&unit), good]).await;
    assert_eq!(trace(&bench, &running).await?, before);
    let written = bench.acme.open_step(other.id, "review").await?.claimed_by.is_some();
    match answer.as_deref() {
        Ok([Err(CommitConflict::Store(_)), second]) => assert_eq!(second.is_ok(), written, "{second:?}"),
        Err(_) => assert!(!written, "a batch that failed was written in part"),
        answer => anyhow::bail!("{answer:?}"),
    }
    // What was refused left nothing behind that would keep the right unit out.
    let answers = storage.requests.commit(vec![unit]).await?;
    assert!(matches!(answers[..], [Ok(())]), "{answers:?}");
    bench.check_intact().await
}

pub async fn another_tenant_loads_and_writes_nothing(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let globex = bench.foreign().await?;
    let running = running(&bench, "reviewer").await?;
    let foreign = scope_of(&globex);
    assert!(storage.requests.load(&[(foreign, running.id)]).await?.is_empty());
    assert!(storage.requests.load(&[]).await?.is_empty());
    let loaded = bench.load(running.id).await?;
    let before = trace(&bench, &running).await?;
    // A unit in which everything is the other tenant's own, but the request.
    let role = globex.role("reviewer").await?;
    globex.user("reviewer", &[role]).await?;
    let workflow = globex.publish("reviewer", single_approval("reviewer")?).await?;
    let version = storage.workflows.versions_of(&foreign, &[workflow], 1).await?.remove(0);
    let unit = bench.unit(
        &loaded,
        &[RequestEvent::StepClaimed { id: running.step, by: globex.admin.principal.user, on_behalf_of: None }],
    )?;
    let mut unit = CommitUnit { wake: Wake::At(bench.ports.clock.now()), ..unit };
    unit.state.organization = globex.organization.id;
    (unit.state.workflow, unit.state.workflow_version) = (workflow, version.id);
    unit.state.requester = globex.admin.principal.user;
    for record in &mut unit.records {
        record.organization = globex.organization.id;
    }
    let answer = storage.requests.commit(vec![unit]).await;
    assert!(!matches!(answer.as_deref(), Ok([Ok(())])), "{answer:?}");
    assert_eq!(trace(&bench, &running).await?, before);
    assert!(storage.requests.load(&[(foreign, running.id)]).await?.is_empty());
    bench.check_intact().await
}

pub async fn loads_each_request_once(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let (one, two) = (running(&bench, "one").await?, running(&bench, "two").await?);
    let unknown: RequestId = bench.ports.ids.next();
    let ids = [two.id, unknown, one.id, two.id];
    let mut loaded: Vec<_> =
        storage.requests.load(&ids.map(|id| (bench.scope(), id))).await?.into_iter().map(|l| l.state.id).collect();
    loaded.sort_unstable();
    assert_eq!(loaded, [one.id, two.id]);
    Ok(())
}

pub async fn the_state_is_the_fold_of_the_journal(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let mut people = Vec::new();
    for name in ["Clerk", "Planner", "Inspector", "Chief"] {
        let role = bench.acme.role(name).await?;
        people.push(bench.acme.user(&name.to_lowercase(), &[role]).await?);
    }
    let [clerk, planner, inspector, chief] = &people[..] else { anyhow::bail!("four people") };
    let citizen = bench.acme.user("citizen", &[]).await?;
    let workflow = bench.acme.publish("permit", building_permit()?).await?;
    // Numbers whose text must come back to the last bit, and text that databases like to change.
    let variables =
        json!({ "area": 120.1, "big": 9_007_199_254_740_993_i64, "tiny": 5e-324, "text": "ä \"\\ \u{1F600} \n" });
    let variables = variables.as_object().cloned().unwrap_or_default();
    let id = bench.acme.start(&citizen, workflow, variables).await?;
    bench.check_fold(id).await?;
    let walk = [
        (&citizen, "application", "COMPLETED"),
        (clerk, "check", "INCOMPLETE"),
        (&citizen, "application", "COMPLETED"),
        (clerk, "check", "COMPLETE"),
        (inspector, "safety", "REJECTED"),
        (planner, "zoning", "APPROVED"),
        (chief, "decide", "APPROVED"),
    ];
    for (person, step, outcome) in walk {
        bench.pass(3600);
        bench.acme.complete(person, id, step, outcome).await?;
        bench.check_fold(id).await?;
    }
    assert!(bench.load(id).await?.state.status().is_final());
    bench.check_intact().await
}

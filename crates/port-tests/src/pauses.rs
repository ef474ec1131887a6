//! Pauses: what fits is parked when it comes due, uses up nothing, and goes on when nothing holds it back any more.

use std::collections::BTreeSet;
use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use chrono::TimeDelta;
use nexusflow_application::administration::Change;
use nexusflow_application::fakes::fixture::Tenant;
use nexusflow_application::platform::HttpAnswer;
use nexusflow_application::request::{
    ClaimedJob, CommitUnit, Fetch, HeldJob, JobChange, JobKind, JobPause, NewJob, PausedWork, WorkResult,
};
use nexusflow_application::{Call, PageRequest, Refused, Replay};
use nexusflow_domain::access::Permission;
use nexusflow_domain::ids::{JobId, JobPauseId, RequestId, RequestStepId, WorkflowId};
use nexusflow_domain::request::{DeadlineClock, RequestEvent, RequestStatus};
use nexusflow_domain::workflow;
use nexusflow_domain::{JsonMap, duration};
use serde_json::{Value, json};

use crate::StorePorts;
use crate::bench::{Bench, refused};
use crate::documents::sequence;

const LEASE: TimeDelta = TimeDelta::seconds(60);

fn everything() -> PausedWork {
    PausedWork::default()
}

fn to(target: &str) -> PausedWork {
    PausedWork { target: Some(target.to_owned()), ..everything() }
}

async fn pause(bench: &Bench, work: PausedWork) -> anyhow::Result<JobPauseId> {
    Ok(bench.application.job_pauses.pause(&bench.acme.admin, work, "Upkeep", None).await?)
}

async fn resume(bench: &Bench, pause: JobPauseId) -> anyhow::Result<()> {
    Ok(bench.application.job_pauses.resume(&bench.acme.admin, pause, None).await?)
}

async fn parked(bench: &Bench, pause: JobPauseId) -> anyhow::Result<u32> {
    let counted = bench.application.job_pauses.parked_jobs(&bench.acme.admin, &[pause]).await?;
    Ok(counted.first().map_or(0, |&(_, jobs)| jobs))
}

/// A workflow of one step that sends a request to a host.
async fn calling(tenant: &Tenant, host: &str) -> anyhow::Result<WorkflowId> {
    let url = format!("'https://{host}/'");
    let step = json!({ "key": "work", "name": "Work", "kind": "SERVICE", "service": { "http": { "url": url } } });
    Ok(tenant.publish(host, sequence(&[step])?).await?)
}

/// A workflow of one step for workers of a type.
async fn for_workers(tenant: &Tenant, kind: &str, job_type: &str) -> anyhow::Result<WorkflowId> {
    let mut step = json!({ "key": "work", "name": "Work", "kind": kind });
    match kind {
        "AGENT" => step["agent"] = json!({ "instructions": "Look.", "jobType": job_type }),
        _ => step["service"] = json!({ "jobType": job_type }),
    }
    Ok(tenant.publish(&format!("{kind} {job_type}"), sequence(&[step])?).await?)
}

async fn worker(bench: &Bench) -> anyhow::Result<Call> {
    let role = bench.acme.role_with("Worker", &[Permission::WorkJobs]).await?;
    Ok(bench.acme.user("robot", &[role]).await?)
}

async fn claim_actions(bench: &Bench) -> anyhow::Result<Vec<ClaimedJob>> {
    Ok(bench.application.actions.claim(100).await?)
}

async fn claim_work(bench: &Bench, types: &[&str]) -> anyhow::Result<Vec<ClaimedJob>> {
    let (now, organization) = (bench.ports.clock.now(), bench.acme.organization.id);
    let types: Vec<String> = types.iter().map(|of| (*of).to_owned()).collect();
    Ok(bench.storage.jobs.claim_work(organization, &types, now, now + LEASE, 100).await?)
}

/// Jobs of no step, as a commit of a request that exists puts them: a number of actions for a target, one due after
/// the other.
async fn put(bench: &Bench, request: RequestId, target: &str, count: i64) -> anyhow::Result<Vec<JobId>> {
    let now = bench.ports.clock.now();
    let jobs: Vec<NewJob> = (0..count)
        .map(|n| NewJob {
            id: bench.ports.ids.next(),
            kind: JobKind::Action,
            step_kind: Some(workflow::JobKind::Service),
            target: Some(target.to_owned()),
            ..NewJob::timer(request, None, now + TimeDelta::microseconds(n))
        })
        .collect();
    let ids = jobs.iter().map(|job| job.id).collect();
    bench.pass(1);
    let loaded = bench.load(request).await?;
    let event = if loaded.state.status() == RequestStatus::Suspended {
        RequestEvent::RequestResumed { moved_by: 0 }
    } else {
        RequestEvent::RequestSuspended { at: now, reason: None, clock: DeadlineClock::Running }
    };
    let jobs = jobs.into_iter().map(JobChange::Put).collect();
    let unit = CommitUnit { jobs, ..bench.unit(&loaded, &[event])? };
    let answers = bench.storage.requests.commit(vec![unit]).await?;
    anyhow::ensure!(matches!(answers[..], [Ok(())]), "{answers:?}");
    Ok(ids)
}

async fn some_request(bench: &Bench) -> anyhow::Result<RequestId> {
    let wait = json!({ "key": "wait", "name": "Wait", "kind": "WAIT", "wait": { "timer": { "after": "P9D" } } });
    let workflow = bench.acme.publish("Wait", sequence(&[wait])?).await?;
    bench.start(&bench.acme.admin, workflow).await
}

pub async fn hold_back_what_fits_and_nothing_else(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let admin = &bench.acme.admin;
    let http = calling(&bench.acme, "a.example.org").await?;
    let other = calling(&bench.acme, "b.example.org").await?;
    let bill = for_workers(&bench.acme, "SERVICE", "bill").await?;
    let agent = for_workers(&bench.acme, "AGENT", "bill").await?;
    let globex = bench.foreign().await?;
    let foreign = calling(&globex, "a.example.org").await?;
    let of = |workflow| PausedWork { workflow: Some(workflow), ..everything() };
    let kind = |step_kind| PausedWork { step_kind: Some(step_kind), ..everything() };
    let (service, by_agent) = (workflow::JobKind::Service, workflow::JobKind::Agent);
    for (work, held) in [
        (everything(), vec![http, other, bill, agent]),
        (of(http), vec![http]),
        (of(agent), vec![agent]),
        (kind(service), vec![http, other, bill]),
        (kind(by_agent), vec![agent]),
        (to("a.example.org:443"), vec![http]),
        (to("bill"), vec![bill, agent]),
        (PausedWork { target: Some("bill".to_owned()), ..kind(by_agent) }, vec![agent]),
        (PausedWork { target: Some("bill".to_owned()), ..of(http) }, vec![]),
        (to("A.example.org:443"), vec![]),
        (to("smtp"), vec![]),
    ] {
        let mut requests = Vec::new();
        for workflow in [http, other, bill, agent] {
            requests.push((bench.start(admin, workflow).await?, held.contains(&workflow)));
        }
        let theirs = globex.start(&globex.admin, foreign, JsonMap::new()).await?;
        let id = pause(&bench, work.clone()).await?;
        let mut claimed = claim_actions(&bench).await?;
        claimed.extend(claim_work(&bench, &["bill"]).await?);
        let found: BTreeSet<RequestId> = claimed.iter().map(|job| job.request).collect();
        for &(request, is_held) in &requests {
            assert_eq!(found.contains(&request), !is_held, "{work:?}");
        }
        assert!(found.contains(&theirs), "another tenant's: {work:?}");
        assert_eq!(parked(&bench, id).await? as usize, held.len(), "{work:?}");
        for (request, _) in requests {
            bench.application.requests.cancel(admin, request, None).await?;
        }
        bench.application.requests.cancel(&globex.admin, theirs, None).await?;
        assert_eq!(parked(&bench, id).await?, 0, "a cancelled request has no jobs, parked or not");
        resume(&bench, id).await?;
    }
    bench.check_intact().await
}

pub async fn use_up_no_attempt_and_let_go_on_at_once(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let robot = worker(&bench).await?;
    let http = calling(&bench.acme, "a.example.org").await?;
    let bill = for_workers(&bench.acme, "SERVICE", "bill").await?;
    let id = pause(&bench, everything()).await?;
    let (action, work) = (bench.start(&bench.acme.admin, http).await?, bench.start(&bench.acme.admin, bill).await?);
    for _ in 0..3 {
        assert!(claim_actions(&bench).await?.is_empty());
        assert!(claim_work(&bench, &["bill"]).await?.is_empty());
        bench.pass(3_600);
    }
    assert_eq!(parked(&bench, id).await?, 2);
    assert_eq!(storage.jobs.next_due(JobKind::Action).await?, None, "nothing is to be looked for");
    let mut news = bench.application.actions.news();
    let fetch = Fetch {
        types: vec!["bill".to_owned()],
        limit: 10,
        lease: duration::Duration::from_seconds(60).unwrap_or_default(),
        wait: Duration::from_secs(20),
    };
    let (application, waiting) = (bench.application.clone(), robot.clone());
    let fetched = tokio::spawn(async move { application.workers.fetch(&waiting, &fetch, pending()).await });
    tokio::time::sleep(Duration::from_millis(20)).await;
    resume(&bench, id).await?;
    tokio::time::timeout(Duration::from_secs(5), news.hear()).await?;
    let jobs = tokio::time::timeout(Duration::from_secs(10), fetched).await???;
    assert_eq!(jobs.iter().map(|job| (job.request, job.attempt)).collect::<Vec<_>>(), [(work, 1)]);
    let claimed = claim_actions(&bench).await?;
    assert_eq!(claimed.iter().map(|job| (job.request, job.attempt)).collect::<Vec<_>>(), [(action, 1)]);
    bench.http.answer(Ok(HttpAnswer { status: 200, headers: <_>::default(), body: Vec::new() }));
    bench.application.actions.carry_out(claimed[0], pending()).await;
    assert_eq!(bench.load(action).await?.state.status(), RequestStatus::Completed);
    bench.check_intact().await
}

pub async fn let_through_what_waits_behind_parked_jobs(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let request = some_request(&bench).await?;
    let held = put(&bench, request, "a:1", 300).await?;
    let free = put(&bench, request, "b:1", 5).await?;
    let id = pause(&bench, to("a:1")).await?;
    let now = bench.ports.clock.now();
    let claim = async |limit| {
        let claimed = storage.jobs.claim(JobKind::Action, now, now + LEASE, limit).await?;
        anyhow::Ok(claimed.iter().map(|job| job.id).collect::<Vec<_>>())
    };
    assert_eq!(claim(2).await?, free[..2], "the earliest that may begin, and no more");
    let earliest = storage.jobs.next_due(JobKind::Action).await?;
    assert_eq!(parked(&bench, id).await?, 300);
    assert_eq!(claim(100).await?, free[2..]);
    assert!(earliest.is_some() && claim(100).await?.is_empty());
    resume(&bench, id).await?;
    assert_eq!(claim(300).await?, held, "in their order");
    Ok(())
}

pub async fn leave_what_is_under_way_to_its_end(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let robot = worker(&bench).await?;
    let bill = for_workers(&bench.acme, "SERVICE", "bill").await?;
    let (first, second) = (bench.start(&bench.acme.admin, bill).await?, bench.start(&bench.acme.admin, bill).await?);
    let claimed = claim_work(&bench, &["bill"]).await?;
    let [one, other] = claimed[..] else { anyhow::bail!("two jobs: {claimed:?}") };
    let id = pause(&bench, everything()).await?;
    let organization = bench.acme.organization.id;
    assert!(storage.jobs.extend(organization, JobKind::Work, one.lease(), one.run_at + LEASE * 2).await?);
    bench.pass(60);
    assert!(claim_work(&bench, &["bill"]).await?.is_empty());
    assert_eq!(parked(&bench, id).await?, 1, "that whose lease has ended");
    let why = bench.application.explanations.why_waiting(&bench.acme.admin, first).await?;
    assert!(why.is_some_and(|why| why.pauses.is_empty()), "it is being worked on");
    let held = |job: ClaimedJob| {
        let step = RequestStepId::from_uuid(job.id.uuid());
        HeldJob { request: job.request, step, fence: job.fence }
    };
    let done = WorkResult { outcome: None, result: JsonMap::new() };
    bench.application.workers.complete(&robot, held(one), done.clone()).await?;
    assert_eq!(bench.load(first).await?.state.status(), RequestStatus::Completed);
    bench.application.workers.complete(&robot, held(other), done).await?;
    assert_eq!(bench.load(second).await?.state.status(), RequestStatus::Completed, "late, but nobody else has it");
    assert_eq!(parked(&bench, id).await?, 0);
    resume(&bench, id).await?;
    assert!(claim_work(&bench, &["bill"]).await?.is_empty());
    bench.check_intact().await
}

pub async fn follow_what_becomes_of_requests(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let admin = &bench.acme.admin;
    let http = calling(&bench.acme, "a.example.org").await?;
    let request = bench.start(admin, http).await?;
    let id = pause(&bench, everything()).await?;
    assert!(claim_actions(&bench).await?.is_empty());
    assert_eq!(parked(&bench, id).await?, 1);
    let requests = &bench.application.requests;
    requests.suspend(admin, request, None, DeadlineClock::Stopped).await?;
    assert_eq!(parked(&bench, id).await?, 0, "a suspended request expects nothing");
    requests.resume(admin, request).await?;
    assert!(storage.jobs.next_due(JobKind::Action).await?.is_some(), "put anew");
    assert!(claim_actions(&bench).await?.is_empty(), "and parked anew");
    assert_eq!(parked(&bench, id).await?, 1);
    requests.suspend(admin, request, None, DeadlineClock::Stopped).await?;
    resume(&bench, id).await?;
    assert!(claim_actions(&bench).await?.is_empty(), "still suspended");
    requests.resume(admin, request).await?;
    let claimed = claim_actions(&bench).await?;
    bench.http.answer(Ok(HttpAnswer { status: 418, headers: <_>::default(), body: Vec::new() }));
    bench.application.actions.carry_out(claimed[0], pending()).await;
    let id = pause(&bench, everything()).await?;
    requests.retry_step(admin, request, RequestStepId::from_uuid(claimed[0].id.uuid())).await?;
    assert!(claim_actions(&bench).await?.is_empty(), "what is retried waits too");
    let why = bench.application.explanations.why_waiting(admin, request).await?;
    let step = RequestStepId::from_uuid(claimed[0].id.uuid());
    assert_eq!(why.map(|why| why.pauses), Some([(step, vec![id])].into()));
    resume(&bench, id).await?;
    assert_eq!(claim_actions(&bench).await?.len(), 1);
    bench.check_intact().await
}

pub async fn of_several_each_holds_back(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let admin = &bench.acme.admin;
    let http = calling(&bench.acme, "a.example.org").await?;
    let request = bench.start(admin, http).await?;
    let first = pause(&bench, to("a.example.org:443")).await?;
    let second = pause(&bench, PausedWork { workflow: Some(http), ..everything() }).await?;
    let unrelated = pause(&bench, to("b.example.org:443")).await?;
    let held_by = async || {
        let why = bench.application.explanations.why_waiting(admin, request).await?;
        let pauses = why.map(|why| why.pauses.into_values().flatten().collect::<Vec<_>>());
        pauses.ok_or_else(|| anyhow::anyhow!("no such request"))
    };
    assert_eq!(held_by().await?, [first, second], "before anything is parked");
    assert!(claim_actions(&bench).await?.is_empty());
    assert_eq!((parked(&bench, first).await?, parked(&bench, second).await?), (1, 0), "by one of them");
    assert_eq!(held_by().await?, [first, second]);
    resume(&bench, unrelated).await?;
    assert_eq!(parked(&bench, first).await?, 1, "another one's jobs stay where they are");
    resume(&bench, first).await?;
    assert!(claim_actions(&bench).await?.is_empty(), "parked by the other one");
    assert_eq!((held_by().await?, parked(&bench, second).await?), (vec![second], 1));
    resume(&bench, second).await?;
    assert_eq!((claim_actions(&bench).await?.len(), held_by().await?), (1, vec![]));
    Ok(())
}

pub async fn spare_timers_and_calls(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let request = some_request(&bench).await?;
    let id = pause(&bench, everything()).await?;
    let now = bench.ports.clock.now();
    let call = NewJob { id: bench.ports.ids.next(), kind: JobKind::Call, ..NewJob::timer(request, None, now) };
    let loaded = bench.load(request).await?;
    let suspended = RequestEvent::RequestSuspended { at: now, reason: None, clock: DeadlineClock::Running };
    let unit = CommitUnit { jobs: vec![JobChange::Put(call)], ..bench.unit(&loaded, &[suspended])? };
    assert!(matches!(storage.requests.commit(vec![unit]).await?[..], [Ok(())]));
    let later = now + TimeDelta::days(10);
    for kind in [JobKind::Timer, JobKind::Call] {
        assert_eq!(storage.jobs.claim(kind, later, later + LEASE, 10).await?.len(), 1, "{kind:?}");
    }
    assert_eq!(parked(&bench, id).await?, 0);
    Ok(())
}

/// However pauses come and go between claims, each job is leased once, and none is left behind.
pub async fn race_with_claims_and_lose_nothing(storage: &StorePorts) -> anyhow::Result<()> {
    const JOBS: i64 = 400;
    let bench = Bench::new(storage).await?;
    let request = some_request(&bench).await?;
    let all: BTreeSet<JobId> = put(&bench, request, "a:1", JOBS).await?.into_iter().collect();
    let now = bench.ports.clock.now();
    let (over, mut claimers) = (Arc::new(AtomicBool::new(false)), Vec::new());
    for _ in 0..3 {
        let (jobs, over) = (storage.jobs.clone(), over.clone());
        claimers.push(tokio::spawn(async move {
            let mut claimed = Vec::new();
            loop {
                let last = over.load(Ordering::SeqCst);
                let some = jobs.claim(JobKind::Action, now, now + LEASE, 2).await?;
                if last && some.is_empty() {
                    return Ok::<_, nexusflow_application::StoreError>(claimed);
                }
                claimed.extend(some.into_iter().map(|job| job.id));
                tokio::task::yield_now().await;
            }
        }));
    }
    for _ in 0..25 {
        let id = pause(&bench, everything()).await?;
        tokio::time::sleep(Duration::from_millis(2)).await;
        resume(&bench, id).await?;
    }
    over.store(true, Ordering::SeqCst);
    let mut claimed = Vec::new();
    for claimer in claimers {
        claimed.extend(claimer.await??);
    }
    // Claimers pass over what another one has in hand, so the last of them may leave something free.
    claimed.extend(storage.jobs.claim(JobKind::Action, now, now + LEASE, 1_000).await?.into_iter().map(|job| job.id));
    assert_eq!(claimed.len(), all.len(), "each is leased once");
    assert_eq!(claimed.into_iter().collect::<BTreeSet<_>>(), all);
    Ok(())
}

pub async fn are_listed_on_record_and_of_one_tenant(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let admin = &bench.acme.admin;
    let bill = for_workers(&bench.acme, "SERVICE", "bill").await?;
    let work = PausedWork {
        workflow: Some(bill),
        step_kind: Some(workflow::JobKind::Service),
        target: Some("bill".to_owned()),
    };
    let replay = |input: Value| Some(Replay::new("one".to_owned(), &input));
    let pauses = &bench.application.job_pauses;
    let first = pauses.pause(admin, work.clone(), " The bank is down ", replay(json!(1))).await?;
    assert_eq!(pauses.pause(admin, work.clone(), "The bank is down", replay(json!(1))).await?, first);
    let reused = pauses.pause(admin, work.clone(), "The bank is down", replay(json!(2))).await;
    assert!(matches!(refused(reused)?, Refused::IdempotencyKeyReused));
    let second = pause(&bench, everything()).await?;
    let page = pauses.list(admin, &PageRequest::first(1)).await?;
    assert!(page.has_next && page.edges[0].node.id == second, "the newest first");
    let after = PageRequest { after: Some(page.edges[0].cursor.clone()), ..PageRequest::first(1) };
    let rest = pauses.list(admin, &after).await?;
    let expected = JobPause {
        id: first,
        organization: bench.acme.organization.id,
        work,
        reason: "The bank is down".to_owned(),
        created_by: admin.principal.user,
        created_at: bench.ports.clock.now(),
    };
    assert_eq!((rest.has_next, rest.into_nodes()), (false, vec![expected.clone()]));
    assert_eq!(pauses.pauses(admin, &[first]).await?.first(), Some(&expected));

    let globex = bench.foreign().await?;
    assert!(pauses.list(&globex.admin, &PageRequest::first(10)).await?.edges.is_empty());
    assert!(pauses.pauses(&globex.admin, &[first]).await?.is_empty());
    assert!(pauses.parked_jobs(&globex.admin, &[first]).await?.is_empty());
    let theirs = pauses.resume(&globex.admin, first, None).await;
    assert!(matches!(refused(theirs)?, Refused::NotFound { .. }));
    for change in [Change::ResumeJobs(first), Change::PauseJobs(expected)] {
        assert!(bench.change(&globex, vec![change]).await.is_err(), "a change of another tenant's");
    }

    pauses.resume(admin, first, Some("It is back")).await?;
    let again = pauses.resume(admin, first, None).await;
    assert!(matches!(refused(again)?, Refused::NotFound { .. }));
    assert_eq!(pauses.list(admin, &PageRequest::first(10)).await?.into_nodes().len(), 1);
    let stream = nexusflow_application::insight::StreamId::Organization;
    let records = storage.audit.stream(&bench.scope(), stream, 0, 1_000).await?;
    let told: Vec<_> = records.iter().filter(|record| record.event.starts_with("JOBS_")).collect();
    let events: Vec<_> = told.iter().map(|record| record.event.as_str()).collect();
    assert_eq!(events, ["JOBS_PAUSED", "JOBS_PAUSED", "JOBS_RESUMED"]);
    assert!(told.iter().all(|record| record.actor == Some(admin.principal.user)));
    assert!(told[2].after.as_ref().is_some_and(|after| after.contains("It is back")));
    bench.check_intact().await
}

pub async fn are_refused_unless_they_make_sense(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let (admin, robot) = (&bench.acme.admin, worker(&bench).await?);
    let globex = bench.foreign().await?;
    let foreign = for_workers(&globex, "SERVICE", "bill").await?;
    let pauses = &bench.application.job_pauses;
    for (work, reason) in [(everything(), " "), (everything(), &*"x".repeat(1_001)), (to(""), "x"), (to("a\0"), "x")] {
        let refusal = refused(pauses.pause(admin, work, reason, None).await)?;
        assert!(matches!(refusal, Refused::InvalidInput(_)), "{refusal:?}");
    }
    let theirs = PausedWork { workflow: Some(foreign), ..everything() };
    let refusal = refused(pauses.pause(admin, theirs, "x", None).await)?;
    assert!(matches!(refusal, Refused::NotFound { kind: "workflow", .. }), "{refusal:?}");
    let id = pause(&bench, everything()).await?;
    for refusal in [
        refused(pauses.pause(&robot, everything(), "x", None).await)?,
        refused(pauses.resume(&robot, id, None).await)?,
        refused(pauses.list(&robot, &PageRequest::first(1)).await)?,
        refused(pauses.pauses(&robot, &[id]).await)?,
        refused(pauses.parked_jobs(&robot, &[id]).await)?,
    ] {
        assert!(matches!(refusal, Refused::NotPermitted(_)), "{refusal:?}");
    }
    for n in 1..100 {
        pause(&bench, to(&format!("host-{n}:443"))).await?;
    }
    let refusal = refused(pauses.pause(admin, to("host-100:443"), "x", None).await)?;
    assert!(matches!(refusal, Refused::WrongState { .. }), "{refusal:?}");
    resume(&bench, id).await?;
    pause(&bench, to("host-100:443")).await.map(drop)
}

pub async fn go_with_their_workflow(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let bill = for_workers(&bench.acme, "SERVICE", "bill").await?;
    let of_workflow = pause(&bench, PausedWork { workflow: Some(bill), ..everything() }).await?;
    let of_all = pause(&bench, everything()).await?;
    let admin = &bench.acme.admin;
    bench.application.workflows.delete(admin, bill).await?;
    bench.pass(60);
    let purge = Change::PurgeWorkflow { workflow: bill, deleted_before: bench.ports.clock.now() };
    bench.change(&bench.acme, vec![purge]).await?;
    let left = bench.application.job_pauses.pauses(admin, &[of_workflow, of_all]).await?;
    assert_eq!(left.iter().map(|pause| pause.id).collect::<Vec<_>>(), [of_all]);
    Ok(())
}

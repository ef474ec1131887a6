//! Workers: jobs are theirs by type and tenant, one attempt's at a time, and each is done once.

use std::collections::BTreeSet;
use std::future::pending;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use nexusflow_application::access::{Permit, actions};
use nexusflow_application::request::{
    FailedStepFilter, Fetch, FetchedJob, HeldJob, JobKind, RequestStep, StepJob, WorkResult,
};
use nexusflow_application::{Application, Call, PageRequest, Refused};
use nexusflow_domain::JsonMap;
use nexusflow_domain::access::Permission;
use nexusflow_domain::duration;
use nexusflow_domain::ids::{RequestId, WorkflowId};
use nexusflow_domain::request::{DeadlineClock, JobFailure, RequestStatus, RequestStepStatus};
use serde_json::{Value, json};

use crate::StorePorts;
use crate::bench::{Bench, refused};
use crate::documents::sequence;

const LEASE: TimeDelta = TimeDelta::seconds(60);

/// A step for workers of a type.
fn service(key: &str, job_type: &str, more: &Value) -> Value {
    let mut step = json!({ "key": key, "name": key, "kind": "SERVICE", "service": { "jobType": job_type } });
    if let (Some(step), Some(more)) = (step.as_object_mut(), more.as_object()) {
        step.extend(more.clone());
    }
    step
}

async fn published(bench: &Bench, job_type: &str, more: &Value) -> anyhow::Result<WorkflowId> {
    Ok(bench.acme.publish(job_type, sequence(&[service("work", job_type, more)])?).await?)
}

/// Somebody who may do nothing but work jobs.
async fn worker(bench: &Bench) -> anyhow::Result<Call> {
    let role = bench.acme.role_with("Worker", &[Permission::WorkJobs]).await?;
    Ok(bench.acme.user("robot", &[role]).await?)
}

fn seconds(seconds: i64) -> duration::Duration {
    duration::Duration::from_seconds(seconds).unwrap_or(duration::Duration::ZERO)
}

fn asking(types: &[&str]) -> Fetch {
    let types = types.iter().map(|of| (*of).to_owned()).collect();
    Fetch { types, limit: 10, lease: seconds(60), wait: Duration::ZERO }
}

async fn fetch(application: &Application, call: &Call, types: &[&str]) -> anyhow::Result<Vec<FetchedJob>> {
    Ok(application.workers.fetch(call, &asking(types), pending()).await?)
}

fn held(job: &FetchedJob) -> HeldJob {
    HeldJob { request: job.request, step: job.step, fence: job.lease.fence }
}

fn made(result: &Value) -> WorkResult {
    WorkResult { outcome: None, result: result.as_object().cloned().unwrap_or_default() }
}

fn broken(message: &str) -> JobFailure {
    JobFailure { code: None, message: message.to_owned(), is_final: false, retry_after: None }
}

async fn work_row(bench: &Bench, request: RequestId) -> anyhow::Result<RequestStep> {
    let found = bench.steps(request).await?.into_iter().find(|step| step.step.as_str() == "work");
    found.ok_or_else(|| anyhow::anyhow!("no step"))
}

pub async fn get_the_due_jobs_of_their_types_and_tenant(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let (robot, admin) = (worker(&bench).await?, &bench.acme.admin);
    let input = json!({ "input": { "sum": "net * 2" } });
    let bill = published(&bench, "bill", &input).await?;
    let mail = published(&bench, "mail", &json!({})).await?;
    let globex = bench.foreign().await?;
    let theirs = globex.publish("bill", sequence(&[service("work", "bill", &Value::Null)])?).await?;
    globex.start(&globex.admin, theirs, JsonMap::new()).await?;
    let mut requests = Vec::new();
    for (workflow, net) in [(bill, 1), (mail, 2), (bill, 3)] {
        let variables = JsonMap::from_iter([("net".to_owned(), json!(net))]);
        requests.push(bench.acme.start(admin, workflow, variables).await?);
        bench.pass(1);
    }
    let now = bench.ports.clock.now();
    assert!(fetch(&bench.application, &robot, &["other"]).await?.is_empty());
    let limited = Fetch { limit: 1, ..asking(&["bill", "mail"]) };
    let first = bench.application.workers.fetch(&robot, &limited, pending()).await?;
    let rest = fetch(&bench.application, &robot, &["bill", "mail"]).await?;
    let jobs: Vec<&FetchedJob> = first.iter().chain(&rest).collect();
    assert_eq!(jobs.iter().map(|job| job.request).collect::<Vec<_>>(), requests, "those due first come first");
    assert_eq!(
        jobs.iter().map(|job| json!(job.input)).collect::<Vec<_>>(),
        [json!({ "sum": 2 }), json!({ "net": 2 }), json!({ "sum": 6 })]
    );
    assert!(jobs.iter().all(|job| job.attempt == 1 && job.lease_until == now + LEASE));
    assert_eq!((jobs[0].step_key.as_str(), jobs[0].job_type.as_str()), ("work", "bill"));
    assert!(fetch(&bench.application, &robot, &["bill", "mail"]).await?.is_empty(), "all are leased");
    assert_eq!(storage.jobs.next_due(JobKind::Timer).await?, None, "nothing of it is a timer's");
    let denied = bench.application.workers.fetch(&bench.acme.user("ann", &[]).await?, &limited, pending()).await;
    assert!(matches!(refused(denied)?, Refused::NotPermitted(_)));
    bench.check_intact().await
}

pub async fn complete_a_job_once_under_the_last_claim(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let robot = worker(&bench).await?;
    let workflow = published(&bench, "bill", &json!({})).await?;
    let request = bench.start(&bench.acme.admin, workflow).await?;
    let job = held(&fetch(&bench.application, &robot, &["bill"]).await?.remove(0));
    let (workers, done) = (&bench.application.workers, made(&json!({ "number": 7 })));
    for stranger in [HeldJob { fence: job.fence + 1, ..job }, HeldJob { fence: job.fence - 1, ..job }] {
        let lost = workers.complete(&robot, stranger, done.clone()).await;
        assert!(matches!(refused(lost)?, Refused::LeaseLost { .. }));
        let lost = workers.fail(&robot, stranger, broken("x")).await;
        assert!(matches!(refused(lost)?, Refused::LeaseLost { .. }));
    }
    assert_eq!(bench.load(request).await?.state.status(), RequestStatus::InProgress);
    workers.complete(&robot, job, done.clone()).await?;
    workers.complete(&robot, job, done.clone()).await?;
    let other = workers.complete(&robot, job, made(&json!({ "number": 8 }))).await;
    assert!(matches!(refused(other)?, Refused::IdempotencyKeyReused));
    let elsewhere = workers.complete(&bench.acme.admin, job, done.clone()).await;
    assert!(matches!(refused(elsewhere)?, Refused::LeaseLost { .. }), "another's repetition is none");
    let state = bench.load(request).await?.state;
    assert_eq!((state.status(), &state.variables["number"]), (RequestStatus::Completed, &json!(7)));
    let row = work_row(&bench, request).await?;
    assert_eq!((row.status, row.completed_by), (RequestStepStatus::Completed, Some(robot.principal.user)));
    assert_eq!(row.job.and_then(|job| job.next_attempt), None);
    bench.pass(7_200);
    assert!(fetch(&bench.application, &robot, &["bill"]).await?.is_empty(), "the job is gone");
    let globex = bench.foreign().await?;
    let foreign = bench.application.workers.complete(&globex.admin, job, done).await;
    assert!(matches!(refused(foreign)?, Refused::NotFound { .. }));
    let foreign = bench.application.workers.extend(&globex.admin, job, seconds(60)).await;
    assert!(matches!(refused(foreign)?, Refused::NotFound { .. }));
    bench.check_intact().await
}

pub async fn lose_an_attempt_with_the_lease(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let (robot, admin) = (worker(&bench).await?, &bench.acme.admin);
    let retry = json!({ "service": { "jobType": "bill", "retry": { "attempts": 2, "delay": "PT10S" } } });
    let workflow = published(&bench, "bill", &retry).await?;
    let request = bench.start(admin, workflow).await?;
    let first = fetch(&bench.application, &robot, &["bill"]).await?.remove(0);
    bench.pass(60);
    assert!(fetch(&bench.application, &robot, &["bill"]).await?.is_empty(), "the second attempt is not due yet");
    let lost = bench.application.workers.complete(&robot, held(&first), made(&json!({}))).await;
    assert!(matches!(refused(lost)?, Refused::LeaseLost { .. }));
    let due = bench.ports.clock.now() + TimeDelta::seconds(10);
    let row = work_row(&bench, request).await?;
    let job = row.job.ok_or_else(|| anyhow::anyhow!("no job"))?;
    assert_eq!((job.job_type.as_str(), job.failed, job.next_attempt), ("bill", 1, Some(due)));
    assert!(job.last_error.is_some_and(|error| error.contains("lease")));
    bench.pass(10);
    let second = fetch(&bench.application, &robot, &["bill"]).await?.remove(0);
    assert_eq!((second.attempt, second.step), (2, first.step), "one idempotency key for all attempts");
    bench.pass(60);
    assert!(fetch(&bench.application, &robot, &["bill"]).await?.is_empty());
    let row = work_row(&bench, request).await?;
    let job = row.job.clone().ok_or_else(|| anyhow::anyhow!("no job"))?;
    assert_eq!((row.status, job.failed, job.next_attempt), (RequestStepStatus::Failed, 2, None), "dead");
    bench.pass(86_400);
    assert!(fetch(&bench.application, &robot, &["bill"]).await?.is_empty());
    bench.application.requests.retry_step(admin, request, row.id).await?;
    let third = fetch(&bench.application, &robot, &["bill"]).await?.remove(0);
    assert_eq!((third.attempt, third.step), (1, first.step));
    bench.pass(61);
    bench.application.workers.complete(&robot, held(&third), made(&json!({}))).await?;
    let state = bench.load(request).await?.state;
    assert_eq!(state.status(), RequestStatus::Completed, "late, but nobody else has it");
    bench.check_fold(request).await?;
    bench.check_intact().await
}

pub async fn keep_a_job_by_extending_its_lease(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let robot = worker(&bench).await?;
    let workflow = published(&bench, "bill", &json!({})).await?;
    bench.start(&bench.acme.admin, workflow).await?;
    let job = held(&fetch(&bench.application, &robot, &["bill"]).await?.remove(0));
    let workers = &bench.application.workers;
    for _ in 0..3 {
        bench.pass(50);
        let until = workers.extend(&robot, job, seconds(60)).await?;
        assert_eq!(until, bench.ports.clock.now() + LEASE);
        assert!(fetch(&bench.application, &robot, &["bill"]).await?.is_empty());
    }
    let other = workers.extend(&robot, HeldJob { fence: job.fence + 1, ..job }, seconds(60)).await;
    assert!(matches!(refused(other)?, Refused::LeaseLost { .. }));
    let long = workers.extend(&robot, job, seconds(3_601)).await;
    assert!(matches!(refused(long)?, Refused::InvalidInput(_)));
    workers.complete(&robot, job, made(&json!({}))).await?;
    let done = workers.extend(&robot, job, seconds(60)).await;
    assert!(matches!(refused(done)?, Refused::LeaseLost { .. }));
    Ok(())
}

pub async fn get_nothing_of_a_suspended_request(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let (robot, admin) = (worker(&bench).await?, &bench.acme.admin);
    let workflow = published(&bench, "bill", &json!({})).await?;
    let request = bench.start(admin, workflow).await?;
    let job = held(&fetch(&bench.application, &robot, &["bill"]).await?.remove(0));
    bench.application.requests.suspend(admin, request, None, DeadlineClock::Stopped).await?;
    bench.pass(3_600);
    assert!(fetch(&bench.application, &robot, &["bill"]).await?.is_empty());
    let lost = bench.application.workers.complete(&robot, job, made(&json!({}))).await;
    assert!(matches!(refused(lost)?, Refused::LeaseLost { .. }));
    bench.application.requests.resume(admin, request).await?;
    let again = fetch(&bench.application, &robot, &["bill"]).await?.remove(0);
    assert_eq!(again.attempt, 1, "a suspension is no failed attempt");
    assert!(again.lease.fence > job.fence);
    let lost = bench.application.workers.complete(&robot, job, made(&json!({}))).await;
    assert!(matches!(refused(lost)?, Refused::LeaseLost { .. }));
    bench.application.workers.complete(&robot, held(&again), made(&json!({}))).await?;
    bench.check_intact().await
}

pub async fn race_for_jobs_and_each_is_done_once(storage: &StorePorts) -> anyhow::Result<()> {
    const JOBS: usize = 50;
    let bench = Bench::new(storage).await?;
    let robot = worker(&bench).await?;
    let workflow = published(&bench, "bill", &json!({})).await?;
    let mut requests = Vec::new();
    for _ in 0..JOBS {
        requests.push(bench.start(&bench.acme.admin, workflow).await?);
    }
    let servers = [bench.application.clone(), Arc::new(bench.second_application())];
    let workers = servers.into_iter().map(|server| {
        let robot = robot.clone();
        tokio::spawn(async move {
            let mut done = Vec::new();
            loop {
                let jobs = server.workers.fetch(&robot, &Fetch { limit: 7, ..asking(&["bill"]) }, pending()).await?;
                if jobs.is_empty() {
                    return Ok::<_, nexusflow_application::Error>(done);
                }
                for job in jobs {
                    server.workers.complete(&robot, held(&job), made(&json!({}))).await?;
                    done.push(job.step);
                }
            }
        })
    });
    let mut done = Vec::new();
    for worker in workers.collect::<Vec<_>>() {
        done.extend(worker.await??);
    }
    assert_eq!((done.len(), done.iter().collect::<BTreeSet<_>>().len()), (JOBS, JOBS));
    for request in requests {
        assert_eq!(bench.load(request).await?.state.status(), RequestStatus::Completed);
    }
    bench.check_intact().await
}

/// Through the server that puts the job at once; through another at its next look.
pub async fn wait_for_work_and_hear_of_it(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let robot = worker(&bench).await?;
    let workflow = published(&bench, "bill", &json!({})).await?;
    let begin = Instant::now();
    let short = Fetch { wait: Duration::from_millis(50), ..asking(&["bill"]) };
    assert!(bench.application.workers.fetch(&robot, &short, pending()).await?.is_empty());
    assert!(begin.elapsed() >= short.wait);
    for server in [bench.application.clone(), Arc::new(bench.second_application())] {
        let (long, robot) = (Fetch { wait: Duration::from_secs(30), ..asking(&["bill"]) }, robot.clone());
        let waiting = tokio::spawn(async move { server.workers.fetch(&robot, &long, pending()).await });
        tokio::time::sleep(Duration::from_millis(20)).await;
        let request = bench.start(&bench.acme.admin, workflow).await?;
        let jobs = tokio::time::timeout(Duration::from_secs(20), waiting).await???;
        assert_eq!(jobs.iter().map(|job| job.request).collect::<Vec<_>>(), [request]);
    }
    let long = Fetch { wait: Duration::from_secs(30), ..asking(&["bill"]) };
    let begin = Instant::now();
    let stop = tokio::time::sleep(Duration::from_millis(50));
    assert!(bench.application.workers.fetch(&robot, &long, stop).await?.is_empty());
    assert!(begin.elapsed() < Duration::from_secs(10), "it stops when it is told to");
    Ok(())
}

pub async fn leave_failed_steps_to_operators(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let (robot, admin) = (worker(&bench).await?, &bench.acme.admin);
    let mut steps = Vec::new();
    for job_type in ["bill", "mail"] {
        let workflow = published(&bench, job_type, &json!({})).await?;
        for _ in 0..3 {
            let request = bench.start(admin, workflow).await?;
            let job = fetch(&bench.application, &robot, &[job_type]).await?.remove(0);
            let failure = JobFailure { is_final: true, ..broken("no such account") };
            bench.application.workers.fail(&robot, held(&job), failure.clone()).await?;
            bench.application.workers.fail(&robot, held(&job), failure).await?;
            steps.push((request, job.step));
        }
    }
    let job = StepJob {
        job_type: "bill".to_owned(),
        target: Some("bill".to_owned()),
        failed: 1,
        last_error: Some("no such account".to_owned()),
        next_attempt: None,
    };
    let row = work_row(&bench, steps[0].0).await?;
    assert_eq!((row.status, row.job.as_ref()), (RequestStepStatus::Failed, Some(&job)));
    let permit: Permit<actions::ManageRequest> = bench.authorizer().require(admin).await?;
    let listed = async |filter: &FailedStepFilter, page: &PageRequest| {
        let page = storage.steps.failed_steps(&permit, filter, page).await?;
        let (more, last) = (page.has_next, page.edges.last().map(|edge| edge.cursor.clone()));
        anyhow::Ok((page.into_nodes().into_iter().map(|step| (step.request, step.id)).collect::<Vec<_>>(), more, last))
    };
    let all = FailedStepFilter::default();
    let (first, more, last) = listed(&all, &PageRequest::first(4)).await?;
    assert_eq!((&first[..], more), (&steps[..4], true));
    let (rest, more, _) = listed(&all, &PageRequest { after: last, ..PageRequest::first(4) }).await?;
    assert_eq!((&rest[..], more), (&steps[4..], false));
    let mail = FailedStepFilter { job_type: Some("mail".to_owned()), ..all.clone() };
    assert_eq!(listed(&mail, &PageRequest::first(10)).await?.0, steps[3..]);
    let globex = bench.foreign().await?;
    let foreign: Permit<actions::ManageRequest> = bench.authorizer().require(&globex.admin).await?;
    assert!(storage.steps.failed_steps(&foreign, &all, &PageRequest::first(10)).await?.edges.is_empty());

    let answers = bench.application.requests.retry_steps(admin, &steps[..3]).await?;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    let answers = bench.application.requests.retry_steps(admin, &steps[2..4]).await?;
    assert!(answers[0].is_err() && answers[1].is_ok(), "{answers:?}");
    assert_eq!(listed(&all, &PageRequest::first(10)).await?.0, steps[4..]);
    let nobody = bench.application.requests.retry_steps(&robot, &steps[4..]).await;
    assert!(matches!(refused(nobody)?, Refused::NotPermitted(_)));
    for wrong in [Vec::new(), vec![steps[0]; 101]] {
        let refusal = refused(bench.application.requests.retry_steps(admin, &wrong).await)?;
        assert!(matches!(refusal, Refused::InvalidInput(_)));
    }
    bench.application.requests.cancel(admin, steps[4].0, None).await?;
    assert_eq!(listed(&all, &PageRequest::first(10)).await?.0, steps[5..], "a cancelled request's are none");
    assert_eq!(fetch(&bench.application, &robot, &["bill", "mail"]).await?.len(), 4);
    bench.check_intact().await
}

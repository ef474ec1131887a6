//! Actions: what NexusFlow carries out itself, attempted under a claim, recorded once.

use std::collections::BTreeSet;
use std::future::{pending, ready};
use std::time::Duration;

use chrono::TimeDelta;
use nexusflow_application::platform::{CallError, HttpAnswer};
use nexusflow_application::request::{ClaimedJob, Fetch, JobKind, RequestStep, StepJob};
use nexusflow_application::{Application, PageRequest, Refused};
use nexusflow_domain::access::Permission;
use nexusflow_domain::duration;
use nexusflow_domain::ids::{RequestId, WorkflowId};
use nexusflow_domain::request::{CallBody, DeadlineClock, RequestStatus, RequestStepStatus};
use nexusflow_domain::{JsonMap, Timestamp};
use serde_json::{Value, json};

use crate::StorePorts;
use crate::bench::{Bench, refused};
use crate::documents::{sequence, with};

const LEASE: i64 = 60;

fn action(key: &str, what: &Value, more: &Value) -> Value {
    with(json!({ "key": key, "name": key, "kind": "SERVICE", "service": what }), more)
}

/// A step that sends the sum to a server, and takes over what it answers.
fn ask(retry: &Value) -> Value {
    let http =
        json!({ "method": "POST", "url": "'https://api.example.org/' + kind", "body": { "json": { "net": "net" } } });
    let output = json!({ "output": { "gross": "result.body.gross", "status": "result.status" } });
    action("ask", &json!({ "http": http, "retry": retry }), &output)
}

async fn published(bench: &Bench, steps: &[Value]) -> anyhow::Result<WorkflowId> {
    Ok(bench.acme.publish("Actions", sequence(steps)?).await?)
}

async fn started(bench: &Bench, workflow: WorkflowId) -> anyhow::Result<RequestId> {
    let variables = json!({ "net": 100, "kind": "vat" }).as_object().cloned().unwrap_or_default();
    Ok(bench.acme.start(&bench.acme.admin, workflow, variables).await?)
}

#[expect(clippy::unnecessary_wraps, reason = "as the fake takes it")]
fn said(status: u16, body: &Value) -> Result<HttpAnswer, CallError> {
    let headers = [("content-type".to_owned(), "application/json".to_owned())].into();
    Ok(HttpAnswer { status, headers, body: body.to_string().into_bytes() })
}

async fn claim(application: &Application) -> anyhow::Result<Vec<ClaimedJob>> {
    Ok(application.actions.claim(100).await?)
}

/// Carries out everything that is due; how much that was.
async fn carry_out(application: &Application) -> anyhow::Result<usize> {
    let claimed = claim(application).await?;
    for &job in &claimed {
        application.actions.carry_out(job, pending()).await;
    }
    Ok(claimed.len())
}

async fn row(bench: &Bench, request: RequestId) -> anyhow::Result<RequestStep> {
    let found = bench.steps(request).await?.into_iter().find(|step| step.step.as_str() == "ask");
    found.ok_or_else(|| anyhow::anyhow!("no step"))
}

async fn job(bench: &Bench, request: RequestId) -> anyhow::Result<StepJob> {
    row(bench, request).await?.job.ok_or_else(|| anyhow::anyhow!("no job"))
}

async fn due(bench: &Bench) -> anyhow::Result<Option<Timestamp>> {
    Ok(bench.storage.jobs.next_due(JobKind::Action).await?)
}

pub async fn are_attempted_and_their_results_recorded_once(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let request = started(&bench, published(&bench, &[ask(&json!({}))]).await?).await?;
    assert_eq!(due(&bench).await?, Some(bench.ports.clock.now()));
    assert_eq!(storage.jobs.next_due(JobKind::Timer).await?, None, "nothing of it is a timer's");
    assert_eq!(job(&bench, request).await?.job_type, "nexusflow:http");
    bench.http.answer(said(200, &json!({ "gross": 119 })));
    assert_eq!(carry_out(&bench.application).await?, 1);
    let (call, key) = bench.http.sent().remove(0);
    assert_eq!(call.url, "https://api.example.org/vat");
    assert_eq!(call.body, Some(CallBody::Json(JsonMap::from_iter([("net".to_owned(), json!(100))]))));
    assert_eq!(key, row(&bench, request).await?.id.uuid().to_string());
    let state = bench.load(request).await?.state;
    assert_eq!(state.status(), RequestStatus::Completed);
    assert_eq!((&state.variables["gross"], &state.variables["status"]), (&json!(119), &json!(200)));
    assert_eq!((carry_out(&bench.application).await?, due(&bench).await?), (0, None));
    bench.check_fold(request).await?;
    bench.check_intact().await
}

pub async fn send_mail_and_fail_where_there_is_no_mail_server(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let mail = json!({ "email": { "to": "'a@example.org'", "subject": "'Net ' + string(net)", "text": "'Hi'" } });
    let mail = action("ask", &mail, &json!({ "output": { "mail": "result.messageId" } }));
    let workflow = published(&bench, &[mail]).await?;
    let request = started(&bench, workflow).await?;
    carry_out(&bench.application).await?;
    let (sent, key) = bench.mailer.sent().remove(0);
    assert_eq!((sent.subject.as_str(), sent.to.as_slice()), ("Net 100", &["a@example.org".to_owned()][..]));
    let state = bench.load(request).await?.state;
    assert_eq!(
        (state.status(), &state.variables["mail"]),
        (RequestStatus::Completed, &json!(format!("<{key}@example.org>")))
    );
    bench.check_intact().await
}

pub async fn are_not_for_workers(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let role = bench.acme.role_with("Worker", &[Permission::WorkJobs]).await?;
    let robot = bench.acme.user("robot", &[role]).await?;
    started(&bench, published(&bench, &[ask(&json!({}))]).await?).await?;
    let asking = |of: &str| Fetch {
        types: vec![of.to_owned()],
        limit: 10,
        lease: duration::Duration::from_seconds(LEASE).unwrap_or_default(),
        wait: Duration::ZERO,
    };
    let own = bench.application.workers.fetch(&robot, &asking("nexusflow:http"), pending()).await;
    assert!(matches!(refused(own)?, Refused::InvalidInput { .. }));
    assert!(bench.application.workers.fetch(&robot, &asking("ask"), pending()).await?.is_empty());
    let now = bench.ports.clock.now();
    let types = ["nexusflow:http".to_owned()];
    let organization = bench.acme.organization.id;
    let found = storage.jobs.claim_work(organization, &types, now, now + TimeDelta::seconds(LEASE), 10).await?;
    assert!(found.is_empty(), "not even by its own type");
    for kind in [JobKind::Timer, JobKind::Call] {
        assert!(storage.jobs.claim(kind, now, now + TimeDelta::seconds(LEASE), 10).await?.is_empty());
    }
    let held = claim(&bench.application).await?.remove(0);
    let until = now + TimeDelta::hours(1);
    assert!(!storage.jobs.extend(organization, JobKind::Work, held.lease(), until).await?, "another kind");
    let foreign = bench.foreign().await?.organization.id;
    assert!(!storage.jobs.extend(foreign, JobKind::Action, held.lease(), until).await?, "another tenant");
    assert!(storage.jobs.extend(organization, JobKind::Action, held.lease(), until).await?);
    bench.pass(LEASE * 2);
    assert!(claim(&bench.application).await?.is_empty(), "it is kept");
    Ok(())
}

pub async fn are_attempted_again_and_then_thrown(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let request = started(&bench, published(&bench, &[ask(&json!({ "attempts": 2 }))]).await?).await?;
    bench.http.answer(said(503, &json!("busy")));
    carry_out(&bench.application).await?;
    let again = bench.ports.clock.now() + TimeDelta::seconds(10);
    let StepJob { failed, last_error, next_attempt, .. } = job(&bench, request).await?;
    assert_eq!((failed, last_error.as_deref()), (1, Some("HTTP_503: status 503: \"busy\"")));
    assert_eq!((next_attempt, due(&bench).await?), (Some(again), Some(again)));
    assert_eq!(carry_out(&bench.application).await?, 0, "not yet");
    bench.pass(10);
    bench.http.answer(Err(CallError::Unreachable("refused".to_owned())));
    carry_out(&bench.application).await?;
    let step = row(&bench, request).await?;
    assert_eq!((step.status, step.comment.as_deref()), (RequestStepStatus::Failed, Some("UNREACHABLE: refused")));
    assert_eq!(due(&bench).await?, None, "an operator has to look");
    bench.application.requests.retry_step(&bench.acme.admin, request, step.id).await?;
    bench.http.answer(said(200, &json!({ "gross": 1 })));
    carry_out(&bench.application).await?;
    assert_eq!(bench.load(request).await?.state.status(), RequestStatus::Completed);
    let keys: BTreeSet<String> = bench.http.sent().into_iter().map(|(_, key)| key).collect();
    assert_eq!(keys.len(), 1, "one idempotency key for all attempts");
    bench.check_intact().await
}

pub async fn lose_an_attempt_with_the_lease_and_drop_a_late_result(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let second = bench.second_application();
    let request = started(&bench, published(&bench, &[ask(&json!({}))]).await?).await?;
    let held = claim(&bench.application).await?.remove(0);
    assert!(claim(&second).await?.is_empty(), "leased");
    bench.pass(LEASE);
    assert_eq!(carry_out(&second).await?, 1);
    assert!(bench.http.sent().is_empty(), "the attempt counts as failed; the next one has its time");
    let StepJob { failed, last_error, .. } = job(&bench, request).await?;
    assert!(failed == 1 && last_error.is_some_and(|error| error.starts_with("ATTEMPT_LOST: ")));
    bench.http.answer(said(200, &json!({ "gross": "late" })));
    bench.application.actions.carry_out(held, pending()).await;
    assert_eq!(bench.load(request).await?.state.status(), RequestStatus::InProgress, "a late result is dropped");
    bench.pass(10);
    bench.http.answer(said(200, &json!({ "gross": "in time" })));
    assert_eq!(carry_out(&second).await?, 1);
    let state = bench.load(request).await?.state;
    assert_eq!((state.status(), &state.variables["gross"]), (RequestStatus::Completed, &json!("in time")));
    bench.check_intact().await
}

pub async fn of_a_suspended_request_wait_for_its_resumption(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let admin = &bench.acme.admin;
    let request = started(&bench, published(&bench, &[ask(&json!({}))]).await?).await?;
    let held = claim(&bench.application).await?.remove(0);
    bench.application.requests.suspend(admin, request, None, DeadlineClock::Stopped).await?;
    assert_eq!(due(&bench).await?, None);
    bench.http.answer(said(200, &json!({ "gross": "early" })));
    bench.application.actions.carry_out(held, pending()).await;
    assert!(bench.http.sent().is_empty(), "it is not even sent");
    bench.application.requests.resume(admin, request).await?;
    assert_eq!(carry_out(&bench.application).await?, 1);
    let state = bench.load(request).await?.state;
    assert_eq!((state.status(), &state.variables["gross"]), (RequestStatus::Completed, &json!("early")));
    bench.check_intact().await
}

pub async fn are_put_off_without_an_attempt_while_their_target_fails(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let workflow = published(&bench, &[ask(&json!({ "delay": "PT1H" }))]).await?;
    for _ in 0..5 {
        started(&bench, workflow).await?;
        bench.http.answer(Err(CallError::Unreachable("refused".to_owned())));
        carry_out(&bench.application).await?;
    }
    let request = started(&bench, workflow).await?;
    assert_eq!(carry_out(&bench.application).await?, 1);
    assert_eq!(bench.http.sent().len(), 5, "nothing more is sent");
    let until = bench.ports.clock.now() + TimeDelta::seconds(30);
    assert_eq!((due(&bench).await?, job(&bench, request).await?.failed), (Some(until), 0));
    bench.pass(30);
    bench.http.answer(said(200, &json!({ "gross": 1 })));
    assert_eq!(carry_out(&bench.application).await?, 1);
    assert_eq!(bench.load(request).await?.state.status(), RequestStatus::Completed, "its first attempt");
    let request = started(&bench, workflow).await?;
    bench.http.answer(said(200, &json!({ "gross": 2 })));
    carry_out(&bench.application).await?;
    assert_eq!(bench.load(request).await?.state.status(), RequestStatus::Completed, "closed again");
    bench.check_intact().await
}

pub async fn are_heard_of_where_they_are_put(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let workflow = published(&bench, &[ask(&json!({}))]).await?;
    let mut news = bench.application.actions.news();
    let early = tokio::time::timeout(Duration::from_millis(50), news.hear()).await;
    assert!(early.is_err(), "there is nothing to do");
    started(&bench, workflow).await?;
    tokio::time::timeout(Duration::from_secs(5), news.hear()).await?;
    Ok(())
}

pub async fn of_two_servers_are_each_attempted_by_one(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let workflow = published(&bench, &[ask(&json!({}))]).await?;
    for n in 0..10 {
        started(&bench, workflow).await?;
        bench.http.answer(said(200, &json!({ "gross": n })));
    }
    let second = bench.second_application();
    let (one, other) = tokio::join!(carry_out(&bench.application), carry_out(&second));
    assert_eq!(one? + other? + carry_out(&second).await?, 10);
    let keys: BTreeSet<String> = bench.http.sent().into_iter().map(|(_, key)| key).collect();
    assert_eq!((keys.len(), bench.http.sent().len()), (10, 10));
    assert_eq!(due(&bench).await?, None);
    bench.check_intact().await
}

pub async fn cut_off_count_as_failed(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let request = started(&bench, published(&bench, &[ask(&json!({}))]).await?).await?;
    bench.http.hang();
    let held = claim(&bench.application).await?.remove(0);
    bench.application.actions.carry_out(held, ready(())).await;
    let StepJob { failed, last_error, .. } = job(&bench, request).await?;
    assert!(failed == 1 && last_error.is_some_and(|error| error.starts_with("ATTEMPT_LOST: ")));
    bench.check_intact().await
}

pub async fn done_at_once_set_variables_and_tell_people_in_one_commit(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    bench.acme.user("ann", &[]).await?;
    let tell = |to: Value| json!({ "notify": { "to": to, "title": "'Net ' + string(net)", "text": "'Look at it.'" } });
    let steps = [
        action("more", &json!({ "set": { "net": "net + 1" } }), &json!({})),
        action("still-more", &json!({ "set": { "net": "net + 1" } }), &json!({})),
        action("him", &tell(json!({ "requester": {} })), &json!({})),
        action("them", &tell(json!({ "role": "Owner" })), &json!({})),
        action("her", &tell(json!({ "user": "ann@acme.example" })), &json!({})),
    ];
    let request = started(&bench, published(&bench, &steps).await?).await?;
    let state = bench.load(request).await?.state;
    assert_eq!((state.status(), &state.variables["net"]), (RequestStatus::Completed, &json!(102)));
    let page = bench.application.request_reads.notifications(&bench.acme.admin, &PageRequest::first(10)).await?;
    let found: Vec<_> = page.into_nodes();
    let detail = json!({ "title": "Net 102", "text": "Look at it." });
    assert!(found.len() == 2 && found.iter().all(|one| one.kind == "NOTICE" && one.detail == detail));
    assert_eq!(found.iter().filter(|one| one.user == Some(bench.acme.admin.principal.user)).count(), 1);
    assert_eq!(found.iter().filter(|one| one.role.is_some()).count(), 1);
    assert!(found.iter().all(|one| one.request == Some(request) && one.request_step.is_some()));
    bench.check_fold(request).await?;
    bench.check_intact().await
}

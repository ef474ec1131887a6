//! Failed steps (dead letters) retried together: those that fit, each by its own command.

use std::future::pending;

use chrono::TimeDelta;
use nexusflow_application::Refused;
use nexusflow_application::platform::HttpAnswer;
use nexusflow_application::request::{BulkRetry, FailedStepFilter};
use nexusflow_domain::access::Permission;
use nexusflow_domain::ids::{RequestId, WorkflowId};
use nexusflow_domain::request::{DeadlineClock, RequestStepStatus};
use serde_json::json;

use crate::StorePorts;
use crate::bench::{Bench, refused};
use crate::documents::sequence;

async fn calling(bench: &Bench, host: &str) -> anyhow::Result<WorkflowId> {
    let url = format!("'https://{host}/'");
    let step = json!({ "key": "work", "name": "Work", "kind": "SERVICE", "service": { "http": { "url": url } } });
    Ok(bench.acme.publish(host, sequence(&[step])?).await?)
}

/// A request whose step has failed with a status.
async fn failed(bench: &Bench, workflow: WorkflowId, status: u16) -> anyhow::Result<RequestId> {
    let request = bench.start(&bench.acme.admin, workflow).await?;
    let body = format!("Sorry_{status}%").into_bytes();
    bench.http.answer(Ok(HttpAnswer { status, headers: <_>::default(), body }));
    for job in bench.application.actions.claim(100).await? {
        bench.application.actions.carry_out(job, pending()).await;
    }
    anyhow::ensure!(is_failed(bench, request).await?, "the step of {request} has not failed");
    Ok(request)
}

async fn is_failed(bench: &Bench, request: RequestId) -> anyhow::Result<bool> {
    Ok(bench.steps(request).await?.iter().any(|step| step.status == RequestStepStatus::Failed))
}

async fn retry(bench: &Bench, filter: FailedStepFilter, limit: u32) -> anyhow::Result<(Vec<RequestId>, bool)> {
    let done = bench.application.requests.retry_failed_steps(&bench.acme.admin, filter, limit).await?;
    let BulkRetry { retried, has_more } = done;
    anyhow::ensure!(retried.iter().all(|(_, answer)| answer.is_ok()), "{retried:?}");
    Ok((retried.into_iter().map(|((request, _), _)| request).collect(), has_more))
}

pub async fn of_what_fits_are_made_together(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let (one, other) = (calling(&bench, "a.example.org").await?, calling(&bench, "b.example.org").await?);
    let all = FailedStepFilter::default();
    let begin = bench.ports.clock.now();
    let contains = |text: &str| FailedStepFilter { error_contains: Some(text.to_owned()), ..all.clone() };
    let to = |target: &str| FailedStepFilter { target: Some(target.to_owned()), ..all.clone() };
    let before = |seconds| {
        let at = begin + TimeDelta::seconds(seconds);
        FailedStepFilter { failed_before: Some(at), ..all.clone() }
    };
    for (filter, fits) in [
        (all.clone(), [true, true, true]),
        (FailedStepFilter { workflow: Some(one), ..all.clone() }, [true, true, false]),
        (to("b.example.org:443"), [false, false, true]),
        (to("b.example.org"), [false, false, false]),
        (contains("http_401"), [true, false, true]),
        (contains("sorry_402%"), [false, true, false]),
        (contains("Sorry%"), [false, false, false]),
        (before(0), [false, false, false]),
        (before(1_000_000), [true, true, true]),
        (FailedStepFilter { workflow: Some(other), ..contains("HTTP_401") }, [false, false, true]),
        (FailedStepFilter { workflow: Some(other), ..to("a.example.org:443") }, [false, false, false]),
    ] {
        let mut requests = Vec::new();
        for (workflow, status) in [(one, 401), (one, 402), (other, 401)] {
            requests.push(failed(&bench, workflow, status).await?);
        }
        let expected: Vec<RequestId> =
            requests.iter().zip(fits).filter(|(_, fits)| *fits).map(|(request, _)| *request).collect();
        assert_eq!(retry(&bench, filter.clone(), 10).await?, (expected.clone(), false), "{filter:?}");
        for request in requests {
            assert_eq!(is_failed(&bench, request).await?, !expected.contains(&request));
            bench.application.requests.cancel(&bench.acme.admin, request, None).await?;
        }
    }
    let early = failed(&bench, one, 401).await?;
    bench.pass(10);
    let middle = bench.ports.clock.now();
    failed(&bench, one, 401).await?;
    let filter = FailedStepFilter { failed_before: Some(middle), ..all };
    assert_eq!(retry(&bench, filter, 10).await?, (vec![early], false), "before, not at, that instant");
    bench.check_intact().await
}

pub async fn stop_at_their_limit_and_leave_suspended_requests_alone(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let workflow = calling(&bench, "a.example.org").await?;
    let mut requests = Vec::new();
    for _ in 0..5 {
        requests.push(failed(&bench, workflow, 400).await?);
    }
    let admin = &bench.acme.admin;
    bench.application.requests.suspend(admin, requests[0], None, DeadlineClock::Stopped).await?;
    let all = FailedStepFilter::default;
    assert_eq!(retry(&bench, all(), 3).await?, (requests[1..4].to_vec(), true), "the oldest first");
    assert_eq!(retry(&bench, all(), 3).await?, (requests[4..].to_vec(), false));
    assert_eq!(retry(&bench, all(), 3).await?, (vec![], false));
    bench.application.requests.resume(admin, requests[0]).await?;
    assert_eq!(retry(&bench, all(), 1).await?, (requests[..1].to_vec(), false));
    for _ in &requests {
        bench.http.answer(Ok(HttpAnswer { status: 200, headers: <_>::default(), body: Vec::new() }));
    }
    assert_eq!(bench.application.actions.claim(100).await?.len(), 5);
    bench.check_intact().await
}

pub async fn are_refused_unless_they_make_sense(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let workflow = calling(&bench, "a.example.org").await?;
    let request = failed(&bench, workflow, 400).await?;
    let requests = &bench.application.requests;
    let admin = &bench.acme.admin;
    let (all, empty) = (FailedStepFilter::default(), Some(String::new()));
    for (filter, limit) in [
        (all.clone(), 0),
        (all.clone(), 1_001),
        (FailedStepFilter { target: empty.clone(), ..all.clone() }, 1),
        (FailedStepFilter { error_contains: empty, ..all.clone() }, 1),
        (FailedStepFilter { error_contains: Some("\0".to_owned()), ..all.clone() }, 1),
    ] {
        let refusal = refused(requests.retry_failed_steps(admin, filter, limit).await)?;
        assert!(matches!(refusal, Refused::InvalidInput(_)), "{refusal:?}");
    }
    let role = bench.acme.role_with("Worker", &[Permission::WorkJobs]).await?;
    let robot = bench.acme.user("robot", &[role]).await?;
    let refusal = refused(requests.retry_failed_steps(&robot, all.clone(), 1).await)?;
    assert!(matches!(refusal, Refused::NotPermitted(_)), "{refusal:?}");
    let globex = bench.foreign().await?;
    let theirs = requests.retry_failed_steps(&globex.admin, all, 10).await?;
    assert!(theirs.retried.is_empty() && is_failed(&bench, request).await?, "another tenant's");
    Ok(())
}

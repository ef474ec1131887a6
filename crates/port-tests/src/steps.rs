//! `StepReader`: executions of steps, and escalations.

use chrono::TimeDelta;
use nexusflow_application::access::RequestScope;
use nexusflow_application::request::{Completion, Escalation, JobKind, NewRequest, RequestStep, Written};
use nexusflow_domain::JsonMap;
use nexusflow_domain::request::RequestStepStatus;
use nexusflow_domain::workflow::{Outcome, Priority};
use serde_json::{Value, json};

use crate::StorePorts;
use crate::bench::{Bench, scope_of};
use crate::documents::{sequence, task};

pub async fn are_read_as_written(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let clerk = bench.acme.role("clerk").await?;
    let worker = bench.acme.user("worker", &[clerk]).await?;
    let sla = json!({ "sla": { "dueIn": "P1D" }, "outcomes": ["DONE", "COMPLETED"] });
    let workflow = bench.acme.publish("leave", sequence(&[task("work", "clerk", &sla)])?).await?;
    let request = bench.start(&bench.acme.admin, workflow).await?;
    let opened = bench.ports.clock.now();
    let step = bench.acme.open_step(request, "work").await?;
    let version = bench.active_version(workflow).await?;
    let version = storage.workflows.versions(&bench.scope(), &[version]).await?.remove(0);
    let expected = RequestStep {
        id: step.id,
        request,
        workflow_step: version.step_ids["work"],
        step: "work".parse()?,
        status: RequestStepStatus::Active,
        is_human: true,
        attempt: 1,
        required_role: Some(clerk),
        assignee: None,
        claimed_by: None,
        claimed_on_behalf_of: None,
        votes: 0,
        called: None,
        outcome: None,
        completed_by: None,
        completed_on_behalf_of: None,
        comment: None,
        started_at: Some(opened),
        completed_at: None,
        deadline: Some(opened + TimeDelta::days(1)),
        job: None,
        instance: None,
        input: None,
    };
    assert_eq!(step, expected);
    bench.pass(60);
    bench.application.requests.claim(&worker, request, step.id, None).await?;
    let outcome: Outcome = "DONE".parse()?;
    let comment = Some("'quoted' \"ä\" \u{1F600}\n".to_owned());
    let (variables, on_behalf_of) = (JsonMap::new(), None);
    let completion = Completion { outcome: outcome.clone(), comment: comment.clone(), variables, on_behalf_of };
    bench.application.requests.complete(&worker, request, step.id, completion, None).await?;
    let read = storage.steps.steps(&bench.scope(), &[(request, step.id)]).await?;
    let by = Some(worker.principal.user);
    let (status, completed_at) = (RequestStepStatus::Completed, Some(bench.ports.clock.now()));
    let (completed_by, claimed_by, outcome) = (by, by, Some(outcome));
    let expected = RequestStep { status, outcome, completed_by, claimed_by, comment, completed_at, ..expected };
    assert_eq!(read, [expected]);
    Ok(())
}

/// Whether the request was in memory or had to be loaded.
pub async fn commands_answer_with_what_is_stored(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let two = [task("work", "User", &Value::Null), task("more", "User", &Value::Null)];
    let workflow = bench.acme.publish("leave", sequence(&two)?).await?;
    let admin = &bench.acme.admin;
    let new = NewRequest {
        workflow,
        title: Some("A request".to_owned()),
        reference: Some("R/1".to_owned()),
        priority: Priority::High,
        variables: json!({ "days": 3 }).as_object().cloned().unwrap_or_default(),
        starts_at: None,
        due_at: Some(bench.ports.clock.now() + TimeDelta::days(1)),
    };
    let completion =
        || Completion { outcome: Outcome::completed(), comment: None, variables: JsonMap::new(), on_behalf_of: None };
    let started = bench.application.requests.start(admin, new, None).await?;
    let id = started.id;
    let check = async |written: Written| {
        let read = storage.request_reader.requests(&RequestScope::system(bench.acme.organization.id), &[id]).await?;
        assert!(written.request.is_some() && read == written.request.into_iter().collect::<Vec<_>>());
        bench.pass(77);
        anyhow::Ok(())
    };
    check(started).await?;
    let step = bench.acme.open_step(id, "work").await?.id;
    check(bench.application.requests.claim(admin, id, step, None).await?).await?;
    check(bench.application.requests.complete(admin, id, step, completion(), None).await?).await?;
    let fresh = bench.second_application();
    let step = bench.acme.open_step(id, "more").await?.id;
    check(fresh.requests.claim(admin, id, step, None).await?).await?;
    check(fresh.requests.complete(admin, id, step, completion(), None).await?).await
}

pub async fn are_listed_by_id(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let workflow = bench.acme.publish("leave", sequence(&[task("work", "User", &Value::Null)])?).await?;
    let (one, two) = (bench.start(&bench.acme.admin, workflow).await?, bench.start(&bench.acme.admin, workflow).await?);
    bench.acme.complete(&bench.acme.admin, one, "work", "COMPLETED").await?;
    let both = storage.steps.steps_of(&bench.scope(), &[two, one]).await?;
    assert!(both.is_sorted_by(|a, b| a.id < b.id));
    let keys = |request| both.iter().filter(|s| s.request == request).map(|s| s.step.as_str()).collect::<Vec<_>>();
    assert_eq!(keys(one), ["start", "work", "end"]);
    assert_eq!(keys(two), ["start", "work"]);
    // A step is asked for with its request: a wrong pair is nothing.
    let wrong = both.iter().map(|step| (if step.request == one { two } else { one }, step.id)).collect::<Vec<_>>();
    assert!(storage.steps.steps(&bench.scope(), &wrong).await?.is_empty());
    let right: Vec<_> = both.iter().map(|step| (step.request, step.id)).collect();
    assert_eq!(storage.steps.steps(&bench.scope(), &right).await?.len(), right.len());
    assert!(storage.steps.steps(&bench.scope(), &[]).await?.is_empty());
    assert!(storage.steps.steps_of(&bench.scope(), &[]).await?.is_empty());
    let foreign = scope_of(&bench.foreign().await?);
    assert!(storage.steps.steps(&foreign, &right).await?.is_empty());
    assert!(storage.steps.steps_of(&foreign, &[one, two]).await?.is_empty());
    assert!(storage.steps.escalations_of(&foreign, &[one, two]).await?.is_empty());
    Ok(())
}

pub async fn a_join_waits_in_one_row(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let admin = &bench.acme.admin;
    let document = serde_json::from_value(json!({
        "steps": [
            { "key": "start", "name": "Start", "kind": "START", "split": "ALL" },
            task("left", "User", &Value::Null),
            task("right", "User", &Value::Null),
            task("both", "User", &json!({ "join": "ALL" })),
            { "key": "end", "name": "End", "kind": "END" },
        ],
        "transitions": [
            { "from": "start", "to": "left" }, { "from": "start", "to": "right" },
            { "from": "left", "to": "both" }, { "from": "right", "to": "both" },
            { "from": "both", "to": "end" },
        ],
    }))?;
    let workflow = bench.acme.publish("fork", document).await?;
    let request = bench.start(admin, workflow).await?;
    let of_join = async || {
        let steps = bench.steps(request).await?;
        anyhow::Ok(steps.into_iter().filter(|step| step.step.as_str() == "both").collect::<Vec<_>>())
    };
    assert!(of_join().await?.is_empty());
    bench.acme.complete(admin, request, "left", "COMPLETED").await?;
    let waiting = of_join().await?;
    assert_eq!(waiting.len(), 1);
    assert_eq!((waiting[0].status, waiting[0].started_at), (RequestStepStatus::Pending, None));
    bench.pass(5);
    bench.acme.complete(admin, request, "right", "COMPLETED").await?;
    let open = of_join().await?;
    assert_eq!(open.len(), 1, "the same row");
    assert_eq!((open[0].id, open[0].status, open[0].attempt), (waiting[0].id, RequestStepStatus::Active, 1));
    assert_eq!(open[0].started_at, Some(bench.ports.clock.now()));
    bench.application.requests.cancel(admin, request, None).await?;
    assert_eq!(of_join().await?[0].status, RequestStepStatus::Cancelled);
    assert_eq!(storage.jobs.next_due(JobKind::Timer).await?, None);
    bench.check_intact().await
}

pub async fn escalations_are_read_as_written(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let chief = bench.acme.role("chief").await?;
    bench.acme.user("boss", &[chief]).await?;
    let sla = json!({ "sla": { "dueIn": "PT1H", "escalations": [
        { "action": { "notify": { "role": "chief" } } },
        { "after": "PT1H", "action": { "raise": {} } },
        { "after": "PT2H", "action": { "takeOutcome": { "outcome": "COMPLETED" } } },
    ] } });
    let workflow = bench.acme.publish("leave", sequence(&[task("work", "User", &sla)])?).await?;
    let request = bench.start(&bench.acme.admin, workflow).await?;
    let other = bench.start(&bench.acme.admin, workflow).await?;
    let step = bench.acme.open_step(request, "work").await?.id;
    let missed_deadline = bench.ports.clock.now() + TimeDelta::hours(1);
    bench.clock.advance(TimeDelta::minutes(61));
    bench.application.timers.fire_due(10).await?;
    let first = bench.ports.clock.now();
    bench.clock.advance(TimeDelta::hours(5));
    bench.application.timers.fire_due(10).await?;
    let second = bench.ports.clock.now();
    let all = storage.steps.escalations_of(&bench.scope(), &[request, other]).await?;
    assert_eq!(all.len(), 6);
    assert!(all.is_sorted_by(|a, b| a.id < b.id));
    let expected = [
        ("NOTIFY", json!({ "role": chief }), first),
        ("RAISE", json!({ "priority": "HIGH" }), second),
        ("TAKE_OUTCOME", json!({ "outcome": "COMPLETED" }), second),
    ];
    let of_request: Vec<&Escalation> = all.iter().filter(|escalation| escalation.request == request).collect();
    assert_eq!(of_request.len(), expected.len());
    for ((rung, found), (action, detail, at)) in (0..).zip(of_request).zip(expected) {
        assert_eq!((found.rung, found.request_step), (rung, Some(step)));
        assert_eq!((found.action.as_str(), &found.detail), (action, &detail));
        assert_eq!((found.missed_deadline, found.escalated_at), (missed_deadline, at));
    }
    assert!(bench.load(request).await?.state.status().is_final());
    bench.check_intact().await
}

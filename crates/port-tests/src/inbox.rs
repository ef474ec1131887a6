//! `StepReader::inbox`: what somebody may act on now.

use chrono::TimeDelta;
use nexusflow_application::access::RoleMapping;
use nexusflow_application::request::{InboxFilter, JobKind, NewRequest};
use nexusflow_application::{Call, PageRequest};
use nexusflow_domain::access::{BuiltInRole, Permission};
use nexusflow_domain::ids::{RequestId, WorkflowId};
use nexusflow_domain::request::DeadlineClock;
use nexusflow_domain::workflow::{HumanKind, Priority};
use serde_json::{Value, json};

use crate::StorePorts;
use crate::bench::Bench;
use crate::documents::{approval, sequence, task};
use crate::paging::check_pages;

/// Requests and step keys in somebody's inbox; checks that each of them may really be acted on by
/// the domain's own rule.
async fn inbox(bench: &Bench, call: &Call, filter: &InboxFilter) -> anyhow::Result<Vec<(RequestId, String)>> {
    let (permit, now) = (bench.member(call), bench.ports.clock.now());
    let items = check_pages(async |page| bench.storage.steps.inbox(&permit, now, filter, &page).await).await?;
    for item in &items {
        assert_eq!(item.step.request, item.request.id);
        assert!(item.step.is_human && item.step.completed_at.is_none());
    }
    Ok(items.into_iter().map(|item| (item.request.id, item.step.step.to_string())).collect())
}

async fn keys(bench: &Bench, call: &Call) -> anyhow::Result<Vec<String>> {
    Ok(inbox(bench, call, &InboxFilter::default()).await?.into_iter().map(|(_, key)| key).collect())
}

pub async fn shows_what_a_role_is_asked(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let (clerk, chief) = (bench.acme.role("clerk").await?, bench.acme.role("chief").await?);
    let one = bench.acme.user("one", &[clerk]).await?;
    let both = bench.acme.user("both", &[clerk, chief]).await?;
    let none = bench.acme.user("none", &[]).await?;
    let steps = [task("work", "clerk", &Value::Null), approval("decide", "chief", &Value::Null)];
    let workflow = bench.acme.publish("leave", sequence(&steps)?).await?;
    let first = bench.start(&none, workflow).await?;
    let second = bench.start(&none, workflow).await?;
    bench.acme.complete(&one, second, "work", "COMPLETED").await?;
    assert_eq!(keys(&bench, &one).await?, ["work"]);
    let all = InboxFilter::default();
    let expected = [(first, "work".to_owned()), (second, "decide".to_owned())];
    assert_eq!(inbox(&bench, &both, &all).await?, expected);
    assert!(keys(&bench, &none).await?.is_empty());
    let mut elsewhere = both.clone();
    elsewhere.principal.organization = bench.foreign().await?.organization.id;
    assert!(keys(&bench, &elsewhere).await?.is_empty(), "in another tenant's name");
    // The roles held now count, not those of yesterday.
    bench
        .application
        .access
        .revoke_role(&bench.acme.admin, RoleMapping::everywhere(both.principal.user, clerk))
        .await?;
    let both = bench.acme.call(both.principal.user).await?;
    assert_eq!(keys(&bench, &both).await?, ["decide"]);
    bench.acme.complete(&both, second, "decide", "REJECTED").await?;
    assert!(keys(&bench, &both).await?.is_empty(), "a completed step is nobody's");
    bench.application.requests.cancel(&bench.acme.admin, first, None).await?;
    assert!(keys(&bench, &one).await?.is_empty(), "a cancelled step is nobody's");
    assert_eq!(storage.steps.steps_of(&bench.scope(), &[first]).await?.iter().filter(|s| s.is_human).count(), 1);
    Ok(())
}

pub async fn shows_what_a_person_is_asked(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let (ada, bob) = (bench.acme.user("ada", &[]).await?, bench.acme.user("bob", &[]).await?);
    let steps = [
        json!({ "key": "hand-in", "name": "H", "kind": "TASK", "candidate": { "requester": {} } }),
        json!({ "key": "bobs", "name": "B", "kind": "TASK", "candidate": { "user": "BOB@acme.example" } }),
    ];
    let workflow = bench.acme.publish("leave", sequence(&steps)?).await?;
    let request = bench.start(&ada, workflow).await?;
    assert_eq!(keys(&bench, &ada).await?, ["hand-in"]);
    assert!(keys(&bench, &bob).await?.is_empty());
    bench.acme.complete(&ada, request, "hand-in", "COMPLETED").await?;
    assert!(keys(&bench, &ada).await?.is_empty());
    assert_eq!(keys(&bench, &bob).await?, ["bobs"]);
    assert!(storage.steps.steps_of(&bench.scope(), &[request]).await?.len() > 2);
    Ok(())
}

pub async fn is_filtered_by_kind(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let clerk = bench.acme.role("clerk").await?;
    let one = bench.acme.user("one", &[clerk]).await?;
    let steps = [task("work", "clerk", &Value::Null), approval("decide", "clerk", &Value::Null)];
    let workflow = bench.acme.publish("leave", sequence(&steps)?).await?;
    let (first, second) = (bench.start(&one, workflow).await?, bench.start(&one, workflow).await?);
    bench.acme.complete(&one, first, "work", "COMPLETED").await?;
    let of = |kind| InboxFilter { kind: Some(kind), ..<_>::default() };
    assert_eq!(inbox(&bench, &one, &of(HumanKind::Task)).await?, [(second, "work".to_owned())]);
    assert_eq!(inbox(&bench, &one, &of(HumanKind::Approval)).await?, [(first, "decide".to_owned())]);
    // Whoever lacks the permission for a kind of work is not shown any.
    let user = bench.acme.built_in(BuiltInRole::User).await?;
    bench.application.access.revoke_permission(&bench.acme.admin, user, Permission::ApproveRequest).await?;
    let (page, one) = (PageRequest::first(10), bench.acme.call(one.principal.user).await?);
    let shown = bench.application.request_reads.inbox(&one, &InboxFilter::default(), &page).await?;
    assert_eq!(shown.into_nodes().iter().map(|item| item.request.id).collect::<Vec<_>>(), [second]);
    assert_eq!(storage.jobs.next_due(JobKind::Timer).await?, None);
    Ok(())
}

pub async fn hides_what_another_has_claimed(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let clerk = bench.acme.role("clerk").await?;
    let (one, two) = (bench.acme.user("one", &[clerk]).await?, bench.acme.user("two", &[clerk]).await?);
    let workflow = bench.acme.publish("leave", sequence(&[task("work", "clerk", &Value::Null)])?).await?;
    let other = bench.acme.publish("other", sequence(&[task("else", "clerk", &Value::Null)])?).await?;
    let request = bench.start(&bench.acme.admin, workflow).await?;
    let free = bench.start(&bench.acme.admin, other).await?;
    let step = bench.acme.open_step(request, "work").await?.id;
    bench.application.requests.claim(&one, request, step, None).await?;
    assert_eq!(keys(&bench, &one).await?, ["work", "else"]);
    assert_eq!(keys(&bench, &two).await?, ["else"]);
    let claimed = |claimed| InboxFilter { claimed: Some(claimed), ..<_>::default() };
    assert_eq!(inbox(&bench, &one, &claimed(true)).await?, [(request, "work".to_owned())]);
    assert_eq!(inbox(&bench, &one, &claimed(false)).await?, [(free, "else".to_owned())]);
    assert!(inbox(&bench, &two, &claimed(true)).await?.is_empty());
    let of = |workflow: WorkflowId| InboxFilter { workflow: Some(workflow), ..<_>::default() };
    assert_eq!(inbox(&bench, &one, &of(workflow)).await?, [(request, "work".to_owned())]);
    assert_eq!(inbox(&bench, &two, &of(other)).await?, [(free, "else".to_owned())]);
    bench.application.requests.release(&one, request, step).await?;
    assert_eq!(keys(&bench, &two).await?, ["work", "else"]);
    assert_eq!(storage.steps.steps(&bench.scope(), &[(request, step)]).await?[0].claimed_by, None);
    Ok(())
}

pub async fn hides_what_separation_of_duties_forbids(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let clerk = bench.acme.role("clerk").await?;
    let people = [bench.acme.user("one", &[clerk]).await?, bench.acme.user("two", &[clerk]).await?];
    let [one, two] = &people;
    let third = bench.acme.user("three", &[clerk]).await?;
    let steps = [
        approval("first", "clerk", &json!({ "separation": { "notRequester": true } })),
        approval("second", "clerk", &json!({ "separation": { "notDeciderOf": ["first"], "notRequester": true } })),
        task("third", "clerk", &Value::Null),
    ];
    let workflow = bench.acme.publish("leave", sequence(&steps)?).await?;
    let request = bench.start(one, workflow).await?;
    assert!(keys(&bench, one).await?.is_empty(), "the requester");
    assert_eq!(keys(&bench, two).await?, ["first"]);
    bench.acme.complete(two, request, "first", "APPROVED").await?;
    assert!(keys(&bench, one).await?.is_empty(), "the requester, still");
    assert!(keys(&bench, two).await?.is_empty(), "who decided the first");
    assert_eq!(keys(&bench, &third).await?, ["second"]);
    bench.acme.complete(&third, request, "second", "APPROVED").await?;
    for person in [one, two, &third] {
        assert_eq!(keys(&bench, person).await?, ["third"], "no rule on this step");
    }
    assert_eq!(storage.steps.steps_of(&bench.scope(), &[request]).await?.iter().filter(|s| s.is_human).count(), 3);
    Ok(())
}

/// A step that is open when the other is decided.
pub async fn hides_what_a_decision_elsewhere_forbids(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let clerk = bench.acme.role("clerk").await?;
    let (one, two) = (bench.acme.user("one", &[clerk]).await?, bench.acme.user("two", &[clerk]).await?);
    let document = serde_json::from_value(json!({
        "steps": [
            { "key": "start", "name": "Start", "kind": "START", "split": "ALL" },
            approval("left", "clerk", &Value::Null),
            approval("right", "clerk", &json!({ "separation": { "notDeciderOf": ["left"] } })),
            { "key": "end", "name": "End", "kind": "END" },
        ],
        "transitions": [
            { "from": "start", "to": "left" }, { "from": "start", "to": "right" },
            { "from": "left", "to": "end" }, { "from": "right", "to": "end" },
        ],
    }))?;
    let workflow = bench.acme.publish("fork", document).await?;
    let request = bench.start(&bench.acme.admin, workflow).await?;
    assert_eq!(keys(&bench, &one).await?.len(), 2);
    bench.acme.complete(&one, request, "left", "APPROVED").await?;
    assert!(keys(&bench, &one).await?.is_empty());
    assert_eq!(keys(&bench, &two).await?, ["right"]);
    assert!(!storage.requests.load(&[(bench.scope(), request)]).await?.is_empty());
    Ok(())
}

pub async fn hides_what_is_suspended(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let clerk = bench.acme.role("clerk").await?;
    let one = bench.acme.user("one", &[clerk]).await?;
    let sla = json!({ "sla": { "dueIn": "P1D" } });
    let workflow = bench.acme.publish("leave", sequence(&[task("work", "clerk", &sla)])?).await?;
    let request = bench.start(&bench.acme.admin, workflow).await?;
    let (requests, admin) = (&bench.application.requests, &bench.acme.admin);
    requests.suspend(admin, request, None, DeadlineClock::Stopped).await?;
    assert!(keys(&bench, &one).await?.is_empty());
    let before = bench.acme.open_step(request, "work").await?.deadline;
    bench.pass(3600);
    requests.resume(admin, request).await?;
    assert_eq!(keys(&bench, &one).await?, ["work"]);
    let after = bench.acme.open_step(request, "work").await?.deadline;
    assert_eq!(after, before.map(|at| at + TimeDelta::hours(1)), "the deadline moved with the suspension");
    assert_eq!(storage.jobs.next_due(JobKind::Timer).await?, after.map(|at| at + TimeDelta::microseconds(1)));
    Ok(())
}

pub async fn is_sorted_by_deadline(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let clerk = bench.acme.role("clerk").await?;
    let one = bench.acme.user("one", &[clerk]).await?;
    let mut started = Vec::new();
    for (name, due_in) in [("c", Some("P3D")), ("none", None), ("a", Some("PT1S")), ("b", Some("P2D"))] {
        let more = due_in.map_or(Value::Null, |due_in| json!({ "sla": { "dueIn": due_in } }));
        let workflow = bench.acme.publish(name, sequence(&[task(name, "clerk", &more)])?).await?;
        for _ in 0..2 {
            started.push(bench.start(&bench.acme.admin, workflow).await?);
        }
    }
    let listed = inbox(&bench, &one, &InboxFilter::default()).await?;
    let expected = [4, 5, 6, 7, 0, 1, 2, 3].map(|n: usize| started[n]);
    assert_eq!(listed.iter().map(|(request, _)| *request).collect::<Vec<_>>(), expected, "ties by id, none last");
    assert!(storage.jobs.next_due(JobKind::Timer).await?.is_some());
    Ok(())
}

pub async fn follows_a_reassignment(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let (clerk, chief) = (bench.acme.role("clerk").await?, bench.acme.role("chief").await?);
    let (one, boss) = (bench.acme.user("one", &[clerk]).await?, bench.acme.user("boss", &[chief]).await?);
    let sla = json!({ "sla": { "dueIn": "P1D", "escalations": [{ "action": { "reassign": { "role": "chief" } } }] } });
    let steps = [
        task("work", "clerk", &sla),
        json!({
            "key": "own", "name": "Own", "kind": "TASK", "candidate": { "requester": {} }, "sla": sla["sla"],
        }),
    ];
    let workflow = bench.acme.publish("leave", sequence(&steps)?).await?;
    let new = NewRequest {
        workflow,
        title: None,
        reference: None,
        priority: Priority::Low,
        variables: <_>::default(),
        starts_at: None,
        due_at: None,
    };
    let request = bench.application.requests.start(&one, new, None).await?.id;
    let step = bench.acme.open_step(request, "work").await?.id;
    bench.application.requests.claim(&one, request, step, None).await?;
    bench.clock.advance(TimeDelta::days(2));
    bench.application.timers.fire_due(10).await?;
    assert!(keys(&bench, &one).await?.is_empty());
    assert_eq!(keys(&bench, &boss).await?, ["work"]);
    bench.acme.complete(&boss, request, "work", "COMPLETED").await?;
    assert_eq!(keys(&bench, &one).await?, ["own"]);
    bench.clock.advance(TimeDelta::days(2));
    bench.application.timers.fire_due(10).await?;
    assert!(keys(&bench, &one).await?.is_empty(), "the person is not asked any more");
    let row = bench.acme.open_step(request, "own").await?;
    assert_eq!((row.required_role, row.assignee), (Some(chief), None));
    assert_eq!(storage.steps.escalations_of(&bench.scope(), &[request]).await?.len(), 2);
    bench.check_intact().await
}

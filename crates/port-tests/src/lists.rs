//! `RequestReader`: lists, filters, counts, and who sees what.

use chrono::TimeDelta;
use nexusflow_application::access::{RequestScope, RoleMapping};
use nexusflow_application::request::{NewRequest, Request, RequestFilter, RequestOrder, RequestOrderField};
use nexusflow_application::{Call, PageRequest};
use nexusflow_domain::Timestamp;
use nexusflow_domain::ids::{RequestId, WorkflowId};
use nexusflow_domain::request::{DeadlineClock, RequestStatus};
use nexusflow_domain::workflow::{Priority, WorkflowDocument};
use serde_json::{Value, json};

use crate::StorePorts;
use crate::bench::Bench;
use crate::documents::{sequence, task};
use crate::paging::check_pages;

const BY_ID: RequestOrder = RequestOrder { field: RequestOrderField::CreatedAt, descending: false };

fn new(workflow: WorkflowId, reference: Option<&str>, due_at: Option<Timestamp>) -> NewRequest {
    NewRequest {
        workflow,
        title: Some("A request".to_owned()),
        reference: reference.map(str::to_owned),
        priority: Priority::High,
        variables: <_>::default(),
        starts_at: None,
        due_at,
    }
}

async fn simple(bench: &Bench, name: &str) -> anyhow::Result<WorkflowId> {
    Ok(bench.acme.publish(name, sequence(&[task("work", "User", &Value::Null)])?).await?)
}

async fn list(
    bench: &Bench,
    scope: &RequestScope,
    filter: &RequestFilter,
    order: RequestOrder,
) -> anyhow::Result<Vec<Request>> {
    let reader = &bench.storage.request_reader;
    check_pages(async |page| reader.list_requests(scope, filter, order, &page).await).await
}

async fn found(bench: &Bench, filter: RequestFilter) -> anyhow::Result<Vec<RequestId>> {
    let scope = RequestScope::system(bench.acme.organization.id);
    let listed: Vec<_> = list(bench, &scope, &filter, BY_ID).await?.into_iter().map(|request| request.id).collect();
    let counted = bench.storage.request_reader.count_requests(&scope, &filter, 1_000).await?;
    assert_eq!(counted, listed.len() as u64, "{filter:?}");
    Ok(listed)
}

pub async fn are_sorted_by_creation_or_due_date(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let workflow = simple(&bench, "leave").await?;
    let now = bench.ports.clock.now();
    let mut ids = Vec::new();
    for due in [Some(30), None, Some(10), Some(30), None, Some(20), Some(30)] {
        let due = due.map(|minutes| now + TimeDelta::minutes(minutes));
        let new = new(workflow, None, due);
        ids.push(bench.application.requests.start(&bench.acme.admin, new, None).await?.id);
    }
    let scope = RequestScope::system(bench.acme.organization.id);
    let all = RequestFilter::default();
    let sorted = async |field, descending| {
        let rows = list(&bench, &scope, &all, RequestOrder { field, descending }).await?;
        anyhow::Ok(rows.into_iter().map(|request| request.id).collect::<Vec<_>>())
    };
    assert_eq!(sorted(RequestOrderField::CreatedAt, false).await?, ids);
    let reversed: Vec<_> = ids.iter().rev().copied().collect();
    assert_eq!(sorted(RequestOrderField::CreatedAt, true).await?, reversed);
    let by_due = [2, 5, 0, 3, 6, 1, 4].map(|n: usize| ids[n]);
    assert_eq!(sorted(RequestOrderField::DueAt, false).await?, by_due, "those without a due date last");
    let falling = sorted(RequestOrderField::DueAt, true).await?;
    let place = |n: usize| falling.iter().position(|id| *id == ids[n]);
    assert!([1, 4].iter().all(|&n| place(n) < place(0)), "greatest first");
    assert!(place(0) < place(5) && place(3) < place(5) && place(5) < place(2));
    Ok(())
}

pub async fn are_filtered(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let (leave, travel) = (simple(&bench, "leave").await?, simple(&bench, "travel").await?);
    let (admin, ada) = (&bench.acme.admin, bench.acme.user("ada", &[]).await?);
    let now = bench.ports.clock.now();
    let soon = Some(now + TimeDelta::hours(1));
    let service = &bench.application.requests;
    let running = service.start(admin, new(leave, Some("A-1"), soon), None).await?.id;
    let suspended = service.start(&ada, new(leave, Some("a-1"), soon), None).await?.id;
    service.suspend(admin, suspended, None, DeadlineClock::Running).await?;
    let cancelled = service.start(admin, new(travel, Some("A-1"), soon), None).await?.id;
    service.cancel(admin, cancelled, None).await?;
    let completed = service.start(&ada, new(travel, None, None), None).await?.id;
    bench.acme.complete(&ada, completed, "work", "COMPLETED").await?;
    let later = NewRequest { starts_at: Some(now + TimeDelta::days(1)), ..new(travel, None, None) };
    let pending = service.start(&ada, later, None).await?.id;
    let of = |statuses: &[RequestStatus]| RequestFilter { statuses: statuses.to_vec(), ..<_>::default() };
    assert_eq!(found(&bench, <_>::default()).await?, [running, suspended, cancelled, completed, pending]);
    assert_eq!(found(&bench, of(&[RequestStatus::InProgress])).await?, [running]);
    assert_eq!(found(&bench, of(&[RequestStatus::Suspended, RequestStatus::Completed])).await?, [suspended, completed]);
    assert_eq!(found(&bench, of(&[RequestStatus::Pending])).await?, [pending]);
    assert!(found(&bench, of(&[RequestStatus::Failed])).await?.is_empty());
    let by_workflow = RequestFilter { workflow: Some(travel), ..<_>::default() };
    assert_eq!(found(&bench, by_workflow.clone()).await?, [cancelled, completed, pending]);
    let by_requester = RequestFilter { requester: Some(ada.principal.user), ..<_>::default() };
    assert_eq!(found(&bench, by_requester).await?, [suspended, completed, pending]);
    let by_reference = RequestFilter { reference: Some("A-1".to_owned()), ..<_>::default() };
    assert_eq!(found(&bench, by_reference.clone()).await?, [running, cancelled], "exactly this reference");
    let both = RequestFilter { workflow: Some(travel), ..by_reference };
    assert_eq!(found(&bench, both).await?, [cancelled]);
    let overdue = |at| RequestFilter { overdue_at: Some(at), ..<_>::default() };
    assert!(found(&bench, overdue(now + TimeDelta::hours(1))).await?.is_empty(), "due at the instant is not overdue");
    let after = overdue(now + TimeDelta::hours(1) + TimeDelta::microseconds(1));
    assert_eq!(found(&bench, after).await?, [running, suspended], "live ones alone");
    Ok(())
}

pub async fn are_counted_up_to_a_cap(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let workflow = simple(&bench, "leave").await?;
    for _ in 0..5 {
        bench.start(&bench.acme.admin, workflow).await?;
    }
    let scope = RequestScope::system(bench.acme.organization.id);
    for (cap, expected) in [(0, 0), (1, 1), (4, 4), (5, 5), (6, 5), (10_000, 5)] {
        let counted = storage.request_reader.count_requests(&scope, &<_>::default(), cap).await?;
        assert_eq!(counted, expected, "capped at {cap}");
    }
    Ok(())
}

pub async fn show_what_the_state_says(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let workflow = simple(&bench, "leave").await?;
    let ada = bench.acme.user("ada", &[]).await?;
    let created = bench.ports.clock.now();
    let variables = json!({ "days": 3, "half": 0.5, "why": "ä\u{1F334}", "nested": { "b": [1, null], "a": {} } });
    let variables = variables.as_object().cloned().unwrap_or_default();
    let due_at = Some(created + TimeDelta::microseconds(90_000_000_001));
    let new = NewRequest { variables: variables.clone(), ..new(workflow, Some("R/1"), due_at) };
    let id = bench.application.requests.start(&ada, new, None).await?.id;
    let scope = RequestScope::system(bench.acme.organization.id);
    let read = async || {
        let read = storage.request_reader.requests(&scope, &[id, id]).await?;
        assert_eq!(read.len(), 1);
        anyhow::Ok(read.into_iter().next())
    };
    let version = bench.load(id).await?.state.version;
    let expected = Request {
        id,
        organization: bench.acme.organization.id,
        workflow,
        workflow_version: bench.active_version(workflow).await?,
        requester: ada.principal.user,
        parent: None,
        title: "A request".to_owned(),
        reference: Some("R/1".to_owned()),
        status: RequestStatus::InProgress,
        priority: Priority::High,
        due_at,
        variables,
        version,
        started_at: Some(created),
        completed_at: None,
        created_at: created,
        updated_at: created,
    };
    assert_eq!(read().await?, Some(expected.clone()));
    bench.pass(77);
    bench.acme.complete(&ada, id, "work", "COMPLETED").await?;
    let ended = bench.ports.clock.now();
    let version = bench.load(id).await?.state.version;
    let status = RequestStatus::Completed;
    let expected = Request { status, version, completed_at: Some(ended), updated_at: ended, ..expected };
    assert_eq!(read().await?, Some(expected));
    Ok(())
}

/// One request, and one person for each way of being involved in it.
struct Involved {
    request: RequestId,
    unrelated: RequestId,
    people: Vec<(&'static str, Call)>,
    strangers: Vec<(&'static str, Call)>,
}

/// Four steps side by side.
fn all_ways() -> anyhow::Result<WorkflowDocument> {
    let keys = ["decided", "claimed", "person", "asked"];
    let into = keys.map(|key| json!({ "from": "start", "to": key }));
    let out = keys.map(|key| json!({ "from": key, "to": "end" }));
    let transitions = [into, out].concat();
    Ok(serde_json::from_value(json!({
        "steps": [
            { "key": "start", "name": "Start", "kind": "START", "split": "ALL" },
            task("decided", "deciders", &Value::Null),
            task("claimed", "claimers", &Value::Null),
            { "key": "person", "name": "P", "kind": "TASK", "candidate": { "user": "assignee@acme.example" } },
            task("asked", "candidates", &Value::Null),
            { "key": "end", "name": "End", "kind": "END" },
        ],
        "transitions": transitions,
    }))?)
}

async fn involved(bench: &Bench) -> anyhow::Result<Involved> {
    let acme = &bench.acme;
    let mut roles = Vec::new();
    for name in ["claimers", "deciders", "candidates", "elsewhere"] {
        roles.push(acme.role(name).await?);
    }
    let ada = acme.user("requester", &[]).await?;
    let claimer = acme.user("claimer", &roles[..1]).await?;
    let decider = acme.user("decider", &roles[1..2]).await?;
    let candidate = acme.user("candidate", &roles[2..3]).await?;
    let assignee = acme.user("assignee", &[]).await?;
    let elsewhere = acme.user("elsewhere", &roles[3..]).await?;
    let stranger = acme.user("stranger", &[]).await?;
    let workflow = acme.publish("all ways", all_ways()?).await?;
    let other = acme.publish("other", sequence(&[task("work", "elsewhere", &Value::Null)])?).await?;
    let request = bench.start(&ada, workflow).await?;
    let unrelated = bench.start(&elsewhere, other).await?;
    acme.complete(&decider, request, "decided", "COMPLETED").await?;
    let taken = acme.open_step(request, "claimed").await?.id;
    bench.application.requests.claim(&claimer, request, taken, None).await?;
    // Only what they did ties these two to the request from now on, not a role.
    for (person, role) in [(&claimer, roles[0]), (&decider, roles[1])] {
        bench.application.access.revoke_role(&acme.admin, RoleMapping::everywhere(person.principal.user, role)).await?;
    }
    let (claimer, decider) = (acme.call(claimer.principal.user).await?, acme.call(decider.principal.user).await?);
    let people = vec![
        ("requester", ada),
        ("claimer", claimer),
        ("decider", decider),
        ("candidate", candidate),
        ("assignee", assignee),
    ];
    Ok(Involved { request, unrelated, people, strangers: vec![("elsewhere", elsewhere), ("stranger", stranger)] })
}

pub async fn are_seen_by_those_involved(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let Involved { request, unrelated, people, strangers } = involved(&bench).await?;
    let everything = RequestFilter::default();
    let sees = async |call: &Call| {
        let scope = bench.authorizer().request_scope(call).await?;
        assert!(scope.involved().is_some());
        let listed: Vec<_> = list(&bench, &scope, &everything, BY_ID).await?.into_iter().map(|r| r.id).collect();
        let named = storage.request_reader.requests(&scope, &[request, unrelated]).await?;
        let mut named: Vec<_> = named.into_iter().map(|r| r.id).collect();
        named.sort_unstable();
        assert_eq!(named, listed);
        assert_eq!(storage.request_reader.count_requests(&scope, &everything, 10).await?, listed.len() as u64);
        anyhow::Ok(listed)
    };
    for (way, call) in &people {
        assert_eq!(sees(call).await?, [request], "{way}");
    }
    for (way, call) in &strangers {
        let expected: &[_] = if *way == "elsewhere" { &[unrelated] } else { &[] };
        assert_eq!(sees(call).await?, expected, "{way}");
    }
    let scope = bench.authorizer().request_scope(&bench.acme.admin).await?;
    let all = storage.request_reader.list_requests(&scope, &everything, BY_ID, &PageRequest::first(10)).await?;
    assert_eq!(all.into_nodes().iter().map(|r| r.id).collect::<Vec<_>>(), [request, unrelated]);
    Ok(())
}

pub async fn of_another_tenant_are_not_seen(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let workflow = simple(&bench, "leave").await?;
    let request = bench.start(&bench.acme.admin, workflow).await?;
    let globex = bench.foreign().await?;
    let scope = RequestScope::system(globex.organization.id);
    assert!(storage.request_reader.requests(&scope, &[request]).await?.is_empty());
    assert!(list(&bench, &scope, &<_>::default(), BY_ID).await?.is_empty());
    assert_eq!(storage.request_reader.count_requests(&scope, &<_>::default(), 10).await?, 0);
    // Nor by somebody who is involved, in the other tenant's name.
    let mut call = bench.acme.admin.clone();
    call.principal.organization = globex.organization.id;
    let scope = bench.authorizer().request_scope(&call).await?;
    assert!(storage.request_reader.requests(&scope, &[request]).await?.is_empty());
    Ok(())
}

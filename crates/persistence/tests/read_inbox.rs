//! Who sees which open steps, requests and messages.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod support;

use nexusflow_application::access::Permit;
use nexusflow_application::request::{InboxFilter, RequestFilter, RequestOrder, RequestOrderField};
use nexusflow_application::request::{NotificationReader, RequestReader, StepReader};
use nexusflow_application::workflow::WorkflowReader;
use nexusflow_application::{Cursor, PageRequest};
use nexusflow_domain::Timestamp;
use nexusflow_domain::ids::{RequestId, WorkflowId, WorkflowVersionId};
use nexusflow_domain::workflow::HumanKind;
use nexusflow_persistence::Store;
use support::{RequestRow, StepRow, Tenant, TestDatabase, at, connect};
use uuid::Uuid;

/// Numbers of the steps in somebody's inbox, walked page by page in both directions.
async fn inbox(
    store: &Store,
    tenant: &Tenant,
    permit: &Permit<nexusflow_application::access::Member>,
    filter: &InboxFilter,
) -> Vec<u128> {
    let (mut forward, mut after): (Vec<Uuid>, Option<Cursor>) = (Vec::new(), None);
    loop {
        let page = PageRequest { after: after.clone(), ..PageRequest::first(2) };
        let page = store.inbox(permit, Timestamp::UNIX_EPOCH, filter, &page).await.unwrap();
        after = page.edges.last().map(|edge| edge.cursor.clone());
        let more = page.has_next;
        forward.extend(page.into_nodes().iter().map(|item| item.step.id.uuid()));
        if !more {
            break;
        }
    }
    let backward = store
        .inbox(permit, Timestamp::UNIX_EPOCH, filter, &PageRequest { backward: true, ..PageRequest::first(100) })
        .await
        .unwrap();
    let backward: Vec<Uuid> = backward.into_nodes().iter().map(|item| item.step.id.uuid()).collect();
    assert_eq!(forward, backward);
    forward.iter().map(|step| step.as_u128() - tenant.id(0).as_u128()).collect()
}

#[tokio::test]
async fn the_inbox_shows_what_one_may_act_on_now_by_due_date() {
    for database in TestDatabase::all().await {
        let (store, tenant) = (connect(&database.url).await, Tenant::create(&database, 1).await);
        let foreign = Tenant::create(&database, 2).await;
        let (me, other, role) = (tenant.user, tenant.id(50), tenant.role);
        tenant.member(&database, other, "Otto", "otto@acme.example").await;
        for (n, status) in [(100, "IN_PROGRESS"), (101, "SUSPENDED"), (102, "IN_PROGRESS")] {
            tenant.request(&database, RequestRow { status, ..RequestRow::new(&tenant, n) }).await;
        }
        let new = |n, request| StepRow { id: tenant.id(n), request: tenant.id(request), ..StepRow::default() };
        let late = Some(at("2027-01-01T00:00:00.5Z"));
        for step in [
            StepRow { role: Some(role), ..new(200, 100) },
            StepRow { role: Some(role), due: late, ..new(201, 100) },
            StepRow { role: Some(role), due: Some(at("2027-01-01T00:00:00Z")), claimed_by: Some(me), ..new(202, 102) },
            StepRow { role: Some(role), claimed_by: Some(other), ..new(203, 100) },
            StepRow { role: Some(tenant.id(60)), ..new(204, 100) },
            StepRow { assignee: Some(me), role: Some(role), approval: true, ..new(205, 102) },
            StepRow { assignee: Some(other), ..new(206, 100) },
            StepRow { role: Some(role), ..new(207, 101) },
            StepRow { role: Some(role), ..new(208, 100) },
            StepRow { role: Some(role), completed_by: Some(me), ..new(209, 100) },
        ] {
            tenant.step(&database, step).await;
        }
        tenant.exclude(&database, tenant.id(100), tenant.id(208), me).await;
        let permit = tenant.permit(me, &[role]);
        let all = InboxFilter::default();
        assert_eq!(inbox(&store, &tenant, &permit, &all).await, [202, 201, 200, 205]);
        let mine = InboxFilter { claimed: Some(true), ..all.clone() };
        assert_eq!(inbox(&store, &tenant, &permit, &mine).await, [202]);
        let free = InboxFilter { claimed: Some(false), ..all.clone() };
        assert_eq!(inbox(&store, &tenant, &permit, &free).await, [201, 200, 205]);
        let tasks = InboxFilter { kind: Some(HumanKind::Task), ..all.clone() };
        assert_eq!(inbox(&store, &tenant, &permit, &tasks).await, [202, 201, 200]);
        let elsewhere = InboxFilter { workflow: Some(WorkflowId::from_uuid(tenant.id(99))), ..all.clone() };
        assert_eq!(inbox(&store, &tenant, &permit, &elsewhere).await, [] as [u128; 0]);
        let many: Vec<Uuid> = (0..120).map(|n| tenant.id(10_000 + n)).chain([role]).collect();
        assert_eq!(inbox(&store, &tenant, &tenant.permit(me, &many), &all).await, [202, 201, 200, 205]);
        assert_eq!(inbox(&store, &tenant, &tenant.permit(me, &[]), &all).await, [205]);
        assert_eq!(inbox(&store, &foreign, &foreign.permit(me, &[role]), &all).await, [] as [u128; 0]);
        store.database().clone().close().await.unwrap();
        database.remove().await;
    }
}

#[tokio::test]
async fn the_inbox_goes_on_past_steps_that_one_may_not_act_on() {
    for database in TestDatabase::all().await {
        let (store, tenant) = (connect(&database.url).await, Tenant::create(&database, 1).await);
        tenant.request(&database, RequestRow::new(&tenant, 100)).await;
        for n in 200..250 {
            let (id, request) = (tenant.id(n), tenant.id(100));
            tenant.step(&database, StepRow { id, request, role: Some(tenant.role), ..StepRow::default() }).await;
            if !matches!(n, 215 | 233 | 249) {
                tenant.exclude(&database, request, id, tenant.user).await;
            }
        }
        let permit = tenant.permit(tenant.user, &[tenant.role]);
        assert_eq!(inbox(&store, &tenant, &permit, &InboxFilter::default()).await, [215, 233, 249]);
        store.database().clone().close().await.unwrap();
        database.remove().await;
    }
}

#[tokio::test]
async fn requests_are_seen_by_those_whom_they_involve() {
    for database in TestDatabase::all().await {
        let (store, tenant) = (connect(&database.url).await, Tenant::create(&database, 1).await);
        let foreign = Tenant::create(&database, 2).await;
        let other = tenant.id(50);
        tenant.member(&database, other, "Otto", "otto@acme.example").await;
        for n in 100..105 {
            tenant.request(&database, RequestRow::new(&tenant, n)).await;
        }
        tenant.request(&database, RequestRow { requester: other, ..RequestRow::new(&tenant, 105) }).await;
        let new = |n, request| StepRow { id: tenant.id(n), request: tenant.id(request), ..StepRow::default() };
        for step in [
            StepRow { assignee: Some(other), ..new(200, 100) },
            StepRow { claimed_by: Some(other), ..new(201, 101) },
            StepRow { completed_by: Some(other), ..new(202, 102) },
            StepRow { role: Some(tenant.role), ..new(203, 103) },
        ] {
            tenant.step(&database, step).await;
        }
        let order = RequestOrder { field: RequestOrderField::CreatedAt, descending: true };
        let (all, page) = (RequestFilter::default(), PageRequest::first(100));
        let numbers = |requests: Vec<nexusflow_application::request::Request>| -> Vec<u128> {
            requests.iter().map(|request| request.id.uuid().as_u128() - tenant.id(0).as_u128()).collect()
        };
        let scope = tenant.involved(other, &[tenant.role]).await;
        let seen = store.list_requests(&scope, &all, order, &page).await.unwrap().into_nodes();
        assert_eq!(numbers(seen), [105, 103, 102, 101, 100]);
        let ids: Vec<RequestId> = (100..106).map(|n| RequestId::from_uuid(tenant.id(n))).collect();
        let scope = tenant.involved(other, &[]).await;
        let mut seen = numbers(store.requests(&scope, &ids).await.unwrap());
        seen.sort_unstable();
        assert_eq!(seen, [100, 101, 102, 105]);
        assert_eq!(store.count_requests(&scope, &all, 100).await.unwrap(), 4);
        let theirs = store.list_requests(&foreign.request_scope(), &all, order, &page).await.unwrap();
        assert!(theirs.edges.is_empty());
        assert!(store.requests(&foreign.request_scope(), &ids).await.unwrap().is_empty());
        assert!(store.steps_of(&foreign.scope(), &ids).await.unwrap().is_empty());
        assert_eq!(store.steps_of(&tenant.scope(), &ids).await.unwrap().len(), 4);
        store.database().clone().close().await.unwrap();
        database.remove().await;
    }
}

#[tokio::test]
async fn messages_to_a_person_and_to_roles_newest_first() {
    for database in TestDatabase::all().await {
        let (store, tenant) = (connect(&database.url).await, Tenant::create(&database, 1).await);
        for (n, user, role) in [
            (100, Some(tenant.user), None),
            (101, None, Some(tenant.role)),
            (102, Some(tenant.id(50)), None),
            (103, Some(tenant.user), Some(tenant.role)),
        ] {
            let row = vec![
                ("id", tenant.id(n).into()),
                ("organization_id", tenant.organization.into()),
                ("user_id", user.into()),
                ("role_id", role.into()),
                ("kind", "DEADLINE_MISSED".into()),
                ("detail", "{}".into()),
                ("created_at", at("2027-01-01T00:00:00Z").into()),
            ];
            database.insert("notifications", row).await;
        }
        let many: Vec<Uuid> = (0..70).map(|n| tenant.id(10_000 + n)).chain([tenant.role]).collect();
        for roles in [vec![tenant.role], many] {
            let found = store.notifications(&tenant.permit(tenant.user, &roles), &PageRequest::first(2)).await.unwrap();
            assert!(found.has_next);
            let found: Vec<Uuid> = found.into_nodes().iter().map(|message| message.id.uuid()).collect();
            assert_eq!(found, [tenant.id(103), tenant.id(101)]);
        }
        store.database().clone().close().await.unwrap();
        database.remove().await;
    }
}

#[tokio::test]
async fn a_published_version_keeps_the_order_of_its_document() {
    for database in TestDatabase::all().await {
        let (store, tenant) = (connect(&database.url).await, Tenant::create(&database, 1).await);
        let version = WorkflowVersionId::from_uuid(tenant.version);
        let found = store.versions(&tenant.scope(), &[version]).await.unwrap().pop().unwrap();
        let keys: Vec<&str> = found.document.steps.iter().map(|step| step.key.as_str()).collect();
        assert_eq!(keys, ["zz-work", "decide"]);
        assert_eq!(found.document.transitions[0].from.as_str(), "zz-work");
        assert!(found.document.sla.is_some());
        assert_eq!(found.step_ids["decide"].uuid(), tenant.approval);
        let directory = store.directory(&tenant.scope(), None).await.unwrap();
        assert!(directory.roles["Clerk"].holders.is_nobody());
        assert_eq!(directory.users["mona@acme-1.example"].uuid(), tenant.user);
        assert!(store.versions(&Tenant::create(&database, 2).await.scope(), &[version]).await.unwrap().is_empty());
        store.database().clone().close().await.unwrap();
        database.remove().await;
    }
}

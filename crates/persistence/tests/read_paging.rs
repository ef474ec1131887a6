//! Every list in every direction: pages of any size, joined, are the list.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod support;

use std::future::Future;

use nexusflow_application::access::AccessReader;
use nexusflow_application::identity::{IdentityReader, UserFilter};
use nexusflow_application::insight::{AuditFilter, AuditReader};
use nexusflow_application::request::{RequestFilter, RequestOrder, RequestOrderField, RequestReader};
use nexusflow_application::{Cursor, CursorValue, Page, PageRequest, StoreError};
use nexusflow_domain::ids::RequestId;
use support::{RequestRow, Tenant, TestDatabase, at, connect};

/// Walks a list forward and backward in pages of several sizes, and between two of its places.
async fn walk<T, F>(list: impl Fn(PageRequest) -> F) -> Vec<T>
where
    T: PartialEq + std::fmt::Debug,
    F: Future<Output = Result<Page<T>, StoreError>>,
{
    let all = list(PageRequest::first(100)).await.unwrap();
    assert!(!all.has_next && !all.has_previous);
    let places: Vec<Cursor> = all.edges.iter().map(|edge| edge.cursor.clone()).collect();
    let all = all.into_nodes();
    for limit in [1, 2, 3] {
        let (mut forward, mut after) = (Vec::new(), None);
        loop {
            let page = list(PageRequest { limit, after: after.clone(), before: None, backward: false }).await.unwrap();
            assert_eq!(page.has_previous, after.is_some());
            after = page.edges.last().map(|edge| edge.cursor.clone());
            let more = page.has_next;
            forward.extend(page.into_nodes());
            if !more {
                break;
            }
        }
        assert_eq!(forward, all, "forward by {limit}");
        let (mut backward, mut before) = (Vec::new(), None);
        loop {
            let page = list(PageRequest { limit, after: None, before: before.clone(), backward: true }).await.unwrap();
            assert_eq!(page.has_next, before.is_some());
            before = page.edges.first().map(|edge| edge.cursor.clone());
            let more = page.has_previous;
            backward.splice(0..0, page.into_nodes());
            if !more {
                break;
            }
        }
        assert_eq!(backward, all, "backward by {limit}");
    }
    let (after, before) = (places.first().cloned(), places.last().cloned());
    let between = list(PageRequest { limit: 100, after, before, backward: false }).await.unwrap();
    assert_eq!(between.into_nodes(), all[1..all.len() - 1]);
    all
}

#[tokio::test]
async fn people_and_roles() {
    for database in TestDatabase::all().await {
        let (store, tenant) = (connect(&database.url).await, Tenant::create(&database, 1).await);
        let foreign = Tenant::create(&database, 2).await;
        for (n, name) in ["Änne", "zoe", "Zoe", "b_b", "bxb"].into_iter().enumerate() {
            let email = format!("p{n}@people.example");
            tenant.member(&database, tenant.id(100 + n as u128), name, &email).await;
            tenant.add_role(&database, tenant.id(200 + n as u128), name).await;
        }
        let (scope, everybody) = (tenant.scope(), UserFilter::default());
        let users = walk(|page| {
            let (store, everybody) = (&store, &everybody);
            async move { store.list_users(&scope, everybody, &page).await }
        });
        assert_eq!(users.await.len(), 6);
        let roles = walk(|page| {
            let store = &store;
            async move { store.list_roles(&scope, &page).await }
        });
        assert_eq!(roles.await.len(), 6);
        for (text, found) in [("ZO", 2), ("ÄNN", 1), ("änn", 1), ("_", 1), ("people", 5), ("%", 0), ("a\0", 0)] {
            let filter = UserFilter { search: Some(text.to_owned()), role: None, workflow: None };
            let page = store.list_users(&scope, &filter, &PageRequest::first(10)).await.unwrap();
            assert_eq!(page.edges.len(), found, "{text}");
        }
        let theirs = store.list_users(&foreign.scope(), &everybody, &PageRequest::first(10)).await.unwrap();
        assert_eq!(theirs.edges.len(), 1);
        store.database().clone().close().await.unwrap();
        database.remove().await;
    }
}

#[tokio::test]
async fn requests_by_creation_and_by_due_date() {
    for database in TestDatabase::all().await {
        let (store, tenant) = (connect(&database.url).await, Tenant::create(&database, 1).await);
        let dues = [
            Some("2027-01-01T00:00:00.123456Z"),
            Some("2027-01-01T00:00:00Z"),
            None,
            Some("2027-01-01T00:00:00.123Z"),
            Some("2027-01-01T00:00:00.000001Z"),
            Some("2027-01-01T00:00:01Z"),
            None,
            Some("2026-12-31T23:59:59.999999Z"),
            Some("2027-01-01T00:00:00Z"),
        ];
        let statuses = ["IN_PROGRESS", "COMPLETED", "SUSPENDED"];
        for (n, due) in dues.into_iter().enumerate() {
            let (due, status) = (due.map(at), statuses[n % 3]);
            let new = RequestRow { status, due, ..RequestRow::new(&tenant, 100 + n as u128) };
            tenant.request(&database, new).await;
        }
        let (everything, scope) = (RequestFilter::default(), tenant.request_scope());
        for (field, descending) in [
            (RequestOrderField::CreatedAt, false),
            (RequestOrderField::CreatedAt, true),
            (RequestOrderField::DueAt, false),
            (RequestOrderField::DueAt, true),
        ] {
            let order = RequestOrder { field, descending };
            for statuses in [vec![], vec!["SUSPENDED", "IN_PROGRESS"], vec!["COMPLETED"]] {
                let statuses: Vec<_> = statuses.iter().map(|status| status.parse().unwrap()).collect();
                let filter = RequestFilter { statuses, ..everything.clone() };
                let count = store.count_requests(&scope, &filter, 100).await.unwrap();
                let found = walk(|page| {
                    let (store, scope, filter) = (&store, &scope, &filter);
                    async move { store.list_requests(scope, filter, order, &page).await }
                });
                let found = found.await;
                assert_eq!(found.len() as u64, count);
                let key = |due: Option<_>| due.unwrap_or_else(|| at("9999-12-31T00:00:00Z"));
                let mut sorted = found.clone();
                sorted.sort_by_key(|request| match field {
                    RequestOrderField::CreatedAt => (request.created_at, request.id),
                    RequestOrderField::DueAt => (key(request.due_at), request.id),
                });
                if descending {
                    sorted.reverse();
                }
                assert_eq!(found, sorted, "{order:?}");
            }
        }
        let overdue = RequestFilter { overdue_at: Some(at("2027-01-01T00:00:00.1Z")), ..everything.clone() };
        assert_eq!(store.count_requests(&scope, &overdue, 100).await.unwrap(), 1);
        assert_eq!(store.count_requests(&scope, &everything, 4).await.unwrap(), 4);
        store.database().clone().close().await.unwrap();
        database.remove().await;
    }
}

#[tokio::test]
async fn the_audit_log() {
    for database in TestDatabase::all().await {
        let (store, tenant) = (connect(&database.url).await, Tenant::create(&database, 1).await);
        let requests = [tenant.id(100), tenant.id(101)];
        for (n, request) in requests.into_iter().enumerate() {
            tenant.request(&database, RequestRow::new(&tenant, 100 + n as u128)).await;
            for seq in 1..=4u32 {
                let time = at(&format!("2027-01-01T00:00:0{}.5Z", seq / 2));
                let record = tenant.id(1_000 + u128::from(seq) * 10 + n as u128);
                tenant.record(&database, request, seq.into(), record, time).await;
            }
        }
        tenant.denial(&database, requests[0], 1, tenant.id(2_000), at("2027-01-01T00:00:00.500001Z")).await;
        let (scope, request) = (tenant.scope(), RequestId::from_uuid(requests[0]));
        let journal = walk(|page| {
            let store = &store;
            async move { store.journal(&scope, request, &page).await }
        });
        assert_eq!(journal.await.iter().map(|record| record.seq).collect::<Vec<_>>(), [1, 2, 3, 4]);
        for (filter, count) in [
            (AuditFilter::default(), 9),
            (AuditFilter { request: Some(request), ..AuditFilter::default() }, 5),
            (AuditFilter { from: Some(at("2027-01-01T00:00:01Z")), ..AuditFilter::default() }, 6),
        ] {
            let records = walk(|page| {
                let (store, filter) = (&store, &filter);
                async move { store.records(&scope, filter, &page).await }
            });
            let records = records.await;
            assert_eq!(records.len(), count);
            assert!(records.is_sorted_by_key(|record| std::cmp::Reverse((record.at, record.id))));
        }
        let heads = store.streams(&scope, None, 2).await.unwrap();
        let rest = store.streams(&scope, Some(heads[1].id), 2).await.unwrap();
        assert_eq!((heads.len(), rest.len()), (2, 1));
        assert_eq!((heads[0].seq, heads[1].seq, rest[0].seq), (0, 3, 3));
        store.database().clone().close().await.unwrap();
        database.remove().await;
    }
}

#[tokio::test]
async fn a_cursor_of_another_list_is_an_error_and_an_absurd_one_is_not() {
    for database in TestDatabase::all().await {
        let (store, tenant) = (connect(&database.url).await, Tenant::create(&database, 1).await);
        let page = |value| PageRequest { after: Some(Cursor { value, id: tenant.id(1) }), ..PageRequest::first(5) };
        let list = |value| {
            let (store, page) = (&store, page(value));
            let scope = tenant.scope();
            async move { store.list_roles(&scope, &page).await }
        };
        assert!(list(CursorValue::Id).await.is_err());
        assert_eq!(list(CursorValue::Text("\0".to_owned())).await.unwrap().edges.len(), 1);
        let order = RequestOrder { field: RequestOrderField::DueAt, descending: false };
        for time in [chrono::DateTime::<chrono::Utc>::MIN_UTC, chrono::DateTime::<chrono::Utc>::MAX_UTC] {
            let page = page(CursorValue::Time(time));
            store.list_requests(&tenant.request_scope(), &RequestFilter::default(), order, &page).await.unwrap();
        }
        let numbers = page(CursorValue::Number(u64::MAX));
        store.journal(&tenant.scope(), RequestId::from_uuid(tenant.id(9)), &numbers).await.unwrap();
        store.database().clone().close().await.unwrap();
        database.remove().await;
    }
}

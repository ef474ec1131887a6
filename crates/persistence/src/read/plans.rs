//! What the databases do with the hot statements: they must never go through whole tables.

#[path = "../../tests/support/databases/mod.rs"]
#[expect(dead_code, unused_imports, reason = "other tests use the rest")]
pub(crate) mod databases;

use std::collections::BTreeSet;

use databases::{Tenant, TestDatabase, id};
use nexusflow_application::PageRequest;
use nexusflow_application::request::{FailedStepFilter, InboxFilter, RequestFilter, RequestOrder, RequestOrderField};
use nexusflow_domain::Timestamp;
use nexusflow_domain::ids::{OrganizationId, RequestId, UserId, WorkflowId};
use nexusflow_domain::request::RequestStatus;
use sea_orm::{ConnectionTrait, DbBackend, DbErr, FromQueryResult, QueryResult, Statement, Value};
use uuid::Uuid;

use crate::database::Access;
use crate::read::sql::Sql;
use crate::read::{inbox, requests, steps};
use crate::rows::{Column, Kind, Rows};
use crate::{Database, DatabaseOptions, Store};

/// 20,000 requests over ten weeks, each with two finished steps and an open one, which asks one of
/// 20 roles; half have a due date, one in ten is completed. The roles are ids 1,000 to 1,019.
const ROWS: &str = "
    CREATE TEMPORARY TABLE new AS SELECT n, (left(nexusflow_uuid_v7_floor(now() + n * interval '5 minutes')::text, 24)
        || lpad(to_hex(n), 12, '0'))::uuid AS id,
        CASE WHEN n % 2 = 0 THEN now() + (n * 7919 % 20000) * interval '1 minute' END AS due
        FROM generate_series(1, 20000) n;
    INSERT INTO workflow_requests (id, organization_id, workflow_id, workflow_version_id, requester_id, title,
        status, priority, due_at, due_order, variables, state, version, audit_hash, created_at, updated_at)
        SELECT id, '{organization}', '{workflow}', '{version}', '{user}', 'Garage ' || n,
        CASE WHEN n % 10 = 0 THEN 'COMPLETED' ELSE 'IN_PROGRESS' END, 'NORMAL', due,
        coalesce(due, '9999-12-31Z'), '{}', '{}', 1, '\\x00', now(), now() FROM new;
    INSERT INTO request_steps (request_id, id, organization_id, workflow_step_id, step_key, status, is_human,
        attempt, required_role_id, deadline, due_order, created_at)
        SELECT id, (left(id::text, 24) || lpad(to_hex(n * 4 + k), 12, '0'))::uuid, '{organization}', '{task}', 'work',
        CASE WHEN k = 0 AND n % 10 <> 0 THEN 'ACTIVE' WHEN k = 1 AND n % 100 = 0 THEN 'FAILED' ELSE 'COMPLETED' END, TRUE, 1,
        (left('{role}', 24) || lpad(to_hex(1000 + n % 20), 12, '0'))::uuid, due, coalesce(due, '9999-12-31Z'), now()
        FROM new, generate_series(0, 2) k;";

struct Line(String);

impl FromQueryResult for Line {
    fn from_query_result(row: &QueryResult, _: &str) -> Result<Self, DbErr> {
        row.try_get("", "detail").or_else(|_| row.try_get_by_index(0)).map(Self)
    }
}

#[tokio::test]
async fn inbox_and_lists_read_only_what_they_show() {
    let Some(database) = TestDatabase::postgres().await else { return };
    let tenant = Tenant::create(&database, 0).await;
    let mut rows = ROWS.to_owned();
    for (name, id) in [
        ("{organization}", tenant.organization),
        ("{workflow}", tenant.workflow),
        ("{version}", tenant.version),
        ("{user}", tenant.user),
        ("{task}", tenant.task),
        ("{role}", id(0)),
    ] {
        rows = rows.replace(name, &id.to_string());
    }
    database.db.execute_unprepared(&rows).await.unwrap();
    let store = Store::new(Database::connect(&DatabaseOptions::new(&database.url)).await.unwrap());
    let filled = filled(&database).await;
    for analysed in [false, true] {
        if analysed {
            database.db.execute_unprepared("ANALYZE").await.unwrap();
        }
        for (name, sql) in statements(&store, &tenant).await {
            let plan = explain(&store, &tenant, sql).await;
            for table in &filled {
                let scans = format!("Seq Scan on {table}");
                assert!(!plan.contains(&scans), "{name}, analysed {analysed}:\n{plan}");
            }
            let rows = most_rows(&plan);
            assert!(!analysed || rows < 1_000.0, "{name} reads {rows} rows in one place:\n{plan}");
        }
    }
    store.database.close().await.unwrap();
    database.remove().await;
}

#[tokio::test]
async fn sqlite_goes_by_the_most_selective_index() {
    let database = TestDatabase::sqlite().await;
    let tenant = Tenant::create(&database, 0).await;
    let store = Store::new(Database::connect(&DatabaseOptions::new(&database.url)).await.unwrap());
    let mut seen = BTreeSet::new();
    for (name, sql) in statements(&store, &tenant).await {
        let plan = explain(&store, &tenant, sql).await;
        assert!(!plan.contains("SCAN r\n") && !plan.contains("SCAN s\n"), "{name}:\n{plan}");
        for (of, index) in [
            ("claimed: None", "USING INDEX request_steps_role_inbox_idx"),
            ("claimed: Some(true)", "USING INDEX request_steps_claim_inbox_idx"),
            ("target: None", "USING INDEX request_steps_failed_idx"),
            ("target: Some", "USING INDEX request_steps_failed_target_idx"),
            ("R-1", "USING INDEX workflow_requests_reference_idx"),
            ("parent: Some", "USING INDEX workflow_requests_parent_idx"),
            (
                "overdue_at: Some(2020-01-01T00:00:00Z) } RequestOrder { field: DueAt",
                "USING INDEX workflow_requests_live_due_idx",
            ),
            ("involved", "SEARCH s USING INDEX sqlite_autoindex_request_steps_1 (request_id=?)"),
        ] {
            if name.contains(of) {
                assert!(plan.contains(index), "{name}:\n{plan}");
                seen.insert(of);
            }
        }
    }
    assert_eq!(seen.len(), 8, "{seen:?}");
    store.database.close().await.unwrap();
    database.remove().await;
}

/// The partitions that hold rows: of an empty one, all is read in no time.
async fn filled(database: &TestDatabase) -> BTreeSet<String> {
    let sql = "SELECT DISTINCT tableoid::regclass::text FROM request_steps
        UNION SELECT DISTINCT tableoid::regclass::text FROM workflow_requests";
    let statement = Statement::from_string(database.db.get_database_backend(), sql);
    let rows = database.db.query_all_raw(statement).await.unwrap();
    let filled: BTreeSet<String> = rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect();
    assert!(filled.len() >= 4, "{filled:?}");
    filled
}

/// The most rows that one place of an executed plan delivered or threw away.
fn most_rows(plan: &str) -> f64 {
    let numbers = plan.split(&['(', ' ', ')', '\n']).scan("", |before, word| {
        let removed = (*before == "Filter:").then_some(word);
        *before = word;
        Some(word.strip_prefix("rows=").or(removed).and_then(|number| number.parse::<f64>().ok()))
    });
    let actual = numbers.flatten();
    actual.fold(0.0, f64::max)
}

async fn statements(store: &Store, tenant: &Tenant) -> Vec<(String, Sql)> {
    let page = PageRequest::first(20);
    let mut statements = Vec::new();
    let roles: Vec<Uuid> = (1_000..1_005).map(id).collect();
    let everybody = tenant.permit(tenant.user, &roles);
    let workflow = Some(WorkflowId::from_uuid(tenant.workflow));
    let reading = store.reading(everybody.organization()).await.unwrap();
    for filter in [
        InboxFilter::default(),
        InboxFilter { claimed: Some(true), ..InboxFilter::default() },
        InboxFilter { claimed: Some(false), workflow, ..InboxFilter::default() },
    ] {
        let seeker = inbox::Seeker::new(everybody.principal(), Timestamp::UNIX_EPOCH, &filter);
        let sql = inbox::statement(&reading, &seeker, &inbox::branches(&seeker, &filter), &filter, &page).unwrap();
        statements.push((format!("inbox {filter:?}"), sql));
    }
    reading.end().await.unwrap();
    let all = RequestFilter::default();
    for filter in [
        all.clone(),
        RequestFilter { statuses: vec![RequestStatus::Completed], ..all.clone() },
        RequestFilter { statuses: vec![RequestStatus::Completed, RequestStatus::Failed], ..all.clone() },
        RequestFilter { workflow, ..all.clone() },
        RequestFilter { requester: Some(UserId::from_uuid(tenant.user)), ..all.clone() },
        RequestFilter { parent: Some(RequestId::from_uuid(tenant.user)), ..all.clone() },
        RequestFilter { reference: Some("R-1".to_owned()), ..all.clone() },
        RequestFilter { overdue_at: Some(databases::at("2020-01-01T00:00:00Z")), ..all },
    ] {
        for (field, descending) in [(RequestOrderField::CreatedAt, true), (RequestOrderField::DueAt, false)] {
            let order = RequestOrder { field, descending };
            let sql = store.sql(OrganizationId::from_uuid(tenant.organization));
            let sql = requests::list(sql, &tenant.request_scope(), &filter, order, &page).unwrap();
            statements.push((format!("list {filter:?} {order:?}"), sql));
        }
    }
    for filter in [
        FailedStepFilter::default(),
        FailedStepFilter { job_type: Some("bill".to_owned()), ..FailedStepFilter::default() },
        FailedStepFilter { workflow, retryable: true, ..FailedStepFilter::default() },
        FailedStepFilter { target: Some("api.example.org:443".to_owned()), ..FailedStepFilter::default() },
    ] {
        let sql = steps::failed(store.sql(OrganizationId::from_uuid(tenant.organization)), &filter, &page).unwrap();
        statements.push((format!("failed {filter:?}"), sql));
    }
    let order = RequestOrder { field: RequestOrderField::CreatedAt, descending: true };
    let scope = tenant.involved(tenant.user, &roles).await;
    let sql = store.sql(OrganizationId::from_uuid(tenant.organization));
    let sql = requests::list(sql, &scope, &RequestFilter::default(), order, &page).unwrap();
    statements.push(("list of those involved".to_owned(), sql));
    statements
}

/// The plan; on PostgreSQL as the application's role gets it under row-level security, executed.
async fn explain(store: &Store, tenant: &Tenant, sql: Sql) -> String {
    let reading = store.reading(OrganizationId::from_uuid(tenant.organization)).await.unwrap();
    let backend = store.database.backend();
    let mut explained = Sql::new(backend, Vec::<Value>::new());
    explained.push(match backend {
        DbBackend::Sqlite => "EXPLAIN QUERY PLAN ",
        _ => "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) ",
    });
    let lines = reading.rows::<Line>(explained.followed_by(sql)).await.unwrap();
    reading.end().await.unwrap();
    lines.into_iter().map(|Line(line)| line + "\n").collect()
}

/// Batches of writes look rows up by key, however few rows a table has: their plans are made once.
#[tokio::test]
async fn batches_look_rows_up_by_key() {
    const KEY: [Column; 5] = [
        ("request_id", Kind::Uuid),
        ("id", Kind::Uuid),
        ("organization_id", Kind::Uuid),
        ("expected_version", Kind::BigInt),
        ("expected_hash", Kind::Bytes),
    ];
    for database in TestDatabase::all().await {
        let store = Store::new(Database::connect(&DatabaseOptions::new(&database.url)).await.unwrap());
        let tenants = [OrganizationId::from_uuid(id(1))];
        let rows = Rows::of(
            &KEY,
            (0..64).map(|n| {
                let hash = vec![0_u8; 32];
                [id(n).into(), id(n).into(), id(1).into(), 1_i64.into(), hash.into()]
            }),
        );
        let (explain, column) = match store.database.backend() {
            DbBackend::Sqlite => ("EXPLAIN QUERY PLAN ", 3),
            _ => ("EXPLAIN ", 0),
        };
        for statement in [
            "SELECT r.id FROM {v} CROSS JOIN workflow_requests r \
                WHERE r.id = v.id AND r.organization_id = v.organization_id ORDER BY r.id",
            "UPDATE workflow_requests AS r SET status = 'FAILED' FROM {v} \
                WHERE r.id = v.request_id AND r.organization_id = v.organization_id \
                AND r.version = v.expected_version AND r.audit_hash = v.expected_hash RETURNING version",
            "UPDATE request_steps AS s SET status = 'FAILED' FROM {v} \
                WHERE s.request_id = v.request_id AND s.id = v.id AND s.organization_id = v.organization_id",
            "UPDATE jobs AS j SET woken = FALSE FROM {v} \
                WHERE j.id = v.id AND j.organization_id = v.organization_id AND j.woken",
            "DELETE FROM jobs WHERE (id, organization_id) IN (SELECT id, organization_id FROM {v}) AND NOT woken",
        ] {
            let transaction = store.database.write_batch(Access::Tenants(&tenants)).await.unwrap();
            let text = |v: &str| explain.to_owned() + &statement.replace("{v}", v);
            let plan = transaction.query_over(rows.clone(), text).await.unwrap();
            let plan: Vec<String> = plan.iter().map(|row| row.try_get_by_index(column).unwrap()).collect();
            let scans = |line: &&String| {
                line.contains("Seq Scan") || ["SCAN r", "SCAN s", "SCAN j"].contains(&&line[..6.min(line.len())])
            };
            assert_eq!(plan.iter().find(scans), None, "{statement}\n{}", plan.join("\n"));
            transaction.rollback().await.unwrap();
        }
        store.database().clone().close().await.unwrap();
        database.remove().await;
    }
}

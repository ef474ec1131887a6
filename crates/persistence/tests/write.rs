//! What the contracts cannot see: two servers on one database, the role that statements run as, locks
//! against each other, and the schema that the statements need.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod support;

use std::time::Duration;

use chrono::TimeDelta;
use nexusflow_application::fakes::fixture::single_approval;
use nexusflow_application::platform::Maintenance;
use nexusflow_application::request::{
    CommitConflict, CommitUnit, JobKind, JobStore, NewRequest, RequestFilter, RequestOrder, RequestOrderField,
    RequestStore,
};
use nexusflow_application::{PageRequest, Refused, StoreError};
use nexusflow_domain::Timestamp;
use nexusflow_domain::duration::LAST_INSTANT;
use nexusflow_domain::ids::RequestId;
use nexusflow_domain::request::DeadlineClock;
use nexusflow_persistence::{Database, DatabaseOptions, SCHEMA, Store};
use sea_orm::ConnectionTrait;
use support::{Bench, TestDatabase, connect, new_request};

#[test]
fn the_schema_is_the_last_migration() {
    use migration::{Migrator, MigratorTrait};
    let files = Migrator::get_migration_files();
    assert_eq!(files.last().unwrap().name(), SCHEMA);
}

#[tokio::test]
async fn a_store_is_ready_only_on_a_current_schema() {
    for database in TestDatabase::all().await {
        let store = connect(&database.url).await;
        store.ready().await.unwrap();
        migration::down(&database.db, Some(1)).await.unwrap();
        assert!(matches!(store.ready().await, Err(StoreError::Failed(_))));
        store.database().clone().close().await.unwrap();
        database.remove().await;
    }
}

#[tokio::test]
async fn statements_run_as_the_role_that_row_level_security_holds() {
    let Some(database) = TestDatabase::postgres().await else { return };
    database.db.execute_unprepared(WITNESS).await.unwrap();
    let bench = Bench::new(&database.url).await;
    let workflow = bench.tenant.publish("Leave", single_approval(&bench.role).unwrap()).await.unwrap();
    bench.start(new_request(workflow)).await.unwrap();
    let seen: Vec<String> =
        database.column("SELECT DISTINCT who || ' ' || tenants FROM witness WHERE tab = 'workflow_requests'").await;
    assert_eq!(seen, [format!("nexusflow_app {}", bench.tenant.organization.id.uuid())]);
    bench.close().await;
    database.remove().await;
}

/// Writes down who inserts requests, and for which tenants.
const WITNESS: &str = "
    CREATE TABLE witness (tab text, who text, tenants text);
    GRANT INSERT ON witness TO PUBLIC;
    CREATE FUNCTION bear_witness() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO witness VALUES (TG_ARGV[0], current_user, current_setting('nexusflow.organizations'));
        RETURN NEW;
    END $$;
    CREATE TRIGGER witness BEFORE INSERT ON workflow_requests
        FOR EACH ROW EXECUTE FUNCTION bear_witness('workflow_requests');";

#[tokio::test]
async fn of_two_servers_that_write_one_version_one_wins() {
    for database in TestDatabase::all().await {
        let bench = Bench::new(&database.url).await;
        let other = connect(&database.url).await;
        for _ in 0..5 {
            let (request, unit) = started_and_cancelled(&bench).await;
            let (one, two) = tokio::join!(bench.store.commit(vec![unit.clone()]), other.commit(vec![unit.clone()]));
            let answers = [one.unwrap().remove(0), two.unwrap().remove(0)];
            assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1, "{answers:?}");
            assert_eq!(answers.iter().filter(|a| matches!(a, Err(CommitConflict::Stale))).count(), 1, "{answers:?}");
            let loaded = other.load(&[(bench.scope(), request)]).await.unwrap().remove(0);
            assert_eq!(loaded.state, unit.state);
        }
        other.database().clone().close().await.unwrap();
        bench.close().await;
        database.remove().await;
    }
}

#[tokio::test]
async fn batches_of_two_servers_never_lock_each_other_out() {
    for database in TestDatabase::all().await {
        let bench = Bench::new(&database.url).await;
        let other = connect(&database.url).await;
        let mut units = Vec::new();
        for _ in 0..8 {
            units.push(started_and_cancelled(&bench).await.1);
        }
        let backwards: Vec<CommitUnit> = units.iter().rev().cloned().collect();
        let (one, two) = tokio::join!(bench.store.commit(units), other.commit(backwards));
        let (one, mut two) = (one.unwrap(), two.unwrap());
        two.reverse();
        for answers in one.iter().zip(&two) {
            let expected =
                matches!(answers, (Ok(()), Err(CommitConflict::Stale)) | (Err(CommitConflict::Stale), Ok(())));
            assert!(expected, "{answers:?}");
        }
        other.database().clone().close().await.unwrap();
        bench.close().await;
        database.remove().await;
    }
}

#[tokio::test]
async fn no_request_starts_on_a_workflow_that_is_being_deleted() {
    for database in TestDatabase::all().await {
        let bench = Bench::new(&database.url).await;
        for round in 0..10 {
            let name = format!("Round {round}");
            let workflow = bench.tenant.publish(&name, single_approval(&bench.role).unwrap()).await.unwrap();
            let workflows = &bench.application.workflows;
            let (started, deleted) =
                tokio::join!(bench.start(new_request(workflow)), workflows.delete(&bench.tenant.admin, workflow));
            assert!(started.is_ok() != deleted.is_ok(), "{started:?} {deleted:?}");
            if let Err(error) = deleted {
                assert!(matches!(error.refused(), Some(Refused::InUse { .. })), "{error:?}");
            }
        }
        bench.close().await;
        database.remove().await;
    }
}

#[tokio::test]
async fn a_timer_that_is_made_again_has_a_greater_fence() {
    for database in TestDatabase::all().await {
        let bench = Bench::new(&database.url).await;
        let id = bench.start_now().await;
        let due = bench.now() + TimeDelta::days(3);
        let first = claim_one(&bench, id, due).await;
        let (requests, admin) = (&bench.application.requests, &bench.tenant.admin);
        requests.suspend(admin, id, None, DeadlineClock::Running).await.unwrap();
        assert_eq!(bench.store.next_due(JobKind::Timer).await.unwrap(), None);
        bench.clock.advance(TimeDelta::seconds(1));
        requests.resume(admin, id).await.unwrap();
        let second = claim_one(&bench, id, due).await;
        assert!(second > first, "{second} {first}");
        bench.close().await;
        database.remove().await;
    }
}

#[tokio::test]
async fn the_last_instant_a_deadline_may_have_is_stored_and_sorted_last() {
    for database in TestDatabase::all().await {
        let bench = Bench::new(&database.url).await;
        let workflow = bench.tenant.publish("Leave", single_approval(&bench.role).unwrap()).await.unwrap();
        let never = NewRequest { due_at: Some(LAST_INSTANT), ..new_request(workflow) };
        let late = bench.start(never).await.unwrap();
        let soon = NewRequest { due_at: Some(bench.now() + TimeDelta::days(1)), ..new_request(workflow) };
        let soon = bench.start(soon).await.unwrap();
        let order = RequestOrder { field: RequestOrderField::DueAt, descending: false };
        let reads = &bench.application.request_reads;
        let page =
            reads.list(&bench.tenant.admin, &RequestFilter::default(), order, &PageRequest::first(10)).await.unwrap();
        let ids: Vec<RequestId> = page.into_nodes().iter().map(|request| request.id).collect();
        assert_eq!(ids, [soon, late]);
        bench.close().await;
        database.remove().await;
    }
}

#[tokio::test]
async fn partitions_are_made_ahead_and_again_without_effect() {
    for database in TestDatabase::all().await {
        let store = connect(&database.url).await;
        let now: Timestamp = "2031-05-20T00:00:00Z".parse().unwrap();
        store.ensure_partitions(now).await.unwrap();
        store.ensure_partitions(now).await.unwrap();
        if database.is_postgres() {
            let sql = "SELECT count(*) FROM pg_class WHERE relname IN ('audit_logs_p2031_05', 'audit_logs_p2031_08')";
            assert_eq!(database.column::<i64>(sql).await, [2]);
        }
        store.database().clone().close().await.unwrap();
        database.remove().await;
    }
}

/// Those of partitions come from autovacuum; plans over several months need those of the whole.
#[tokio::test]
async fn statistics_of_partitioned_tables_are_made_and_then_left_alone_for_a_day() {
    let Some(database) = TestDatabase::postgres().await else { return };
    let bench = Bench::new(&database.url).await;
    bench.start_now().await;
    let partitions = "SELECT relid::regclass::text FROM pg_partition_tree('workflow_requests') WHERE isleaf";
    for partition in database.column::<String>(partitions).await {
        database.execute(&format!("ANALYZE {partition}"), Vec::new()).await;
    }
    let made = "SELECT count(*) FROM pg_statistic WHERE starelid = 'workflow_requests'::regclass AND stainherit";
    assert_eq!(database.column::<i64>(made).await, [0]);
    bench.store.refresh_statistics().await.unwrap();
    assert!(database.column::<i64>(made).await[0] > 0);
    let made_at = "SELECT pg_stat_get_last_analyze_time('workflow_requests'::regclass)";
    let first = database.column::<Timestamp>(made_at).await;
    bench.store.refresh_statistics().await.unwrap();
    assert_eq!(database.column::<Timestamp>(made_at).await, first);
    bench.close().await;
    database.remove().await;
}

#[tokio::test]
async fn an_address_that_nobody_answers_is_an_unavailable_store() {
    let options = DatabaseOptions {
        acquire_timeout: Duration::from_millis(500),
        ..DatabaseOptions::new("postgres://nobody@127.0.0.1:1/none")
    };
    let refused = Database::connect(&options).await;
    assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
}

#[tokio::test]
async fn a_statement_that_waits_too_long_is_given_up_by_the_database_too() {
    let Some(database) = TestDatabase::postgres().await else { return };
    let bench = Bench::new(&database.url).await;
    let request = bench.start_now().await;
    let hasty =
        DatabaseOptions { statement_timeout: Duration::from_millis(300), ..DatabaseOptions::new(&database.url) };
    let hasty = Store::new(Database::connect(&hasty).await.unwrap());
    database.db.execute_unprepared("BEGIN; LOCK TABLE workflow_requests IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let answer = hasty.load(&[(bench.scope(), request)]).await;
    let Err(StoreError::Unavailable(cause)) = answer else { panic!("{answer:?}") };
    assert!(cause.to_string().contains("statement timeout"), "{cause}");
    database.db.execute_unprepared("ROLLBACK").await.unwrap();
    assert_eq!(hasty.load(&[(bench.scope(), request)]).await.unwrap().len(), 1);
    hasty.database().clone().close().await.unwrap();
    bench.close().await;
    database.remove().await;
}

/// A request, and the withheld unit that would cancel it.
async fn started_and_cancelled(bench: &Bench) -> (RequestId, CommitUnit) {
    let id = bench.start_now().await;
    (id, bench.withhold_cancel(id).await)
}

async fn claim_one(bench: &Bench, request: RequestId, due: Timestamp) -> u64 {
    let claimed = bench.store.claim(JobKind::Timer, due, due + TimeDelta::minutes(1), 10).await.unwrap();
    let found: Vec<_> = claimed.iter().filter(|job| job.request == request).collect();
    assert_eq!(found.len(), 1, "{claimed:?}");
    found[0].fence
}

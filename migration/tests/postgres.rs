//! The migrations, partitions and functions on `PostgreSQL`.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use common::{ORGANIZATION_A, TestDatabase, column, sample, value};
use migration::{Migrator, MigratorTrait};
use sea_orm_migration::sea_orm::{ConnectionTrait, DatabaseConnection};

/// Relations, constraints, policies, functions and privileges.
const SCHEMA: &str = "
    SELECT 'relation ' || c.relname || ' ' || c.relkind::text || ' ' || c.relrowsecurity
        || coalesce(pg_get_indexdef(i.indexrelid), '')
    FROM pg_class c LEFT JOIN pg_index i ON i.indexrelid = c.oid
    WHERE c.relnamespace = 'public'::regnamespace AND c.relname NOT LIKE 'seaql_migrations%'
    UNION ALL
    SELECT 'privilege ' || c.relname || ' ' || granted.grantee::regrole || ' ' || granted.privilege_type
    FROM pg_class c, aclexplode(c.relacl) granted
    WHERE c.relnamespace = 'public'::regnamespace AND granted.grantee <> c.relowner
    UNION ALL
    SELECT 'column ' || table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable
        || ' ' || coalesce(column_default, '')
    FROM information_schema.columns
    WHERE table_schema = 'public' AND table_name <> 'seaql_migrations'
    UNION ALL
    SELECT 'constraint ' || conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid)
    FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace
      AND conrelid <> coalesce(to_regclass('public.seaql_migrations'), 0)
    UNION ALL
    SELECT 'policy ' || tablename || ' ' || policyname || ' ' || cmd || ' ' || roles::text
        || coalesce(qual, '') || coalesce(with_check, '')
    FROM pg_policies WHERE schemaname = 'public'
    UNION ALL
    SELECT 'function ' || oid::regprocedure || ' ' || coalesce(proacl::text, '') || prosrc
    FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    UNION ALL
    SELECT 'trigger ' || tgname || ' ' || tgrelid::regclass FROM pg_trigger WHERE NOT tgisinternal
    ORDER BY 1";

const PARENTS: [&str; 5] =
    ["workflow_requests", "request_steps", "request_step_exclusions", "sla_escalations", "audit_logs"];

async fn partitions(db: &DatabaseConnection, parent: &str) -> Vec<String> {
    column(
        db,
        &format!(
            "SELECT inhrelid::regclass::text FROM pg_inherits
             WHERE inhparent = '{parent}'::regclass ORDER BY 1"
        ),
    )
    .await
}

/// Writes a request with a step and an audit record, its id the first of this moment.
async fn insert_request(db: &DatabaseConnection, moment: &str) {
    db.execute_unprepared(&format!(
        "WITH chosen AS (SELECT nexusflow_uuid_v7_floor('{moment}') AS id),
         request AS (
             INSERT INTO workflow_requests
             SELECT (jsonb_populate_record(existing, jsonb_build_object('id', chosen.id))).*
             FROM workflow_requests existing, chosen
             WHERE existing.id = 'a0000000-0000-7000-8000-000000000009'
             RETURNING id),
         step AS (
             INSERT INTO request_steps
             SELECT (jsonb_populate_record(existing, jsonb_build_object('request_id', request.id))).*
             FROM request_steps existing, request
             WHERE existing.request_id = 'a0000000-0000-7000-8000-000000000009'
             RETURNING request_id)
         INSERT INTO audit_logs
         SELECT (jsonb_populate_record(existing, jsonb_build_object('request_id', step.request_id))).*
         FROM audit_logs existing, step
         WHERE existing.request_id = 'a0000000-0000-7000-8000-000000000009'"
    ))
    .await
    .unwrap();
}

async fn partition_of(db: &DatabaseConnection, table: &str, key: &str, moment: &str) -> String {
    value(
        db,
        &format!(
            "SELECT tableoid::regclass::text FROM {table}
             WHERE {key} = nexusflow_uuid_v7_floor('{moment}')"
        ),
    )
    .await
}

#[tokio::test]
async fn up_down_up_gives_the_same_schema() {
    let Some(database) = TestDatabase::create().await else {
        return;
    };
    let db = migration::connect(&database.url).await.unwrap();
    assert_eq!(column::<String>(&db, SCHEMA).await, Vec::<String>::new());
    let schema_privileges = "SELECT coalesce(nspacl::text, '') FROM pg_namespace WHERE nspname = 'public'";
    let privileges = value::<String>(&db, schema_privileges).await;

    let applied = migration::up(&db, None).await.unwrap();
    assert_eq!(applied.len(), Migrator::migrations().len());
    let first = column::<String>(&db, SCHEMA).await;
    assert!(first.len() > 300, "{}", first.len());
    db.execute_unprepared(&sample('a')).await.unwrap();

    migration::down(&db, None).await.unwrap();
    assert_eq!(column::<String>(&db, SCHEMA).await, Vec::<String>::new());
    assert_eq!(value::<String>(&db, schema_privileges).await, privileges);

    migration::up(&db, None).await.unwrap();
    assert_eq!(column::<String>(&db, SCHEMA).await, first);
    db.execute_unprepared(&sample('a')).await.unwrap();
    migration::fresh(&db).await.unwrap();
    assert_eq!(column::<String>(&db, SCHEMA).await, first);
    db.close().await.unwrap();
    database.remove().await;
}

#[tokio::test]
async fn one_step_at_a_time_gives_the_same_schema() {
    let Some(database) = TestDatabase::create().await else {
        return;
    };
    let db = migration::connect(&database.url).await.unwrap();
    let mut schemas = vec![column::<String>(&db, SCHEMA).await];
    for _ in Migrator::migrations() {
        assert_eq!(migration::up(&db, Some(1)).await.unwrap().len(), 1);
        schemas.push(column::<String>(&db, SCHEMA).await);
    }
    db.execute_unprepared(&sample('a')).await.unwrap();
    // The partitions stay when their function goes, because of their rows.
    let is_partition = |line: &String| line.contains("_p20");
    while let Some(mut schema) = schemas.pop() {
        let mut found = column::<String>(&db, SCHEMA).await;
        schema.retain(|line| !is_partition(line));
        found.retain(|line| !is_partition(line));
        assert_eq!(found, schema);
        migration::down(&db, Some(1)).await.unwrap();
    }
    db.close().await.unwrap();
    database.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_ups_are_safe() {
    let Some(database) = TestDatabase::create().await else {
        return;
    };
    let calls: Vec<_> = (0..4)
        .map(|_| {
            let url = database.url.clone();
            tokio::spawn(async move { migration::connect_and_up(&url).await.unwrap().len() })
        })
        .collect();
    let mut applied = 0;
    for call in calls {
        applied += call.await.unwrap();
    }
    assert_eq!(applied, Migrator::migrations().len());
    let states = migration::status(&database.url).await.unwrap();
    assert!(states.iter().all(|state| state.applied));
    database.remove().await;
}

#[tokio::test]
async fn a_uuid_v7_floor_is_the_lowest_of_its_millisecond() {
    let Some((database, db)) = TestDatabase::migrated().await else {
        return;
    };
    // The example of RFC 9562, appendix A.6: Tuesday, February 22, 2022 2:22:22.00 PM GMT-05:00.
    assert_eq!(
        value::<String>(&db, "SELECT nexusflow_uuid_v7_floor('2022-02-22 14:22:22.0009-05')::text").await,
        "017f22e2-79b0-7000-8000-000000000000"
    );
    db.close().await.unwrap();
    database.remove().await;
}

#[tokio::test]
async fn the_current_and_three_coming_months_have_partitions() {
    let Some((database, db)) = TestDatabase::migrated().await else {
        return;
    };
    for parent in PARENTS {
        let mut expected: Vec<String> = column(
            &db,
            &format!(
                "SELECT '{parent}_p' || to_char(
                     date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => n),
                     'YYYY_MM')
                 FROM generate_series(0, 3) n"
            ),
        )
        .await;
        expected.push(format!("{parent}_default"));
        expected.sort();
        assert_eq!(partitions(&db, parent).await, expected);
    }
    db.close().await.unwrap();
    database.remove().await;
}

#[tokio::test]
async fn rows_go_to_their_month_or_to_the_default_partition() {
    let Some((database, db)) = TestDatabase::migrated().await else {
        return;
    };
    db.execute_unprepared(&sample('a')).await.unwrap();
    let now = value::<String>(&db, "SELECT now()::text").await;
    let month = value::<String>(&db, "SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY_MM')").await;
    for (moment, suffix) in [(now.as_str(), format!("p{month}")), ("2020-05-15 12:00Z", "default".to_owned())] {
        insert_request(&db, moment).await;
        for (table, key) in [("workflow_requests", "id"), ("request_steps", "request_id"), ("audit_logs", "request_id")]
        {
            assert_eq!(partition_of(&db, table, key, moment).await, format!("{table}_{suffix}"));
        }
    }

    // 2020-05 is occupied in three of the five tables, which keep their rows where they are.
    let created: i32 = value(&db, "SELECT nexusflow_ensure_partitions('2020-04-30 23:30:00Z', 3)").await;
    assert_eq!(created, 3 * 5 - 3);
    insert_request(&db, "2020-05-16 12:00Z").await;
    insert_request(&db, "2020-04-30 23:59:59.999Z").await;
    insert_request(&db, "2020-06-01 00:00Z").await;
    for (moment, suffix) in [
        ("2020-05-15 12:00Z", "default"),
        ("2020-05-16 12:00Z", "default"),
        ("2020-04-30 23:59:59.999Z", "p2020_04"),
        ("2020-06-01 00:00Z", "p2020_06"),
    ] {
        assert_eq!(partition_of(&db, "audit_logs", "request_id", moment).await, format!("audit_logs_{suffix}"));
    }
    db.close().await.unwrap();
    database.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn ensuring_partitions_is_idempotent_and_concurrent() {
    let Some((database, db)) = TestDatabase::migrated().await else {
        return;
    };
    // As the workers do, who own nothing.
    let calls: Vec<_> = (0..6)
        .map(|_| {
            let url = database.url.clone();
            tokio::spawn(async move {
                let db = migration::connect(&url).await.unwrap();
                db.execute_unprepared("SET ROLE nexusflow_system").await.unwrap();
                let created: i32 = value(&db, "SELECT nexusflow_ensure_partitions('2030-01-31 23:00Z', 12)").await;
                db.close().await.unwrap();
                created
            })
        })
        .collect();
    let mut created = 0;
    for call in calls {
        created += call.await.unwrap();
    }
    assert_eq!(created, 12 * 5);
    assert_eq!(value::<i32>(&db, "SELECT nexusflow_ensure_partitions(now(), 4)").await, 0);
    let names = partitions(&db, "request_steps").await;
    assert!(names.contains(&"request_steps_p2030_12".to_owned()));
    assert!(!names.contains(&"request_steps_p2031_01".to_owned()));

    db.execute_unprepared("SELECT nexusflow_ensure_partitions(now(), 0)").await.unwrap_err();
    db.execute_unprepared("SET ROLE nexusflow_app").await.unwrap();
    let error = db.execute_unprepared("SELECT nexusflow_ensure_partitions(now(), 1)").await.unwrap_err();
    assert!(error.to_string().contains("permission denied"), "{error}");
    db.close().await.unwrap();
    database.remove().await;
}

#[tokio::test]
async fn a_request_id_prunes_all_other_partitions() {
    let Some((database, db)) = TestDatabase::migrated().await else {
        return;
    };
    for parent in PARENTS {
        let key = if parent == "workflow_requests" { "id" } else { "request_id" };
        // A generic plan, in which the id is a parameter, as the application's statements have.
        db.execute_unprepared(&format!(
            "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off;
             SET enable_bitmapscan = off;
             PREPARE by_{parent} (uuid) AS SELECT * FROM {parent} WHERE {key} = $1"
        ))
        .await
        .unwrap();
        let id = value::<String>(&db, "SELECT nexusflow_uuid_v7_floor(now())::text").await;
        let plan = column::<String>(&db, &format!("EXPLAIN (COSTS OFF) EXECUTE by_{parent}('{id}')")).await.join("\n");
        assert!(plan.contains("Subplans Removed: 4"), "{plan}");
        assert_eq!(plan.matches(&format!("on {parent}_")).count(), 1, "{plan}");
    }
    db.close().await.unwrap();
    database.remove().await;
}

#[tokio::test]
async fn references_and_enumerations_are_enforced() {
    let Some((database, db)) = TestDatabase::migrated().await else {
        return;
    };
    db.execute_unprepared(&sample('a')).await.unwrap();
    db.execute_unprepared(&sample('b')).await.unwrap();
    for refused in [
        "UPDATE workflows SET status = 'INACTIVE'",
        "UPDATE workflow_requests SET status = 'DONE'",
        "UPDATE workflow_steps SET kind = 'MIRACLE'",
        "UPDATE jobs SET kind = 'MAIL'",
        "UPDATE messages SET received_at = published_at",
        "UPDATE users SET email = 'Upper@example.org'",
        "UPDATE request_steps SET workflow_step_id = gen_random_uuid()",
        // From one partitioned table to another.
        "UPDATE request_steps SET request_id = nexusflow_uuid_v7_floor(now())",
        "DELETE FROM workflow_requests",
        "DELETE FROM organizations",
        // A role, a version and a step of another organization.
        "UPDATE workflow_steps SET required_role_id = 'b0000000-0000-7000-8000-000000000003'",
        "UPDATE workflows SET active_version_id = 'b0000000-0000-7000-8000-000000000005'",
        "UPDATE step_transitions SET to_step_id = 'b0000000-0000-7000-8000-000000000007'",
    ] {
        let error = db.execute_unprepared(refused).await.unwrap_err();
        assert!(error.to_string().contains("violates"), "{refused}: {error}");
    }
    // A role takes its mappings along.
    db.execute_unprepared(&format!(
        "UPDATE workflow_steps SET required_role_id = NULL;
         DELETE FROM roles WHERE organization_id = '{ORGANIZATION_A}'"
    ))
    .await
    .unwrap();
    assert_eq!(value::<i64>(&db, "SELECT count(*) FROM role_mappings").await, 1);
    db.close().await.unwrap();
    database.remove().await;
}

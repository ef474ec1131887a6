//! Row-level security: an organization sees and writes its own rows only, in every table.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use common::{ORGANIZATION_A, ORGANIZATION_B, TestDatabase, column, sample, value};
use sea_orm_migration::sea_orm::{ConnectionTrait, DatabaseConnection, DatabaseTransaction, TransactionTrait};

/// Every table, partitioned or not, that has an organization; partitions are not granted to anyone.
const TENANT_TABLES: &str = "
    SELECT columns.table_name::text FROM information_schema.columns
    JOIN pg_class ON pg_class.oid = columns.table_name::regclass
    WHERE columns.table_schema = 'public' AND columns.column_name = 'organization_id'
      AND NOT pg_class.relispartition
    ORDER BY 1";

const APPEND_ONLY: [&str; 2] = ["audit_logs", "organization_audit_logs"];

async fn with_two_organizations() -> Option<(TestDatabase, DatabaseConnection)> {
    let (database, db) = TestDatabase::migrated().await?;
    db.execute_unprepared(&sample('a')).await.unwrap();
    db.execute_unprepared(&sample('b')).await.unwrap();
    Some((database, db))
}

/// Begins as the application does, for these organizations.
async fn begin(db: &DatabaseConnection, role: &str, organizations: &str) -> DatabaseTransaction {
    let transaction = db.begin().await.unwrap();
    transaction
        .execute_unprepared(&format!(
            "SELECT set_config('role', '{role}', true),
                    set_config('nexusflow.organizations', '{organizations}', true)"
        ))
        .await
        .unwrap();
    transaction
}

/// Runs a statement as the application and gives the rows affected or the error.
async fn attempt(db: &DatabaseConnection, organizations: &str, sql: &str) -> Result<u64, String> {
    let transaction = begin(db, "nexusflow_app", organizations).await;
    let result = transaction.execute_unprepared(sql).await;
    transaction.rollback().await.unwrap();
    result.map(|done| done.rows_affected()).map_err(|error| error.to_string())
}

fn is_refused_by_policy(result: &Result<u64, String>) -> bool {
    matches!(result, Err(error) if error.contains("violates row-level security policy"))
}

fn is_denied(result: &Result<u64, String>) -> bool {
    matches!(result, Err(error) if error.contains("permission denied"))
}

/// An `INSERT` that repeats the first row of an organization.
async fn repeated_row(db: &DatabaseConnection, table: &str, organization: &str) -> String {
    let row: String =
        value(db, &format!("SELECT to_jsonb(t)::text FROM {table} t WHERE organization_id = '{organization}' LIMIT 1"))
            .await;
    format!("INSERT INTO {table} SELECT (jsonb_populate_record(NULL::{table}, '{}')).*", row.replace('\'', "''"))
}

#[tokio::test]
async fn every_table_shows_an_organization_its_own_rows_only() {
    let Some((database, db)) = with_two_organizations().await else {
        return;
    };
    let tables = column::<String>(&db, TENANT_TABLES).await;
    assert_eq!(tables.len(), 25, "{tables:?}");
    let both = format!("{ORGANIZATION_A},{ORGANIZATION_B}");
    for table in &tables {
        let query = format!("SELECT DISTINCT organization_id::text FROM {table} ORDER BY 1");
        assert_eq!(
            column::<String>(&db, &query).await,
            [ORGANIZATION_A, ORGANIZATION_B],
            "{table} needs rows in tests/sql/sample.sql"
        );
        for (organizations, expected) in [
            ("", vec![]),
            (ORGANIZATION_A, vec![ORGANIZATION_A]),
            (both.as_str(), vec![ORGANIZATION_A, ORGANIZATION_B]),
        ] {
            let transaction = begin(&db, "nexusflow_app", organizations).await;
            assert_eq!(column::<String>(&transaction, &query).await, expected, "{table}");
            transaction.rollback().await.unwrap();
        }
        let transaction = begin(&db, "nexusflow_system", "").await;
        assert_eq!(column::<String>(&transaction, &query).await.len(), 2, "{table}");
        transaction.rollback().await.unwrap();
    }
    db.close().await.unwrap();
    database.remove().await;
}

#[tokio::test]
async fn every_table_takes_an_organizations_own_rows_only() {
    let Some((database, db)) = with_two_organizations().await else {
        return;
    };
    for table in column::<String>(&db, TENANT_TABLES).await {
        let table = table.as_str();
        let insert = repeated_row(&db, table, ORGANIZATION_B).await;
        for organizations in ["", ORGANIZATION_A] {
            let result = attempt(&db, organizations, &insert).await;
            assert!(is_refused_by_policy(&result), "{table}: {result:?}");
        }
        // For its own organization the policy lets it pass, and the primary key refuses it.
        let result = attempt(&db, ORGANIZATION_B, &insert).await;
        assert!(result.as_ref().unwrap_err().contains("duplicate key"), "{table}: {result:?}");

        let touch = format!(
            "UPDATE {table} SET organization_id = organization_id
             WHERE organization_id = '{ORGANIZATION_B}'"
        );
        let delete = format!("DELETE FROM {table} WHERE organization_id = '{ORGANIZATION_B}'");
        let give_away = format!("UPDATE {table} SET organization_id = '{ORGANIZATION_B}'");
        if APPEND_ONLY.contains(&table) {
            for statement in [&touch, &delete, &give_away] {
                let result = attempt(&db, ORGANIZATION_B, statement).await;
                assert!(is_denied(&result), "{table}: {result:?}");
            }
            continue;
        }
        for organizations in ["", ORGANIZATION_A] {
            assert_eq!(attempt(&db, organizations, &touch).await, Ok(0), "{table}");
            assert_eq!(attempt(&db, organizations, &delete).await, Ok(0), "{table}");
        }
        assert!(attempt(&db, ORGANIZATION_B, &touch).await.unwrap() > 0, "{table}");
        let result = attempt(&db, ORGANIZATION_A, &give_away).await;
        assert!(is_refused_by_policy(&result), "{table}: {result:?}");
    }
    db.close().await.unwrap();
    database.remove().await;
}

#[tokio::test]
async fn organizations_and_users_are_seen_by_their_own() {
    let Some((database, db)) = with_two_organizations().await else {
        return;
    };
    for (organizations, expected) in [
        ("", vec![]),
        (ORGANIZATION_A, vec!["a2@example.org", "a@example.org"]),
        (
            "a0000000-0000-7000-8000-000000000001,b0000000-0000-7000-8000-000000000001",
            vec!["a2@example.org", "a@example.org", "b2@example.org", "b@example.org"],
        ),
    ] {
        let transaction = begin(&db, "nexusflow_app", organizations).await;
        let emails = column::<String>(&transaction, "SELECT email FROM users ORDER BY 1").await;
        assert_eq!(emails, expected);
        let count: i64 = value(&transaction, "SELECT count(*) FROM organizations").await;
        assert_eq!(count, i64::try_from(expected.len() / 2).unwrap(), "two people each");
        transaction.rollback().await.unwrap();
    }

    let new_user = "INSERT INTO users (id, email, name, created_at, updated_at)
        VALUES (gen_random_uuid(), 'new@example.org', 'New', now(), now())";
    assert!(is_refused_by_policy(&attempt(&db, "", new_user).await));
    assert_eq!(attempt(&db, ORGANIZATION_A, new_user).await, Ok(1));
    let new_organization = "INSERT INTO organizations (id, name, slug, created_at, updated_at)
        VALUES ('c0000000-0000-7000-8000-000000000001', 'New', 'new', now(), now())";
    let result = attempt(&db, ORGANIZATION_A, new_organization).await;
    assert!(is_refused_by_policy(&result), "{result:?}");
    let result = attempt(&db, "c0000000-0000-7000-8000-000000000001", new_organization).await;
    assert_eq!(result, Ok(1));

    for (table, own) in [("users", 2), ("organizations", 1)] {
        let rename = format!("UPDATE {table} SET name = 'Renamed'");
        assert_eq!(attempt(&db, "", &rename).await, Ok(0));
        assert_eq!(attempt(&db, ORGANIZATION_A, &rename).await, Ok(own));
        let delete = format!("DELETE FROM {table}");
        assert!(is_denied(&attempt(&db, ORGANIZATION_A, &delete).await));
    }
    let grant = "UPDATE permissions SET description = ''";
    assert!(is_denied(&attempt(&db, ORGANIZATION_A, grant).await));
    assert_eq!(attempt(&db, "", "SELECT * FROM permissions").await, Ok(22));
    db.close().await.unwrap();
    database.remove().await;
}

#[tokio::test]
async fn workers_cannot_rewrite_the_audit_logs_either() {
    let Some((database, db)) = with_two_organizations().await else {
        return;
    };
    for table in APPEND_ONLY {
        for statement in [
            format!("UPDATE {table} SET event = 'FORGED'"),
            format!("DELETE FROM {table}"),
            format!("TRUNCATE {table}"),
        ] {
            let transaction = begin(&db, "nexusflow_system", "").await;
            let error = transaction.execute_unprepared(&statement).await.unwrap_err();
            assert!(error.to_string().contains("permission denied"), "{error}");
            transaction.rollback().await.unwrap();
        }
    }
    db.close().await.unwrap();
    database.remove().await;
}

#[tokio::test]
async fn partitions_are_reached_through_their_parents_only() {
    let Some((database, db)) = TestDatabase::migrated().await else {
        return;
    };
    db.execute_unprepared("SELECT nexusflow_ensure_partitions('2031-01-01Z', 1)").await.unwrap();
    let reachable = column::<String>(
        &db,
        "SELECT c.oid::regclass::text
         FROM pg_class c, unnest(ARRAY['nexusflow_app', 'nexusflow_system']) role
         WHERE c.relnamespace = 'public'::regnamespace AND c.relispartition AND c.relkind = 'r'
           AND has_table_privilege(role, c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE')",
    )
    .await;
    assert_eq!(reachable, Vec::<String>::new());
    db.close().await.unwrap();
    database.remove().await;
}

#[tokio::test]
async fn settings_end_with_their_transaction_and_a_malformed_one_is_an_error() {
    let Some((database, db)) = with_two_organizations().await else {
        return;
    };
    begin(&db, "nexusflow_app", ORGANIZATION_A).await.commit().await.unwrap();
    let organizations = "SELECT nexusflow_organizations()::text";
    assert_eq!(value::<String>(&db, organizations).await, "{}");
    db.execute_unprepared("SET ROLE nexusflow_app").await.unwrap();
    assert_eq!(value::<i64>(&db, "SELECT count(*) FROM workflows").await, 0);
    db.execute_unprepared("RESET ROLE").await.unwrap();
    let result = attempt(&db, "everything", "SELECT * FROM workflows").await;
    assert!(result.as_ref().unwrap_err().contains("invalid input syntax"), "{result:?}");
    db.close().await.unwrap();
    database.remove().await;
}

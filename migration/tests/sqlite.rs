//! The migrations on `SQLite`.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use common::{column, sample, value};
use migration::{Migrator, MigratorTrait};
use sea_orm_migration::sea_orm::{ConnectionTrait, Database, DatabaseConnection};
use tempfile::TempDir;

const SCHEMA: &str = "SELECT type || ' ' || name || ' ' || coalesce(sql, '') FROM sqlite_master
    WHERE tbl_name <> 'seaql_migrations' ORDER BY type, name";

fn file_url(folder: &TempDir) -> String {
    format!("sqlite://{}/test.db?mode=rwc", folder.path().display())
}

/// Connects as an application does, without this crate's connection options.
async fn connect_plainly(folder: &TempDir) -> DatabaseConnection {
    Database::connect(file_url(folder)).await.unwrap()
}

/// The sample rows with ids as the ORM binds them: blobs of 16 bytes.
fn blob_sample(digit: char) -> String {
    let mut script = String::new();
    for (index, part) in sample(digit).split('\'').enumerate() {
        let is_literal = index % 2 == 1;
        let is_id = part.len() == 36 && part.matches('-').count() == 4;
        script.push_str(match (is_literal, is_id) {
            (true, true) => "X'",
            (true, false) => "'",
            (false, _) => "",
        });
        script.push_str(&if is_literal && is_id { part.replace('-', "") } else { part.to_owned() });
        if is_literal {
            script.push('\'');
        }
    }
    script
}

#[tokio::test]
async fn up_down_up_gives_the_same_schema() {
    let folder = TempDir::new().unwrap();
    let db = migration::connect(&file_url(&folder)).await.unwrap();

    let applied = migration::up(&db, None).await.unwrap();
    let first = column::<String>(&db, SCHEMA).await;
    assert!(first.iter().any(|line| line.starts_with("table workflow_requests")));
    db.execute_unprepared(&blob_sample('a')).await.unwrap();

    let mut rolled_back = migration::down(&db, None).await.unwrap();
    rolled_back.reverse();
    assert_eq!(rolled_back, applied);
    assert_eq!(column::<String>(&db, SCHEMA).await, Vec::<String>::new());

    migration::up(&db, None).await.unwrap();
    assert_eq!(column::<String>(&db, SCHEMA).await, first);
    assert!(migration::up(&db, None).await.unwrap().is_empty());
}

#[tokio::test]
async fn one_step_at_a_time_gives_the_same_schema() {
    let folder = TempDir::new().unwrap();
    let db = migration::connect(&file_url(&folder)).await.unwrap();
    let mut schemas = vec![column::<String>(&db, SCHEMA).await];
    for _ in Migrator::migrations() {
        assert_eq!(migration::up(&db, Some(1)).await.unwrap().len(), 1);
        schemas.push(column::<String>(&db, SCHEMA).await);
    }
    db.execute_unprepared(&blob_sample('a')).await.unwrap();
    while let Some(schema) = schemas.pop() {
        assert_eq!(column::<String>(&db, SCHEMA).await, schema);
        migration::down(&db, Some(1)).await.unwrap();
    }
}

#[tokio::test]
async fn fresh_removes_the_rows_and_keeps_foreign_tables() {
    let folder = TempDir::new().unwrap();
    let db = migration::connect(&file_url(&folder)).await.unwrap();
    migration::up(&db, None).await.unwrap();
    db.execute_unprepared("CREATE TABLE someone_elses (id INTEGER)").await.unwrap();
    db.execute_unprepared(&blob_sample('a')).await.unwrap();
    migration::fresh(&db).await.unwrap();
    assert_eq!(value::<i64>(&db, "SELECT count(*) FROM organizations").await, 0);
    assert_eq!(value::<i64>(&db, "SELECT count(*) FROM permissions").await, 22);
    assert_eq!(value::<i64>(&db, "SELECT count(*) FROM someone_elses").await, 0);
}

async fn assert_configured(folder: &TempDir) {
    let db = connect_plainly(folder).await;
    assert_eq!(value::<i64>(&db, "PRAGMA auto_vacuum").await, 2);
    assert_eq!(value::<String>(&db, "PRAGMA journal_mode").await, "wal");
    assert_eq!(value::<String>(&db, "PRAGMA integrity_check").await, "ok");
}

#[tokio::test]
async fn the_file_is_configured_by_url() {
    let folder = TempDir::new().unwrap();
    migration::connect_and_up(&file_url(&folder)).await.unwrap();
    assert_configured(&folder).await;
    let states = migration::status(&file_url(&folder)).await.unwrap();
    assert!(states.iter().all(|state| state.applied));
}

#[tokio::test]
async fn the_file_is_configured_on_a_plain_connection() {
    let folder = TempDir::new().unwrap();
    let db = connect_plainly(&folder).await;
    migration::up(&db, None).await.unwrap();
    db.close().await.unwrap();
    assert_configured(&folder).await;
}

#[tokio::test]
async fn the_file_is_configured_by_the_migrator_alone() {
    let folder = TempDir::new().unwrap();
    let db = connect_plainly(&folder).await;
    Migrator::up(&db, None).await.unwrap();
    db.close().await.unwrap();
    assert_configured(&folder).await;
}

#[tokio::test]
async fn a_database_in_memory_migrates() {
    let db = Database::connect("sqlite::memory:").await.unwrap();
    migration::up(&db, None).await.unwrap();
    db.execute_unprepared(&blob_sample('a')).await.unwrap();
    migration::down(&db, None).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_ups_are_safe() {
    for _ in 0..5 {
        let folder = TempDir::new().unwrap();
        let calls: Vec<_> = (0..4)
            .map(|_| {
                let url = file_url(&folder);
                tokio::spawn(async move { migration::connect_and_up(&url).await.unwrap().len() })
            })
            .collect();
        let mut applied = 0;
        for call in calls {
            applied += call.await.unwrap();
        }
        assert_eq!(applied, Migrator::migrations().len());
        assert_configured(&folder).await;
    }
}

#[tokio::test]
async fn a_failed_migration_leaves_nothing() {
    let folder = TempDir::new().unwrap();
    let db = migration::connect(&file_url(&folder)).await.unwrap();
    db.execute_unprepared("CREATE TABLE notifications (id INTEGER)").await.unwrap();
    migration::up(&db, None).await.unwrap_err();
    let tables = column::<String>(&db, "SELECT name FROM sqlite_master WHERE type = 'table'").await;
    assert_eq!(tables, ["notifications"]);
}

#[tokio::test]
async fn references_and_enumerations_are_enforced() {
    let db = Database::connect("sqlite::memory:").await.unwrap();
    migration::up(&db, None).await.unwrap();
    db.execute_unprepared(&blob_sample('a')).await.unwrap();
    db.execute_unprepared(&blob_sample('b')).await.unwrap();
    for refused in [
        "UPDATE workflows SET status = 'INACTIVE'",
        "UPDATE workflow_requests SET status = 'DONE'",
        "UPDATE workflow_steps SET kind = 'MIRACLE'",
        "UPDATE jobs SET kind = 'MAIL'",
        "UPDATE messages SET received_at = published_at",
        "UPDATE users SET email = 'Upper@example.org'",
        "UPDATE request_steps SET workflow_step_id = X'00'",
        "DELETE FROM organizations",
        // A role, a version and a step of another organization.
        "UPDATE workflow_steps SET required_role_id = X'b0000000000070008000000000000003'",
        "UPDATE workflows SET active_version_id = X'b0000000000070008000000000000005'",
        "UPDATE step_transitions SET to_step_id = X'b0000000000070008000000000000007'",
    ] {
        let error = db.execute_unprepared(refused).await.unwrap_err();
        assert!(error.to_string().contains("constraint failed"), "{refused}: {error}");
    }
}

#[tokio::test]
async fn a_wrong_url_is_an_error() {
    for url in ["", "mysql://localhost/x", "postgres://[", "sqlite:///nowhere/at/all.db"] {
        migration::connect(url).await.unwrap_err();
    }
}

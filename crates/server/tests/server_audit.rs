//! `nexusflow audit` on a database that somebody has tampered with.

mod database_support;
mod live_support;

use anyhow::Context;
use database_support::{PostgresDatabase, SqliteDatabase, execute};
use live_support::{ADMIN, Api, Office, PASSWORD, Running};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn tampering_with_sqlite_is_named_line_by_line() -> anyhow::Result<()> {
    let database = SqliteDatabase::create()?;
    tampering(&database.url, "PRAGMA foreign_keys = OFF", |id| format!("x'{id}'")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn tampering_with_postgresql_is_named_line_by_line() -> anyhow::Result<()> {
    let Some(database) = PostgresDatabase::create("tampered").await? else { return Ok(()) };
    tampering(&database.url, "SET session_replication_role = replica", |id| format!("'{id}'")).await?;
    database.remove().await
}

async fn tampering(url: &str, unbound: &str, literal: impl Fn(&str) -> String) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let office = Office::found(folder.path(), url)?;
    let running = Running::start(office.program(url))?;
    let api = Api::sign_in(&running.address, ADMIN, PASSWORD).await?;
    let workflow = Office::publish(&api, "P1D", json!([])).await?;
    let mut requests = Vec::new();
    for _ in 0..5 {
        requests.push(Office::start(&api, &workflow).await?.0);
    }
    drop(running);
    let (lines, code) = office.verify()?;
    assert_eq!((lines.len(), code), (1, Some(0)), "{lines:?}");

    let [changed, shortened, swapped, restated, removed] = &requests[..] else { anyhow::bail!("five requests") };
    let id = |request: &String| literal(request.trim_start_matches("req_"));
    for sql in [
        format!("UPDATE audit_logs SET ip = '192.0.2.1' WHERE request_id = {} AND seq = 2", id(changed)),
        format!("DELETE FROM audit_logs WHERE request_id = {} AND seq = 4", id(shortened)),
        format!("UPDATE audit_logs SET seq = 99 WHERE request_id = {} AND seq = 2", id(swapped)),
        format!("UPDATE audit_logs SET seq = 2 WHERE request_id = {} AND seq = 3", id(swapped)),
        format!("UPDATE audit_logs SET seq = 3 WHERE request_id = {} AND seq = 99", id(swapped)),
        format!("UPDATE workflow_requests SET status = 'COMPLETED' WHERE id = {}", id(restated)),
        format!("DELETE FROM workflow_requests WHERE id = {}", id(removed)),
        "DELETE FROM organization_audit_logs WHERE seq = 2".to_owned(),
    ] {
        execute(url, &format!("{unbound}; {sql}")).await?;
    }

    let (lines, code) = office.verify()?;
    assert_eq!(code, Some(1));
    let told: Vec<&str> =
        lines.iter().map(|line| line.split_once(", ").map_or(line.as_str(), |(_, told)| told)).collect();
    let [told @ .., sum] = &told[..] else { anyhow::bail!("no line") };
    let expected = [
        "administration, record 3 (WORKFLOW_CREATED): records are missing: expected number 2, found 3".to_owned(),
        format!("request {changed}, record 2 (REQUEST_STARTED): the content was changed: it does not match its hash"),
        format!(
            "request {shortened}, record 3: the end of the stream was cut off or added to: the head names number 4, the \
             last record is 3"
        ),
        format!("request {swapped}, record 2 (STEP_ROUTED): the content was changed: it does not match its hash"),
        format!("request {swapped}, record 3 (REQUEST_STARTED): the content was changed: it does not match its hash"),
        format!(
            "request {swapped}, record 4 (STEP_ACTIVATED): the record was inserted, reordered or follows a removed one: \
             its link to the record before does not fit"
        ),
        format!("request {restated}, record 4: the request's column status is not what its journal leads to"),
        format!("request {removed}, record 4: the request's row was removed; its journal remains"),
    ];
    assert_eq!(told, expected);
    assert!(sum.starts_with("BROKEN in 8 places"), "{sum}");

    let export = office.program(url).args(["audit", "export", "--request", removed]).output()?;
    assert!(export.status.success(), "{}", String::from_utf8_lossy(&export.stderr));
    let exported = String::from_utf8(export.stdout)?;
    let first: Value = serde_json::from_str(exported.lines().next().context("a line")?)?;
    assert_eq!((exported.lines().count(), first["event"].as_str()), (4, Some("REQUEST_CREATED")));
    Ok(())
}

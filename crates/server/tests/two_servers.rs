//! Two processes on one PostgreSQL: neither does twice what is to be done once, and what is changed
//! through one acts in the other.

mod database_support;
mod live_support;

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use database_support::PostgresDatabase;
use futures::{StreamExt, TryStreamExt, stream};
use live_support::{ADMIN, Answer, Api, Office, PASSWORD, Running};
use serde_json::{Value, json};

const REQUESTS: usize = 300;
/// A change acts in another process at most this long after it was made; usually within a second.
const SECONDS: Duration = Duration::from_secs(5);

const COMPLETE: &str = "mutation($input: CompleteStepInput!) {
  completeStep(input: $input) { request { id } errors { __typename code } } }";
const CREATE_ROLE: &str = "mutation($input: CreateRoleInput!) {
  createRole(input: $input) { role { id } errors { code message } } }";
const CREATE_USER: &str = "mutation($input: CreateUserInput!) {
  createUser(input: $input) { user { id } errors { code message } } }";
const GRANT: &str = "mutation($input: GrantPermissionInput!) {
  grantPermission(input: $input) { role { id } errors { code message } } }";
const REVOKE: &str = "mutation($input: RevokePermissionInput!) {
  revokePermission(input: $input) { role { id } errors { code message } } }";
const LIST: &str = "{ workflows(first: 1) { nodes { id } } }";

fn serve(office: &Office<'_>, firing: bool) -> anyhow::Result<Running> {
    let mut command = office.program(&office.database_url);
    let worker = if firing { "true" } else { "false" };
    command.env("NEXUSFLOW_WORKER__ENABLED", worker).env("NEXUSFLOW_WORKER__BATCH", "10");
    Running::start(command)
}

#[tokio::test(flavor = "multi_thread")]
async fn each_rung_of_hundreds_of_due_timers_fires_exactly_once() -> anyhow::Result<()> {
    let Some(database) = PostgresDatabase::create("rungs").await? else { return Ok(()) };
    let folder = tempfile::tempdir()?;
    let office = Office::found(folder.path(), &database.url)?;
    let idle = serve(&office, false)?;
    let api = Api::sign_in(&idle.address, ADMIN, PASSWORD).await?;
    let ladder = json!([
        { "action": { "notify": { "candidates": {} } } },
        { "after": "PT1S", "action": { "raise": {} } },
        { "after": "PT2S", "action": { "reassign": { "role": "Owner" } } },
    ]);
    let workflow = Office::publish(&api, "PT8S", ladder).await?;
    let requests = start_many(&api, &workflow, REQUESTS).await?;

    let (one, two) = (serve(&office, true)?, serve(&office, true)?);
    let begin = Instant::now();
    while escalations(&api, &requests).await?.values().any(|rungs| rungs.len() < 3) {
        ensure!(begin.elapsed() < Duration::from_mins(2), "not all rungs fired");
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    // Long enough for a second firing, should there be one.
    tokio::time::sleep(Duration::from_secs(3)).await;
    for (request, rungs) in escalations(&api, &requests).await? {
        assert_eq!(rungs, [0, 1, 2], "{request}");
    }
    let journals = events(&office)?;
    for request in &requests {
        let escalated: Vec<&str> =
            journals[request].iter().map(String::as_str).filter(|event| event.contains("ESCALATED")).collect();
        assert_eq!(escalated.len(), 3, "{request}: {:?}", journals[request]);
    }
    assert_eq!((one.terminate()?, two.terminate()?, idle.terminate()?), (Some(0), Some(0), Some(0)));
    assert_eq!(office.verify()?.1, Some(0));
    database.remove().await
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_completions_of_one_step_through_two_servers_one_wins() -> anyhow::Result<()> {
    let Some(database) = PostgresDatabase::create("winners").await? else { return Ok(()) };
    let folder = tempfile::tempdir()?;
    let office = Office::found(folder.path(), &database.url)?;
    let (one, two) = (serve(&office, true)?, serve(&office, true)?);
    let api = Api::sign_in(&one.address, ADMIN, PASSWORD).await?;
    let other = api.at(&two.address);
    let workflow = Office::publish(&api, "P1D", json!([])).await?;
    let mut won = [0, 0];
    for _ in 0..60 {
        let (_, step) = Office::start(&api, &workflow).await?;
        let input = json!({ "input": { "stepId": step, "outcome": "COMPLETED" } });
        let (first, second) = tokio::join!(api.call(COMPLETE, input.clone()), other.call(COMPLETE, input));
        let answers = [first?, second?];
        let winners: Vec<usize> = (0..2).filter(|&n| answers[n].data("completeStep").is_ok()).collect();
        ensure!(winners.len() == 1, "{answers:?}");
        won[winners[0]] += 1;
        let refusal = answers[1 - winners[0]].refusal("completeStep");
        ensure!(matches!(refusal, Some("STEP_NOT_OPEN" | "WRONG_STATE" | "CONTENDED")), "{answers:?}");
    }
    let completed = events(&office)?.into_values().flatten().filter(|event| event == "STEP_COMPLETED").count();
    assert_eq!(completed, won[0] + won[1]);
    drop((one, two));
    assert_eq!(office.verify()?.1, Some(0));
    database.remove().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_permission_changed_through_one_server_acts_in_the_other_within_seconds() -> anyhow::Result<()> {
    let Some(database) = PostgresDatabase::create("mappings").await? else { return Ok(()) };
    let folder = tempfile::tempdir()?;
    let office = Office::found(folder.path(), &database.url)?;
    let (one, two) = (serve(&office, true)?, serve(&office, true)?);
    let admin = Api::sign_in(&one.address, ADMIN, PASSWORD).await?;
    let role = json!({ "name": "Auditor", "permissions": ["VIEW_AUDIT"] });
    let role = admin.mutate("createRole", CREATE_ROLE, role).await?["role"]["id"].clone();
    let eve = json!({ "email": "eve@example.org", "name": "Eve", "password": PASSWORD, "roleIds": [role] });
    admin.mutate("createUser", CREATE_USER, eve).await?;
    let audits = "{ auditLogs(first: 1) { nodes { id } } }";
    let eve = Api::sign_in(&two.address, "eve@example.org", PASSWORD).await?;
    eve.call(audits, Value::Null).await?.data("auditLogs")?;
    let input = json!({ "roleId": role, "permission": "VIEW_AUDIT" });
    for _ in 0..2 {
        admin.mutate("revokePermission", REVOKE, input.clone()).await?;
        let refused = |answer: &Answer| answer.code() == Some("FORBIDDEN");
        soon(&eve, audits, refused).await.context("revoked")?;
        admin.at(&two.address).mutate("grantPermission", GRANT, input.clone()).await?;
        let allowed = |answer: &Answer| answer.data("auditLogs").is_ok();
        soon(&eve.at(&one.address), audits, allowed).await.context("granted")?;
        soon(&eve, audits, allowed).await.context("granted here")?;
    }
    admin.call(LIST, Value::Null).await?.data("workflows")?;
    drop((one, two));
    database.remove().await
}

async fn soon(api: &Api, query: &str, so: impl Fn(&Answer) -> bool) -> anyhow::Result<()> {
    let begin = Instant::now();
    loop {
        let answer = api.call(query, Value::Null).await?;
        if so(&answer) {
            return Ok(());
        }
        ensure!(begin.elapsed() < SECONDS, "still {}", answer.0);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn start_many(api: &Api, workflow: &str, number: usize) -> anyhow::Result<Vec<String>> {
    let starts = stream::iter(0..number).map(|_| Office::start(api, workflow));
    starts.buffer_unordered(8).map_ok(|(request, _)| request).try_collect().await
}

/// The rungs fired of each request, in the order that they are told.
async fn escalations(api: &Api, requests: &[String]) -> anyhow::Result<BTreeMap<String, Vec<u64>>> {
    let read = stream::iter(requests).map(async |id: &String| {
        let request = Office::request(api, id).await?;
        let rungs = request["escalations"].as_array().context("escalations")?;
        anyhow::Ok((id.clone(), rungs.iter().filter_map(|escalation| escalation["rung"].as_u64()).collect()))
    });
    read.buffer_unordered(8).try_collect().await
}

/// The events of each request's journal, from the export.
fn events(office: &Office<'_>) -> anyhow::Result<BTreeMap<String, Vec<String>>> {
    let export = office.program(&office.database_url).args(["audit", "export"]).output()?;
    ensure!(export.status.success(), "{}", String::from_utf8_lossy(&export.stderr));
    let mut events: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut ids = BTreeSet::new();
    for line in String::from_utf8(export.stdout)?.lines() {
        let record: Value = serde_json::from_str(line)?;
        ensure!(ids.insert(record["id"].to_string()), "a record appears twice");
        if record["kind"] == "REQUEST" {
            let text = |field: &str| record[field].as_str().map(str::to_owned).context("a text");
            events.entry(text("stream")?).or_default().push(text("event")?);
        }
    }
    Ok(events)
}

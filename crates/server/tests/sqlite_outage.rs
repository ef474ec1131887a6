//! SQLite's ways to fail: a file that another process holds, a disk that is full, and files that are none.

mod live_support;

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use live_support::{ADMIN, Api, Office, PASSWORD, Running, refusal};
use migration::ConnectionTrait;
use reqwest::StatusCode;
use serde_json::{Value, json};

const READ: &str = "{ workflows(first: 1) { nodes { id } } }";
const START: &str = "mutation($input: StartRequestInput!) {
  startRequest(input: $input) { request { id } errors { code message } } }";
/// The longest that an answer may take: SQLite waits ten seconds for another process's lock.
const BOUND: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread")]
async fn while_another_process_holds_the_file_writes_are_unavailable_and_reads_go_on() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let url = format!("sqlite://{}?mode=rwc", folder.path().join("held.db").display());
    let office = Office::found(folder.path(), &url)?;
    let running = Running::start(office.program(&url))?;
    let api = Api::sign_in(&running.address, ADMIN, PASSWORD).await?;
    let workflow = Office::publish(&api, "P1D", json!([])).await?;
    let (kept, _) = Office::start(&api, &workflow).await?;

    let holder = migration::connect(&url).await?;
    holder.execute_unprepared("BEGIN IMMEDIATE").await?;
    let begin = Instant::now();
    let answer = api.call(START, json!({ "input": { "workflowId": workflow } })).await?;
    ensure!(answer.code() == Some("UNAVAILABLE"), "{}", answer.0);
    ensure!(begin.elapsed() < BOUND, "{:?}", begin.elapsed());
    api.call(READ, Value::Null).await?.data("workflows")?;
    assert_eq!(running.get("/readyz").await?.0, StatusCode::OK, "it can be read");
    let error = refusal(office.program(&url).args(["serve", "--address", "127.0.0.1:0"]))?;
    ensure!(error.contains("held.db") && error.contains("locked"), "{error}");
    holder.execute_unprepared("ROLLBACK").await?;
    holder.close().await?;

    Office::start(&api, &workflow).await.context("the lock is gone")?;
    Office::request(&api, &kept).await?;
    assert_eq!(running.terminate()?, Some(0));
    assert_eq!(office.verify()?.1, Some(0));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_disk_is_full_writes_are_unavailable_and_reads_go_on() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let url = format!("sqlite://{}?mode=rwc", folder.path().join("full.db").display());
    let office = Office::found(folder.path(), &url)?;
    let running = Running::start(outliving_full_files(&office.program(&url), folder.path()))?;
    let api = Api::sign_in(&running.address, ADMIN, PASSWORD).await?;
    let workflow = Office::publish(&api, "P1D", json!([])).await?;
    let (kept, _) = Office::start(&api, &workflow).await?;

    if !limit_files(&running, "0")? {
        return Ok(());
    }
    let answer = api.call(START, json!({ "input": { "workflowId": workflow } })).await?;
    ensure!(answer.code() == Some("UNAVAILABLE"), "{}", answer.0);
    api.call(READ, Value::Null).await?.data("workflows")?;
    ensure!(limit_files(&running, "unlimited")?);

    Office::start(&api, &workflow).await.context("there is room again")?;
    Office::request(&api, &kept).await?;
    assert_eq!(running.terminate()?, Some(0));
    assert_eq!(office.verify()?.1, Some(0));
    Ok(())
}

/// The program, for which a file that may not grow is an error and not a signal that ends it.
fn outliving_full_files(program: &Command, folder: &Path) -> Command {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""]).arg(program.get_program()).current_dir(folder);
    command.env_clear().envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command
}

/// How far files may grow that the process writes; false where the tool for that is not installed.
fn limit_files(running: &Running, size: &str) -> anyhow::Result<bool> {
    let pid = running.process_id().to_string();
    match Command::new("prlimit").args(["--pid", &pid, &format!("--fsize={size}:unlimited")]).status() {
        Ok(status) => Ok(status.success()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error.into()),
    }
}

#[test]
fn what_is_no_database_is_one_line_that_says_so() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    std::fs::create_dir(folder.path().join("folder.db"))?;
    std::fs::write(folder.path().join("letter.db"), "Dear Sir or Madam, ".repeat(100))?;
    for (name, said) in
        [("folder.db", "unable to open"), ("letter.db", "not a database"), ("no/where.db", "unable to open")]
    {
        let url = format!("sqlite://{}?mode=rwc", folder.path().join(name).display());
        let mut command = live_support::program(folder.path());
        let error = refusal(command.args(["serve", "--address", "127.0.0.1:0", "--database-url", &url]))?;
        ensure!(error.contains(name) && error.contains(said), "{error}");
    }
    let letter = std::fs::read_to_string(folder.path().join("letter.db"))?;
    ensure!(letter.starts_with("Dear Sir"), "what is not ours is left alone");
    Ok(())
}

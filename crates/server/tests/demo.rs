//! The demo sets itself up once, plays, and finds its own traces again.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use nexusflow_domain::request::RequestStatus;
use nexusflow_server::demo::{DemoArgs, prepare};

fn args(folder: &Path, requests: u32) -> DemoArgs {
    let database = folder.join("demo ?#%.db");
    DemoArgs { exit: true, requests, database, address: ([127, 0, 0, 1], 0).into() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_run_starts_where_the_first_ended() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let first = prepare(&args(folder.path(), 80)).await?;
    assert_eq!((first.played, first.total()), (80, 80));
    assert!(first.requests[&RequestStatus::Completed] > 40, "{first}");
    assert!(first.requests[&RequestStatus::InProgress] > 0, "{first}");
    assert!(first.breaches > 0 && first.late_requests <= first.breaches, "{first}");
    assert!(first.open_steps.values().sum::<u64>() >= first.requests[&RequestStatus::InProgress], "{first}");
    assert!(first.audit_verified && first.audit.0 == 81, "{first}");

    let second = prepare(&args(folder.path(), 80)).await?;
    assert_eq!((second.played, &second.requests, &second.open_steps), (0, &first.requests, &first.open_steps));
    let third = prepare(&args(folder.path(), 83)).await?;
    assert_eq!((third.played, third.total(), third.audit_verified), (3, 83, true));
    Ok(())
}

#[test]
fn the_program_prints_the_summary_and_ends() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let demo = || program(folder.path(), &["--exit", "--requests", "30"]);
    let first = demo()?;
    assert!(first.status.success(), "{}", String::from_utf8_lossy(&first.stderr));
    let first = String::from_utf8(first.stdout)?;
    assert!(first.starts_with("Requests: 30 (30 played by this run)\n"), "{first}");
    for part in ["COMPLETED", "Open steps by role: ", "SLA breaches: ", "Audit chain verified: "] {
        assert!(first.contains(part), "{first}");
    }
    let second = String::from_utf8(demo()?.stdout)?;
    assert_eq!(second.replace("(0 played", "(30 played").lines().next(), first.lines().next());
    assert!(folder.path().join("nexusflow-demo.db").exists());
    Ok(())
}

#[test]
fn what_cannot_work_is_said_in_one_line() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let missing = refusal(folder.path(), &["--exit", "--database", "missing/demo.db"])?;
    assert!(missing.contains("missing/demo.db") && missing.contains("folder"), "{missing}");
    let taken = std::net::TcpListener::bind("127.0.0.1:0")?;
    let in_use = refusal(folder.path(), &["--address", &taken.local_addr()?.to_string()])?;
    assert!(in_use.contains("in use"), "{in_use}");
    assert!(!folder.path().join("nexusflow-demo.db").exists(), "nothing was begun");
    Ok(())
}

fn program(folder: &Path, arguments: &[&str]) -> anyhow::Result<Output> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nexusflow"));
    command.current_dir(folder).env_clear().stdin(Stdio::null()).arg("demo").args(arguments);
    Ok(command.output()?)
}

fn refusal(folder: &Path, arguments: &[&str]) -> anyhow::Result<String> {
    let Output { status, stderr, .. } = program(folder, arguments)?;
    let error = String::from_utf8(stderr)?;
    assert_eq!(status.code(), Some(1), "{error}");
    assert_eq!(error.trim_end().lines().count(), 1, "{error}");
    Ok(error)
}

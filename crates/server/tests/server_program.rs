//! The program itself: starting, being probed, being told to stop, and every way not to start.

mod live_support;

use std::net::TcpListener;

use live_support::{Running, program, refusal};
use reqwest::StatusCode;

#[tokio::test]
async fn it_starts_on_a_fresh_folder_answers_probes_and_stops_at_sigterm() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let running = Running::start(program(folder.path()))?;
    assert_eq!(running.get("/healthz").await?, (StatusCode::OK, r#"{"status":"ok"}"#.to_owned()));
    assert_eq!(running.get("/readyz").await?, (StatusCode::OK, r#"{"status":"ready"}"#.to_owned()));
    assert_eq!(running.get("/nothing").await?.0, StatusCode::NOT_FOUND);
    let check = program(folder.path()).args(["healthcheck", "--address", &running.address]).output()?;
    assert!(check.status.success(), "{}", String::from_utf8_lossy(&check.stderr));
    assert!(folder.path().join("nexusflow.db").is_file() && folder.path().join("nexusflow.token-key").is_file());
    assert_eq!(running.terminate()?, Some(0));
    let error = refusal(program(folder.path()).args(["healthcheck", "--address", "127.0.0.1:1"]))?;
    assert!(error.contains("does not answer"), "{error}");
    Ok(())
}

#[test]
fn what_keeps_it_from_starting_is_one_line_that_says_what_to_do() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let taken = TcpListener::bind("127.0.0.1:0")?;
    let address = taken.local_addr()?.to_string();
    let error = refusal(program(folder.path()).args(["serve", "--address", &address]))?;
    assert!(error.contains(&address) && error.contains("in use") && error.contains("--address"), "{error}");

    // Not even root writes there.
    let free = ["serve", "--address", "127.0.0.1:0"];
    let error = refusal(program(folder.path()).args(free).args(["--database-url", "sqlite:///proc/x/n.db?mode=rwc"]))?;
    assert!(error.contains("/proc/x/n.db") && error.contains("may this user write"), "{error}");

    let postgres = "postgres://ada:hidden@127.0.0.1:1/flow";
    let error = refusal(program(folder.path()).args(free).args(["--database-url", postgres]))?;
    assert!(error.contains("NEXUSFLOW_AUTH__TOKEN_SECRET") && !error.contains("hidden"), "{error}");

    let short = ("NEXUSFLOW_AUTH__TOKEN_SECRET", "short");
    let error = refusal(program(folder.path()).args(free).env(short.0, short.1))?;
    assert!(error.contains("auth.token_secret") && error.contains("32 bytes"), "{error}");

    let error = refusal(program(folder.path()).args(free).args(["--database-url", "mysql://db/flow"]))?;
    assert!(error.contains("database.url") && error.contains("postgres://"), "{error}");

    let error = refusal(program(folder.path()).args(free).env("NEXUSFLOW_HTTP__PORT", "80"))?;
    assert!(error.contains("port"), "{error}");
    Ok(())
}

#[test]
fn an_organization_is_created_once_and_its_audit_log_is_intact_and_exported() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let create = || {
        let mut command = program(folder.path());
        command.args(["organization", "create", "--name", "Example Ltd", "--slug", "example"]);
        command.args(["--admin-email", "ada@example.org", "--admin-name", "Ada"]);
        command
    };
    let error = refusal(&mut create())?;
    assert!(error.contains("NEXUSFLOW_ADMIN_PASSWORD"), "{error}");
    let error = refusal(create().env("NEXUSFLOW_ADMIN_PASSWORD", "short"))?;
    assert!(error.contains("admin.password: expected 12 to 200 characters"), "{error}");
    let password = ("NEXUSFLOW_ADMIN_PASSWORD", "a long sentence nobody guesses");
    let created = create().env(password.0, password.1).output()?;
    assert!(created.status.success(), "{}", String::from_utf8_lossy(&created.stderr));
    assert!(String::from_utf8(created.stdout)?.starts_with("organization org_"));
    let error = refusal(create().env(password.0, password.1))?;
    assert!(error.contains("already in use"), "{error}");

    let verified = program(folder.path()).args(["audit", "verify"]).output()?;
    assert_eq!(String::from_utf8(verified.stdout)?, "intact: 1 records in 1 streams checked\n");
    assert_eq!(verified.status.code(), Some(0));
    let exported = program(folder.path()).args(["audit", "export", "--out", "audit.jsonl"]).output()?;
    assert!(exported.status.success(), "{}", String::from_utf8_lossy(&exported.stderr));
    let text = std::fs::read_to_string(folder.path().join("audit.jsonl"))?;
    let line: serde_json::Value = serde_json::from_str(text.trim_end())?;
    assert_eq!((line["seq"].as_u64(), line["event"].as_str()), (Some(1), Some("ORGANIZATION_CREATED")));
    let unknown = ["audit", "export", "--request", "req_01970000000070008000000000000001"];
    assert!(refusal(program(folder.path()).args(unknown))?.contains("there is no request req_0197"));
    Ok(())
}

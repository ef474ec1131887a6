//! A replay that is told to stop leaves nothing behind.

mod database_support;
mod live_support;
mod replay_support;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use live_support::program;
use replay_support::Log;

#[test]
fn an_interrupted_replay_removes_its_throw_away_database() -> anyhow::Result<()> {
    let Some(log) = Log::find("receipt", "graph_im00_top90") else { return Ok(()) };
    for signal in ["-INT", "-TERM"] {
        let folder = tempfile::tempdir()?;
        let args = log.args("", false);
        let mut replay = program(folder.path());
        replay.env("TMPDIR", folder.path()).arg("replay").arg("--workflow").arg(&args.workflow);
        let mut child = replay.arg("--log").arg(&args.log).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        until("it has begun", || Ok(database_size(folder.path()) > 200_000 || child.try_wait()?.is_some()))?;
        Command::new("kill").args([signal, &child.id().to_string()]).status()?;
        until("it has ended", || Ok(child.try_wait()?.is_some()))?;
        let output = child.wait_with_output()?;
        let error = String::from_utf8(output.stderr)?;
        assert_eq!(output.status.code(), Some(1), "{error}");
        assert_eq!(error, "error: the replay was interrupted\n");
        assert_eq!(std::fs::read_dir(folder.path())?.count(), 0, "{signal}");
    }
    Ok(())
}

/// Bytes of what is in the folders of a folder.
fn database_size(folder: &Path) -> u64 {
    let folders = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let files = folders.flat_map(|folder| std::fs::read_dir(folder.path()).into_iter().flatten().flatten());
    files.filter_map(|file| Some(file.metadata().ok()?.len())).sum()
}

fn until(what: &str, mut so: impl FnMut() -> anyhow::Result<bool>) -> anyhow::Result<()> {
    let begin = Instant::now();
    while !so().context(what.to_owned())? {
        ensure!(begin.elapsed() < Duration::from_mins(1), "{what}: not within a minute");
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

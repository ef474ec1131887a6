//! Starts the benchmarks; what they measure is theirs.

use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context as _, ensure};

use crate::workspace::Workspace;

/// The server to measure on; without it a throw-away cluster that syncs every commit.
const DATABASE_URL: &str = "NEXUSFLOW_BENCH_DATABASE_URL";

/// Runs the benchmarks in release mode and passes their exit code on.
pub fn run(arguments: &[String]) -> anyhow::Result<ExitCode> {
    let workspace = Workspace::read()?;
    let mut benchmarks = workspace.cargo();
    benchmarks.args(["run", "--release", "--package", "nexusflow-benchmarks", "--"]).args(arguments);
    let cluster = match std::env::var_os(DATABASE_URL) {
        Some(_) => None,
        None => Some(Cluster::start(&workspace.root)?),
    };
    if let Some(cluster) = &cluster {
        benchmarks.env(DATABASE_URL, &cluster.url);
    }
    let status = benchmarks.status().context("cargo could not be started")?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}

/// A cluster of `scripts/postgres`, gone when dropped.
struct Cluster<'a> {
    root: &'a Path,
    folder: String,
    url: String,
}

impl<'a> Cluster<'a> {
    fn start(root: &'a Path) -> anyhow::Result<Self> {
        let folder = output(Command::new("mktemp").args(["-d", "-t", "nexusflow-bench.XXXXXX"]))?;
        let url = output(Command::new(root.join("scripts/postgres")).args(["start", "--durable", &folder]))?;
        Ok(Self { root, folder, url })
    }
}

impl Drop for Cluster<'_> {
    fn drop(&mut self) {
        // Nobody is left to tell; what cannot be stopped shows in the process list.
        let _ = Command::new(self.root.join("scripts/postgres")).args(["stop", &self.folder]).status();
    }
}

fn output(command: &mut Command) -> anyhow::Result<String> {
    let output = command.stderr(Stdio::inherit()).output().with_context(|| format!("{command:?}"))?;
    ensure!(output.status.success(), "{command:?} failed");
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

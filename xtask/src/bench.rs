//! Builds and starts the benchmarks; what they measure is theirs.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context as _, ensure};

use crate::workspace::Workspace;

/// The server to measure on; without it a throw-away cluster that syncs every commit.
const DATABASE_URL: &str = "NEXUSFLOW_BENCH_DATABASE_URL";
/// The program `pgbench`; without it the one beside the cluster's server.
const PGBENCH: &str = "NEXUSFLOW_BENCH_PGBENCH";
/// Where the results are written; without it `bench/results.json` in the target folder.
const JSON: &str = "NEXUSFLOW_BENCH_JSON";

/// Runs the benchmarks in release mode and passes their exit code on.
pub fn run(arguments: &[String]) -> anyhow::Result<ExitCode> {
    let workspace = Workspace::read()?;
    // Both in one call, so that they share what they are made of.
    let mut build = workspace.cargo();
    build.args(["build", "--release", "--package", "nexusflow-server", "--package", "nexusflow-benchmarks"]);
    ensure!(build.status().context("cargo could not be started")?.success(), "the benchmarks could not be built");
    let mut benchmarks = Command::new(workspace.target.join("release/nexusflow-benchmarks"));
    benchmarks.args(arguments);
    let cluster = match std::env::var_os(DATABASE_URL) {
        Some(_) => None,
        None => Some(Cluster::start(&workspace.root)?),
    };
    if let Some(cluster) = &cluster {
        benchmarks.env(DATABASE_URL, &cluster.url);
    }
    if std::env::var_os(PGBENCH).is_none() {
        benchmarks.env(PGBENCH, pgbench(&workspace.root)?);
    }
    if std::env::var_os(JSON).is_none() {
        benchmarks.env(JSON, workspace.target.join("bench/results.json"));
    }
    let status =
        benchmarks.status().with_context(|| format!("{} could not be started", benchmarks.get_program().display()))?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}

/// Where `scripts/postgres` finds PostgreSQL's programs.
fn pgbench(root: &Path) -> anyhow::Result<PathBuf> {
    let folder = output(Command::new(root.join("scripts/postgres")).arg("programs"))?;
    Ok(Path::new(&folder).join("pgbench"))
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
        let kind = output(Command::new("stat").args(["--file-system", "--format=%T", &folder]))?;
        ensure!(kind != "tmpfs", "{folder} is in memory, where nothing is synced; set TMPDIR to a folder on a disk");
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

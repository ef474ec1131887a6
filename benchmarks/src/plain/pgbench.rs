use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

use crate::database::Database;
use crate::load::Load;

/// More threads than this machine has processors would only take turns.
const THREADS: u64 = 2;

/// Runs `pgbench` on a database.
#[derive(Clone, Copy)]
pub struct Pgbench<'a> {
    pub program: &'a Path,
    pub database: &'a Database,
}

impl Pgbench<'_> {
    /// A script of prepared statements with so many clients, for at least a second; every transaction's
    /// latency is kept. Blocks.
    pub fn run(&self, script: &str, definitions: &[(String, String)], clients: u64, length: Duration) -> Result<Load> {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("script.sql");
        fs::write(&file, script)?;
        let mut command = Command::new(self.program);
        command.args(["--no-vacuum", "--protocol=prepared", "--log"]).arg("--file").arg(&file);
        command.args(["--client", &clients.to_string(), "--jobs", &THREADS.min(clients).to_string()]);
        command.args(["--time", &length.as_secs_f64().ceil().to_string()]);
        for (name, value) in definitions {
            command.arg("--define").arg(format!("{name}={value}"));
        }
        command.arg(&self.database.url).current_dir(folder.path());
        tokio::task::block_in_place(|| finished(&mut command, &folder))
    }
}

fn finished(command: &mut Command, folder: &TempDir) -> Result<Load> {
    let output = command.output().with_context(|| format!("cannot start {}", command.get_program().display()))?;
    let complaints = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success() && !complaints.contains("error"), "pgbench failed: {complaints}");
    let summary = String::from_utf8(output.stdout)?;
    let (operations, rate) = parse(&summary).with_context(|| format!("not a summary of pgbench: {summary}"))?;
    let latencies = latencies(folder.path())?;
    ensure!(latencies.len() == operations, "pgbench logged {} of {operations} transactions", latencies.len());
    Ok(Load {
        operations,
        elapsed: Duration::try_from_secs_f64(1.0 / rate)? * u32::try_from(operations)?,
        latencies,
        ..Load::default()
    })
}

/// How many transactions there were, and how many per second without the time of connecting.
fn parse(summary: &str) -> Option<(usize, f64)> {
    let after = |head: &str| summary.lines().find_map(|line| line.strip_prefix(head));
    let count = after("number of transactions actually processed: ")?;
    let rate = after("tps = ")?.split_whitespace().next()?;
    Some((count.split('/').next()?.parse().ok()?, rate.parse().ok()?))
}

/// Of every transaction: the third field of each line of the logs, in microseconds.
fn latencies(folder: &Path) -> Result<Vec<Duration>> {
    let mut latencies = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if !entry.file_name().to_string_lossy().starts_with("pgbench_log.") {
            continue;
        }
        for line in fs::read_to_string(entry.path())?.lines() {
            let micros = line.split(' ').nth(2).and_then(|field| field.parse().ok());
            latencies
                .push(Duration::from_micros(micros.with_context(|| format!("not a line of pgbench's log: {line}"))?));
        }
    }
    Ok(latencies)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_is_read() {
        let summary = "transaction type: x\nnumber of transactions actually processed: 18489\n\
            number of failed transactions: 0 (0.000%)\ntps = 9287.482469 (without initial connection time)\n";
        assert_eq!(parse(summary), Some((18_489, 9_287.482_469)));
        assert_eq!(parse("tps = fast"), None);
    }

    #[test]
    fn latencies_are_those_of_every_thread() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("pgbench_log.7"), "0 1 2141 0 1795287925 828177\n0 2 246 0 1795287925 828442\n")
            .unwrap();
        fs::write(folder.path().join("pgbench_log.7.1"), "1 1 33 0 1795287925 828177\n").unwrap();
        fs::write(folder.path().join("script.sql"), "COMMIT;").unwrap();
        let mut found = latencies(folder.path()).unwrap();
        found.sort_unstable();
        assert_eq!(found, [33, 246, 2_141].map(Duration::from_micros));
    }
}

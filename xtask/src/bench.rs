//! Starts the benchmarks; what they measure is theirs.

use std::process::ExitCode;

use anyhow::Context as _;

use crate::workspace::Workspace;

/// Runs the benchmarks in release mode and passes their exit code on.
pub fn run(arguments: &[String]) -> anyhow::Result<ExitCode> {
    let status = Workspace::read()?
        .cargo()
        .args(["run", "--release", "--package", "nexusflow-benchmarks", "--"])
        .args(arguments)
        .status()
        .context("cargo could not be started")?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}

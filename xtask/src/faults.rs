//! Starts the fault harness; what it does is its own.

use std::process::ExitCode;

use anyhow::{Context as _, ensure};

use crate::workspace::Workspace;

/// Builds the program and the harness, with the checks of development builds, runs the harness and passes its exit
/// code on.
pub fn run(arguments: &[String]) -> anyhow::Result<ExitCode> {
    let workspace = Workspace::read()?;
    let mut build = workspace.cargo();
    build.args(["build", "--workspace", "--bin", "nexusflow", "--bin", "faults"]);
    ensure!(build.status().context("cargo could not be started")?.success(), "the build failed");
    let folder = workspace.target.join("debug");
    let mut harness = std::process::Command::new(folder.join("faults"));
    harness.arg("--program").arg(folder.join("nexusflow")).arg("--root").arg(&workspace.root).args(arguments);
    let status = harness.status().context("the harness could not be started")?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}

//! The command line.

mod arguments;
mod audit;
mod audit_line;
mod healthcheck;
mod migrate;
mod organization;
mod serve;
mod verify;
mod verify_input;
mod verify_line;

use std::process::ExitCode;

use clap::Parser;

pub use arguments::{Cli, Command, CommonArgs, ServeArgs};

use crate::settings::{LogFormat, LogSettings};
use crate::{demo, output, replay, telemetry};

/// Runs the command line's command; errors become one line on standard error and exit code 1.
pub async fn run() -> ExitCode {
    let cli = Cli::parse();
    match dispatch(cli).await {
        Ok(code) => code,
        Err(error) => {
            output::error(&error);
            ExitCode::FAILURE
        }
    }
}

async fn dispatch(cli: Cli) -> anyhow::Result<ExitCode> {
    match cli.command.unwrap_or(Command::Serve(cli.serve)) {
        Command::Serve(args) => serve::serve(&args).await?,
        Command::Worker(args) => serve::worker(&args).await?,
        Command::Demo(args) => {
            quiet_logs()?;
            demo::run(args).await?;
        }
        Command::Replay(args) => {
            quiet_logs()?;
            replay::run(args).await?;
        }
        Command::Migrate(args) => migrate::run(&args).await?,
        Command::Organization { command } => {
            quiet_logs()?;
            organization::run(command).await?;
        }
        Command::Audit { command } => {
            quiet_logs()?;
            return audit::run(command).await;
        }
        Command::Verify(args) => return verify::run(&args),
        Command::Schema => output::line(nexusflow_graphql::sdl().trim_end())?,
        Command::Healthcheck(args) => healthcheck::run(&args).await?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Commands whose output is read by people or pipes log what goes wrong, and nothing else.
fn quiet_logs() -> anyhow::Result<()> {
    let filter = std::env::var("NEXUSFLOW_LOG__FILTER").unwrap_or_else(|_| "warn".to_owned());
    telemetry::start(&LogSettings { format: LogFormat::Pretty, filter })
}

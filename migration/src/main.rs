//! The `migration` command: applies, rolls back and lists schema migrations.

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::{Context, anyhow, bail};
use clap::{Parser, Subcommand};
use tracing_subscriber::EnvFilter;

/// Applies, rolls back and lists `NexusFlow`'s schema migrations.
#[derive(Parser)]
#[command(version, about)]
struct Cli {
    /// `postgres://user@host/database` or `sqlite://path?mode=rwc`
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, global = true)]
    database_url: Option<String>,

    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Apply pending migrations
    Up {
        /// At most this many; all of them when left out
        #[arg(short)]
        n: Option<u32>,
    },
    /// Roll applied migrations back, with the tables and rows that they created
    Down {
        /// How many
        #[arg(short, default_value_t = 1)]
        n: u32,
    },
    /// List the migrations
    Status,
    /// Roll everything back and apply everything anew; all rows are lost
    Fresh {
        /// Confirm that all rows may be lost
        #[arg(long)]
        yes: bool,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).init();
    match run(Cli::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Database errors already repeat their source. Nothing is left to be done when standard
            // error is closed.
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> anyhow::Result<()> {
    let url = cli.database_url.context("no database: give --database-url or set DATABASE_URL")?;
    if matches!(cli.command, Command::Fresh { yes: false }) {
        bail!("fresh deletes every row; confirm it with --yes");
    }
    let db = migration::connect(&url).await.map_err(|error| anyhow!("cannot open the database: {error}"))?;
    let lines = match cli.command {
        Command::Up { n } => describe("applied", migration::up(&db, n).await?),
        Command::Down { n } => describe("rolled back", migration::down(&db, Some(n)).await?),
        Command::Status => migration::states(&db)
            .await?
            .into_iter()
            .map(|state| {
                let word = if state.applied { "applied" } else { "pending" };
                format!("{word} {}", state.name)
            })
            .collect(),
        Command::Fresh { .. } => {
            migration::fresh(&db).await?;
            vec!["everything was rolled back and applied anew".to_owned()]
        }
    };
    db.close().await?;
    let mut out = io::stdout().lock();
    for line in lines {
        writeln!(out, "{line}").context("cannot write the result")?;
    }
    Ok(())
}

fn describe(verb: &str, names: Vec<String>) -> Vec<String> {
    if names.is_empty() {
        return vec!["nothing to do".to_owned()];
    }
    names.into_iter().map(|name| format!("{verb} {name}")).collect()
}

//! The command line of the fault harness; see `cargo xtask faults --help`.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, ValueEnum};
use nexusflow_faults::{DatabaseKind, Plan, Sabotage, run};
use tokio::signal::unix::{SignalKind, signal};

#[derive(Parser)]
#[command(name = "cargo xtask faults", about = "Does harm to servers under load and proves that nothing is lost")]
struct Arguments {
    /// How long faults go on, in seconds
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Decides which faults there are; a new one unless told otherwise
    #[arg(long)]
    seed: Option<u64>,
    /// On which database; one after the other unless told otherwise
    #[arg(long, value_enum)]
    database: Option<DatabaseKind>,
    /// The program
    #[arg(long, value_name = "FILE", hide = true)]
    program: PathBuf,
    /// The workspace
    #[arg(long, value_name = "FOLDER", hide = true)]
    root: PathBuf,
    /// Falsify what is left, to see that it is found
    #[arg(long, value_enum, hide = true)]
    sabotage: Option<Sabotage>,
}

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    tokio::select! {
        code = all(&arguments) => code,
        // Whatever was started is ended as it is dropped.
        interrupted = interruption() => interrupted.map(|()| ExitCode::FAILURE),
    }
}

async fn interruption() -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted?,
        _ = terminate.recv() => {}
    }
    Ok(())
}

async fn all(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let seed = arguments.seed.unwrap_or_else(|| u64::from(std::process::id()));
    let databases = arguments.database.map_or_else(|| DatabaseKind::value_variants().to_vec(), |one| vec![one]);
    let mut code = ExitCode::SUCCESS;
    for database in databases {
        say(&format!("database      {database:?}\nseed          {seed}"))?;
        let (program, root) = (arguments.program.clone(), arguments.root.clone());
        let mut finished =
            run(&Plan { program, root, database, duration: Duration::from_secs(arguments.seconds), seed }).await?;
        if let Some(sabotage) = arguments.sabotage {
            sabotage.apply(&mut finished).await?;
        }
        let verdict = finished.check()?;
        say(&format!("{verdict}\n"))?;
        if !verdict.is_clean() {
            code = ExitCode::FAILURE;
        }
    }
    Ok(code)
}

fn say(text: &str) -> std::io::Result<()> {
    writeln!(std::io::stdout().lock(), "{text}")
}

//! The benchmarks: what `NexusFlow` costs beside what the database alone would take, as ratios of
//! medians measured in one run, on `SQLite` and, when it is given one, on `PostgreSQL`.
//!
//! `cargo xtask bench` runs them with a throw-away `PostgreSQL` cluster that syncs every commit. They
//! talk to loopback addresses only and leave nothing behind. To add a measure: a module with a
//! function that gives [`report::Row`]s, called in [`measure`].

mod client;
mod completion;
mod fixture;
mod lists;
mod report;
mod target;

use std::io::Write;

use anyhow::Result;
use clap::Parser;

use crate::fixture::Fixture;
use crate::report::{Row, table};
use crate::target::Target;

#[derive(Parser)]
#[command(name = "bench", about = "NexusFlow's benchmarks, as ratios measured in one run")]
struct Arguments {
    /// A superuser's URL of a `PostgreSQL` server; without it only `SQLite` is measured
    #[arg(long, env = "NEXUSFLOW_BENCH_DATABASE_URL", hide_env_values = true)]
    database_url: Option<String>,
    /// How many requests the large lists have
    #[arg(long, default_value_t = 1_000_000)]
    requests: u64,
    /// How many samples each measure takes
    #[arg(long, default_value_t = 300)]
    samples: usize,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let mut rows = measure(Target::sqlite().await?, &arguments).await?;
    if let Some(url) = &arguments.database_url {
        rows.extend(measure(Target::postgres(url).await?, &arguments).await?);
    }
    std::io::stdout().lock().write_all(table(&rows).as_bytes())?;
    Ok(())
}

async fn measure(target: Target, arguments: &Arguments) -> Result<Vec<Row>> {
    let completion = Fixture::create(&target.application, &target.url, "completion").await?;
    let mut rows = completion::measure(&target, &completion, arguments.samples).await?;
    let lists = Fixture::create(&target.application, &target.url, "lists").await?;
    rows.extend(lists::measure(&target, &lists, arguments.requests, arguments.samples).await?);
    target.stop().await?;
    Ok(rows)
}

//! The benchmarks: what `NexusFlow` does beside what the database alone would, as ratios measured in one
//! run, on `SQLite` and, when it is given one, on `PostgreSQL`. `docs/benchmarks.md` says what each
//! measure is and how the yardstick is made.
//!
//! `cargo xtask bench` runs them with a throw-away `PostgreSQL` cluster that syncs every commit. They
//! talk to loopback addresses only and leave nothing behind. To add a measure: a module in `measures`
//! with a function that gives [`report::Row`]s, and its name in [`measures::Measure`].

mod api;
mod bench;
mod cpu;
mod database;
mod engine;
mod fill;
mod http;
mod ids;
mod load;
mod measures;
mod plain;
mod report;
mod rounds;
mod server;
mod stats;
mod table;
mod waves;
mod workflows;

use std::io::Write;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Parser;
use mimalloc::MiMalloc;

use crate::bench::{Arguments, Bench};
use crate::database::Place;
use crate::measures::Measure;
use crate::report::{Report, Row};
use crate::table::table;

/// As the server's.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    match report(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody is left to tell when this fails.
            let _ = tell(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// Measures, prints the table and writes the file.
async fn report(arguments: Arguments) -> Result<()> {
    let mut places = vec![Place::Sqlite];
    places.extend(arguments.database_url.clone().map(Place::Postgres));
    let mut report = Report::new(arguments.sizes());
    for place in places {
        let bench = Bench::new(&arguments, place)?;
        report.versions.push(bench.place.version().await?);
        for measure in arguments.measures().into_iter().filter(|measure| measure.is_for(&bench.place)) {
            tell(&format!("{}: {}", bench.place.name(), measure.name()))?;
            report.rows.extend(run(&bench, measure).await?);
        }
    }
    std::io::stdout().lock().write_all(table(&report.rows).as_bytes())?;
    report.write(&arguments.json)
}

async fn run(bench: &Bench, measure: Measure) -> Result<Vec<Row>> {
    measure.run(bench).await.with_context(|| format!("{} on {}", measure.name(), bench.place.name()))
}

/// Where the run is, for whoever waits.
fn tell(what: &str) -> std::io::Result<()> {
    writeln!(std::io::stderr().lock(), "{what}")
}

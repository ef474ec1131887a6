//! What the server's process holds, and how long it takes to start.

use std::thread::sleep;
use std::time::Duration;

use anyhow::Result;

use super::http;
use crate::bench::Bench;
use crate::database::Database;
use crate::engine::Engine;
use crate::report::{Goal, Row};
use crate::stats::{Spread, millis};
use crate::waves::Waves;
use crate::workflows;

const CONNECTIONS: usize = 256;
/// After a start, until the server counts as idle.
const REST: Duration = Duration::from_secs(5);

pub async fn measure(bench: &Bench) -> Result<Vec<Row>> {
    bench.on_database("memory", async |database, engine| rows(bench, database, engine).await).await
}

async fn rows(bench: &Bench, database: &Database, engine: &Engine) -> Result<Vec<Row>> {
    let workflow = engine.publish("Tasks", workflows::tasks()?).await?;
    let mut starts = Vec::new();
    for _ in 0..bench.sizes.starts {
        starts.push(millis(bench.serve(database)?.ready_after));
    }
    let server = bench.serve(database)?;
    sleep(REST.min(bench.sizes.memory));
    let (idle, _) = server.memory()?;
    let mut waves = Waves::new(engine, database, workflow, bench.sizes.wave);
    let mut connections = server.connect(CONNECTIONS)?;
    waves.run(bench.sizes.memory, async |steps| http::complete(&mut connections, &steps)).await?;
    let (after, most) = server.memory()?;
    drop(server);
    let seconds = bench.sizes.memory.as_secs();
    let row = |measure: &str, unit, figure| Row::figure(bench.place.name(), measure, unit, figure);
    Ok(vec![
        row("from start to ready, existing database", "ms", Spread::of(starts)).aiming(Goal::AtMost(150.0)),
        row("memory of an idle server", "MiB", Spread::exactly(idle)).aiming(Goal::AtMost(40.0)),
        row(&format!("most memory, {CONNECTIONS} callers for {seconds} s"), "MiB", Spread::exactly(most))
            .aiming(Goal::AtMost(150.0)),
        row("memory right after that", "MiB", Spread::exactly(after)),
    ])
}

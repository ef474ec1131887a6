//! Step transitions per second over HTTP.

use std::time::Duration;

use anyhow::Result;

use crate::api;
use crate::bench::Bench;
use crate::cpu::Meter;
use crate::database::Database;
use crate::engine::{Engine, OpenStep};
use crate::http::{Connection, Until, drive};
use crate::load::Load;
use crate::plain::Plain;
use crate::report::{Goal, Ratio, Row, cpu_rows};
use crate::rounds::alternate;
use crate::waves::Waves;
use crate::workflows;

const CONNECTIONS: usize = 64;

pub async fn measure(bench: &Bench) -> Result<Vec<Row>> {
    bench.on_database("http", async |database, engine| rows(bench, database, engine).await).await
}

async fn rows(bench: &Bench, database: &Database, engine: &Engine) -> Result<Vec<Row>> {
    let workflow = engine.publish("Tasks", workflows::tasks()?).await?;
    let mut plain = Plain::record(bench, database, engine, workflow).await?;
    let mut waves = Waves::new(engine, database, workflow, bench.sizes.wave);
    let server = bench.serve(database)?;
    let meter = Meter::new(server.process(), database).await?;
    let name = plain.name();
    database.settle().await?;
    let rounds = alternate(
        &bench.sizes,
        async |length| plain.best(length).await,
        async |length| {
            let mut connections = server.connect(CONNECTIONS)?;
            waves.run(length, async |steps| meter.measure(async { complete(&mut connections, &steps) }).await).await
        },
    );
    let rounds = rounds.await?;
    drop(server);
    let measure = format!("completeStep over HTTP, {CONNECTIONS} connections");
    let rates = Row::compared(
        bench.place.name(),
        measure.clone(),
        "/s",
        (name, Ratio::OursToTheirs),
        (&rounds, |round| (round.ours.rate(), round.theirs.rate())),
    );
    let goal = bench.on_postgres(Goal::AtLeast(2.0));
    Ok([rates.aiming(goal)].into_iter().chain(cpu_rows(&bench.place, &measure, &rounds)).collect())
}

/// Completes each of the steps, on all connections at a time.
pub fn complete(connections: &mut [Connection], steps: &[OpenStep]) -> Result<Load> {
    let bodies: Vec<String> = steps.iter().map(|step| api::complete(&api::step_id(step), "COMPLETED")).collect();
    let send = |connection: &mut Connection, place: usize| match bodies.get(place) {
        Some(body) => Ok(api::mutate(connection, body)?.0),
        None => Ok(Duration::ZERO),
    };
    tokio::task::block_in_place(|| drive(connections, Until::Count(bodies.len()), send))
}

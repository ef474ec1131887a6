//! Step transitions per second through the engine's port.

use anyhow::Result;

use crate::bench::Bench;
use crate::cpu::Meter;
use crate::database::Database;
use crate::engine::Engine;
use crate::plain::Plain;
use crate::report::{Goal, Ratio, Row, cpu_rows};
use crate::rounds::alternate;
use crate::waves::Waves;
use crate::workflows;

pub async fn measure(bench: &Bench) -> Result<Vec<Row>> {
    bench.on_database("transitions", async |database, engine| rows(bench, database, engine).await).await
}

async fn rows(bench: &Bench, database: &Database, engine: &Engine) -> Result<Vec<Row>> {
    let (callers, goal) = if bench.place.is_postgres() { (256, 6.0) } else { (64, 5.0) };
    let workflow = engine.publish("Tasks", workflows::tasks()?).await?;
    let mut plain = Plain::record(bench, database, engine, workflow).await?;
    let mut waves = Waves::new(engine, database, workflow, bench.sizes.wave);
    let meter = Meter::new(std::process::id(), database).await?;
    let name = plain.name();
    database.settle().await?;
    let rounds = alternate(
        &bench.sizes,
        async |length| plain.best(length).await,
        async |length| waves.run(length, async |steps| meter.measure(engine.complete(steps, callers)).await).await,
    );
    let rounds = rounds.await?;
    let measure = format!("step transitions through the port, {callers} callers");
    let rates = Row::compared(
        bench.place.name(),
        measure.clone(),
        "/s",
        (name, Ratio::OursToTheirs),
        (&rounds, |round| (round.ours.rate(), round.theirs.rate())),
    );
    let rates = rates.aiming(Goal::AtLeast(goal));
    Ok([rates].into_iter().chain(cpu_rows(&bench.place, &measure, &rounds)).collect())
}

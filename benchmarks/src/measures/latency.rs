//! How long a transition of one caller alone takes.

use anyhow::Result;

use super::http;
use crate::bench::Bench;
use crate::database::Database;
use crate::engine::Engine;
use crate::plain::Plain;
use crate::report::{Goal, Ratio, Row};
use crate::rounds::{Round, alternate};
use crate::waves::Waves;
use crate::workflows;

/// Requests per wave: few, because one caller is slower than many.
const WAVE: usize = 256;

pub async fn measure(bench: &Bench) -> Result<Vec<Row>> {
    bench.on_database("latency", async |database, engine| rows(bench, database, engine).await).await
}

async fn rows(bench: &Bench, database: &Database, engine: &Engine) -> Result<Vec<Row>> {
    let workflow = engine.publish("Tasks", workflows::tasks()?).await?;
    let mut plain = Plain::record(bench, database, engine, workflow).await?;
    let mut waves = Waves::new(engine, database, workflow, WAVE);
    database.settle().await?;
    let port = alternate(
        &bench.sizes,
        async |length| plain.run(1, length).await,
        async |length| waves.run(length, async |steps| engine.complete(steps, 1).await).await,
    );
    let port = port.await?;
    let server = bench.serve(database)?;
    let over_http = alternate(
        &bench.sizes,
        async |length| plain.run(1, length).await,
        async |length| {
            let mut connection = server.connect(1)?;
            waves.run(length, async |steps| http::complete(&mut connection, &steps)).await
        },
    );
    let over_http = over_http.await?;
    drop(server);
    let median = |measure: &str, rounds: &[Round]| {
        let against = ("plain, one client", Ratio::OursToTheirs);
        let medians = |round: &Round| (round.ours.latency(50), round.theirs.latency(50));
        Row::compared(bench.place.name(), measure, "ms", against, (rounds, medians))
    };
    let goal = bench.on_postgres(Goal::AtMost(1.3));
    Ok(vec![
        median("a transition through the port, one caller, median", &port).aiming(goal),
        median("completeStep over HTTP, one connection, median", &over_http),
    ])
}

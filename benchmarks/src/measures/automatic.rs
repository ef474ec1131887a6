//! Requests of automatic steps, started over HTTP, until they are completed.

use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use serde_json::json;

use crate::api;
use crate::bench::Bench;
use crate::cpu::Meter;
use crate::database::Database;
use crate::engine::Engine;
use crate::http::{Connection, Until, drive};
use crate::plain::Plain;
use crate::report::{Goal, Ratio, Row, cpu_rows};
use crate::rounds::alternate;
use crate::stats::number;
use crate::workflows::{self, AUTOMATIC_STEPS};

/// Requests in flight.
const CONNECTIONS: usize = 64;
/// Between two looks at a request that goes on after its start was answered.
const PAUSE: Duration = Duration::from_millis(2);
/// No request takes longer.
const PATIENCE: Duration = Duration::from_secs(30);
const STATUS: &str = "query($id: ID!) { request(id: $id) { status } }";
const COMPLETED: &str = "COMPLETED";

pub async fn measure(bench: &Bench) -> Result<Vec<Row>> {
    bench.on_database("automatic", async |database, engine| rows(bench, database, engine).await).await
}

async fn rows(bench: &Bench, database: &Database, engine: &Engine) -> Result<Vec<Row>> {
    let tasks = engine.publish("Tasks", workflows::tasks()?).await?;
    let mut plain = Plain::record(bench, database, engine, tasks).await?;
    let start = api::start(engine.publish("Automatic steps", workflows::automatic()?).await?)?;
    let server = bench.serve(database)?;
    let meter = Meter::new(server.process(), database).await?;
    let name = plain.name();
    database.settle().await?;
    let rounds = alternate(
        &bench.sizes,
        async |length| plain.best(length).await,
        async |length| {
            let mut connections = server.connect(CONNECTIONS)?;
            let run = |connection: &mut Connection, _| complete(connection, &start);
            let load = async { tokio::task::block_in_place(|| drive(&mut connections, Until::Passed(length), run)) };
            meter.measure(load).await
        },
    );
    let rounds = rounds.await?;
    drop(server);
    let measure = format!("requests of {AUTOMATIC_STEPS} automatic steps over HTTP, {CONNECTIONS} in flight");
    let steps = Row::compared(
        bench.place.name(),
        measure.clone(),
        "steps/s",
        (name, Ratio::OursToTheirs),
        (&rounds, |round| (round.ours.rate() * number(AUTOMATIC_STEPS), round.theirs.rate())),
    );
    let mut rows = vec![steps.aiming(bench.on_postgres(Goal::AtLeast(3.0)))];
    for (place, row) in cpu_rows(&bench.place, &measure, &rounds).into_iter().enumerate() {
        let goal = (place == 0).then_some(Goal::AtMost(0.6)).and_then(|goal| bench.on_postgres(goal));
        rows.push(row.aiming(goal));
    }
    Ok(rows)
}

/// Starts a request and waits until it is completed, if it is not when its start is answered.
fn complete(connection: &mut Connection, start: &str) -> Result<Duration> {
    let begun = Instant::now();
    let (id, mut status, _) = api::started(connection.post(start)?)?;
    let ask = api::body(STATUS, &json!({ "id": id }));
    while status != COMPLETED {
        ensure!(status == "IN_PROGRESS" && begun.elapsed() < PATIENCE, "the request {id} is {status}");
        sleep(PAUSE);
        status = api::text(&api::data(connection.post(&ask)?)?["request"]["status"])?;
    }
    Ok(begun.elapsed())
}

//! Requests with one approval, over HTTP: start, approve, completed. How long the slowest approvals take.

use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::api;
use crate::bench::Bench;
use crate::database::Database;
use crate::engine::Engine;
use crate::http::{Connection, Until, drive};
use crate::plain::Plain;
use crate::report::{Goal, Ratio, Row};
use crate::rounds::{Round, alternate};
use crate::workflows;

/// Requests in flight.
const CONNECTIONS: usize = 64;
/// Of the yardstick, whose slowest transactions these are measured by.
const CLIENTS: u64 = 32;

pub async fn measure(bench: &Bench) -> Result<Vec<Row>> {
    bench.on_database("approval", async |database, engine| rows(bench, database, engine).await).await
}

async fn rows(bench: &Bench, database: &Database, engine: &Engine) -> Result<Vec<Row>> {
    let tasks = engine.publish("Tasks", workflows::tasks()?).await?;
    let mut plain = Plain::record(bench, database, engine, tasks).await?;
    let start = api::start(engine.publish("Approval", workflows::approval()?).await?)?;
    let server = bench.serve(database)?;
    database.settle().await?;
    let rounds = alternate(
        &bench.sizes,
        async |length| plain.run(CLIENTS, length).await,
        async |length| {
            let mut connections = server.connect(CONNECTIONS)?;
            let run = |connection: &mut Connection, _| approve(connection, &start);
            tokio::task::block_in_place(|| drive(&mut connections, Until::Passed(length), run))
        },
    );
    let rounds = rounds.await?;
    drop(server);
    let name = if bench.place.is_postgres() { "plain, 32 clients" } else { "plain, one thread" };
    let row = |percent: usize| {
        let measure = format!("approve call over HTTP, {CONNECTIONS} in flight, percentile {percent}");
        let latencies = |round: &Round| (round.ours.latency(percent), round.theirs.latency(percent));
        Row::compared(bench.place.name(), measure, "ms", (name, Ratio::OursToTheirs), (&rounds, latencies))
    };
    let goal = bench.on_postgres(Goal::AtMost(5.0));
    Ok(vec![row(99).aiming(goal), row(50)])
}

/// Starts a request, approves it and sees it completed; how long the approval took.
fn approve(connection: &mut Connection, start: &str) -> Result<Duration> {
    let (_, status, step) = api::started(connection.post(start)?)?;
    let step = step.with_context(|| format!("the request is {status} and has no open step"))?;
    let (took, answer) = api::mutate(connection, &api::complete(&step, "APPROVED"))?;
    let status = &api::data(answer)?["completeStep"]["request"]["status"];
    ensure!(status == "COMPLETED", "the approved request is {status}");
    Ok(took)
}

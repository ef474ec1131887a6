//! A page of requests with the name of the workflow and the steps with their names, against one statement
//! that builds the same answer.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use nexusflow_domain::ids::RequestId;
use serde_json::{Value, json};

use super::nested_statement::NestedStatement;
use crate::api;
use crate::bench::Bench;
use crate::database::Database;
use crate::engine::Engine;
use crate::fill::{Journal, Model};
use crate::http::{Connection, Until, drive};
use crate::ids::{Kind, NumberedIds};
use crate::plain::Pgbench;
use crate::report::{Goal, Ratio, Row};
use crate::rounds::alternate;
use crate::workflows;

const CONNECTIONS: usize = 16;
/// The task that is open in a request: its fifth step.
const TASK: usize = 4;
/// Both sides read these pages, in turn or at random.
pub const PAGES: u64 = 64;
pub const PAGE: u64 = 20;
const QUERY: &str = "query($after: String) { requests(first: 20, after: $after) \
    { nodes { id title status workflow { name } steps { status step { name } } } } }";
const CURSOR: &str = "query($after: String) { requests(first: 20, after: $after) \
    { nodes { id } pageInfo { endCursor } } }";

pub async fn measure(bench: &Bench) -> Result<Vec<Row>> {
    bench.on_database("nested", async |database, engine| rows(bench, database, engine).await).await
}

async fn rows(bench: &Bench, database: &Database, engine: &Engine) -> Result<Vec<Row>> {
    let ids = fill(engine, database, bench.sizes.nested).await?;
    let server = bench.serve(database)?;
    let bodies = pages(&mut server.connect(1)?, &ids, bench.sizes.nested)?;
    let last = last_number(bench.sizes.nested, 0);
    let statement = NestedStatement::new(database, Pgbench { program: &bench.pgbench, database }, ids, last);
    let statement = statement.await?;
    compare(&mut server.connect(1)?, &bodies, &statement).await?;
    let rounds = alternate(
        &bench.sizes,
        async |length| statement.run(CONNECTIONS, length).await,
        async |length| {
            let mut connections = server.connect(CONNECTIONS)?;
            let read = |connection: &mut Connection, place: usize| read(connection, &bodies, place);
            tokio::task::block_in_place(|| drive(&mut connections, Until::Passed(length), read))
        },
    );
    let rounds = rounds.await?;
    drop(server);
    let row = Row::compared(
        bench.place.name(),
        format!("nested read over HTTP, {CONNECTIONS} connections, {} requests", bench.sizes.nested),
        "/s",
        ("one statement with JSON", Ratio::OursToTheirs),
        (&rounds, |round| (round.ours.rate(), round.theirs.rate())),
    );
    Ok(vec![row.aiming(bench.on_postgres(Goal::AtLeast(0.35)))])
}

/// Copies of a request with all its steps.
async fn fill(engine: &Engine, database: &Database, requests: u64) -> Result<NumberedIds> {
    let workflow = engine.publish("Tasks", workflows::tasks()?).await?;
    let model = Model::at_task(engine, database, workflow, TASK).await?;
    let ids = NumberedIds::at_time_of(model.request)?;
    model.copy(database, &ids, 0..requests, Journal::LeftOut).await?;
    database.settle().await?;
    Ok(ids)
}

/// A query for each of the pages, by the cursor of the page before; the pages of the statement are the same.
fn pages(connections: &mut [Connection], ids: &NumberedIds, requests: u64) -> Result<Vec<String>> {
    let connection = connections.first_mut().context("no connection")?;
    let (mut after, mut bodies) = (json!(null), Vec::new());
    for page in 0..PAGES {
        let found = api::data(connection.post(&api::body(CURSOR, &json!({ "after": after })))?)?["requests"].take();
        let last = found["nodes"].as_array().and_then(|nodes| nodes.last()).context("no page")?;
        let expected = RequestId::from_uuid(ids.id(Kind::Request, last_number(requests, page))?).to_string();
        ensure!(last["id"] == expected, "expected the page to end with {expected}, found {last}");
        after = found["pageInfo"]["endCursor"].clone();
        bodies.push(api::body(QUERY, &json!({ "after": after })));
    }
    Ok(bodies)
}

/// The copy with which a page ends. The first page begins with the copies' model, which is the newest.
const fn last_number(requests: u64, page: u64) -> u64 {
    requests - PAGE * (page + 1) + 1
}

fn read(connection: &mut Connection, bodies: &[String], place: usize) -> Result<Duration> {
    let body = bodies.get(place % bodies.len()).context("no query")?;
    let begun = Instant::now();
    let answer = connection.post(body)?;
    ensure!(answer.starts_with(b"{\"data\":{\"requests\":{"), "{}", String::from_utf8_lossy(answer));
    Ok(begun.elapsed())
}

/// An error unless both sides give the same answer.
async fn compare(connections: &mut [Connection], bodies: &[String], statement: &NestedStatement<'_>) -> Result<()> {
    let (connection, body) = connections.first_mut().zip(bodies.first()).context("no connection or query")?;
    let ours = api::data(connection.post(body)?)?["requests"].take();
    let theirs: Value = serde_json::from_str(&statement.answer(0).await?)?;
    ensure!(ours == theirs, "the answers differ:\n{ours}\n{theirs}");
    Ok(())
}

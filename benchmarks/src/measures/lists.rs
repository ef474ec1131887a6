//! First pages of inbox and request list, at few requests and at many.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::json;

use crate::api;
use crate::bench::Bench;
use crate::database::Database;
use crate::engine::Engine;
use crate::fill::{Journal, Model};
use crate::http::{Connection, Until, drive};
use crate::ids::NumberedIds;
use crate::load::Load;
use crate::report::{Ratio, Row};
use crate::rounds::alternate;
use crate::server::Server;
use crate::workflows;

const FEW: u64 = 100;

const LISTS: [(&str, &str, &str); 2] = [
    (
        "inbox",
        "inbox",
        "query { inbox(first: 20) { edges { node { id deadline step { name } request { id title } } } \
        pageInfo { hasNextPage } } }",
    ),
    (
        "request list",
        "requests",
        "query { requests(first: 20, filter: { statuses: [IN_PROGRESS] }) \
        { edges { node { id title status dueAt workflow { name } } } pageInfo { hasNextPage } } }",
    ),
];

pub async fn measure(bench: &Bench) -> Result<Vec<Row>> {
    let few = bench.on_database("few", async |few, engine| {
        let of_few = filled(bench, few, engine, FEW).await?;
        let many = bench.on_database("many", async |many, engine| {
            let of_many = filled(bench, many, engine, bench.sizes.lists).await?;
            rows(bench, &of_few, &of_many).await
        });
        many.await
    });
    few.await
}

async fn rows(bench: &Bench, few: &Server, many: &Server) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for (name, field, query) in LISTS {
        let body = api::body(query, &json!({}));
        let rounds = alternate(
            &bench.sizes,
            async |length| read(few, field, &body, length),
            async |length| read(many, field, &body, length),
        );
        rows.push(Row::compared(
            bench.place.name(),
            format!("{name}, first page over HTTP at {} requests, median", bench.sizes.lists),
            "ms",
            (&format!("at {FEW}"), Ratio::OursToTheirs),
            (&rounds.await?, |round| (round.ours.latency(50), round.theirs.latency(50))),
        ));
    }
    Ok(rows)
}

/// A server on copies of a request at its first task.
async fn filled(bench: &Bench, database: &Database, engine: &Engine, requests: u64) -> Result<Server> {
    let workflow = engine.publish("Tasks", workflows::tasks()?).await?;
    let model = Model::at_task(engine, database, workflow, 1).await?;
    model.copy(database, &NumberedIds::at_time_of(model.request)?, 0..requests, Journal::LeftOut).await?;
    database.settle().await?;
    bench.serve(database)
}

/// The page again and again, one call at a time.
fn read(server: &Server, field: &str, body: &str, length: Duration) -> Result<Load> {
    let ask = |connection: &mut Connection, _| {
        let begun = Instant::now();
        let answer = connection.post(body)?;
        let took = begun.elapsed();
        let data = api::data(answer)?;
        let rows = data[field]["edges"].as_array().context("expected a page")?.len();
        ensure!(rows == 20, "expected a full page, got {rows} rows");
        Ok(took)
    };
    tokio::task::block_in_place(|| drive(&mut server.connect(1)?, Until::Passed(length), ask))
}

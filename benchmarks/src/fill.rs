//! Copies of a request, rows by the thousand, that the engine can go on with: a copy's state and rows
//! name its own ids. Its journal repeats the model's words, so that `audit verify` would refuse it.

use std::ops::Range;

use anyhow::{Context, Result};
use nexusflow_domain::ids::WorkflowId;
use sea_orm::{DbBackend, Value};
use uuid::Uuid;

use crate::database::Database;
use crate::engine::Engine;
use crate::ids::{Kind, NumberedIds};
use crate::waves::open_steps;

/// Rows per statement.
const CHUNK: u64 = 20_000;
const REQUESTS: &str = "workflow_requests";
const STEPS: &str = "request_steps";
const RECORDS: &str = "audit_logs";

/// What is copied of a request besides its own row and its steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Journal {
    Copied,
    LeftOut,
}

/// A request to be copied.
pub struct Model {
    pub request: Uuid,
    /// In order.
    steps: Vec<Uuid>,
    /// Which of them is open.
    open: usize,
    state: String,
    records: u64,
}

impl Model {
    /// A new request of the long workflow whose how many-th task is open.
    pub async fn at_task(engine: &Engine, database: &Database, workflow: WorkflowId, task: usize) -> Result<Self> {
        let requests = engine.start(workflow, 1).await?;
        for _ in 1..task {
            engine.complete(open_steps(database, &requests).await?, 1).await?;
        }
        Self::read(database, requests.first().context("no request")?.uuid()).await
    }

    /// A request as it stands.
    pub async fn read(database: &Database, request: Uuid) -> Result<Self> {
        let sql = format!("SELECT id, status = 'ACTIVE' FROM {STEPS} WHERE request_id = $1 ORDER BY id");
        let steps = database.rows(&sql, [request.into()]).await?;
        let open: Vec<bool> = steps.iter().map(|row| row.try_get_by_index(1)).collect::<Result<_, _>>()?;
        let of = database.id_list([&request]);
        let records = format!("SELECT count(*) FROM {RECORDS} WHERE request_id IN {of}");
        Ok(Self {
            request,
            steps: steps.iter().map(|row| row.try_get_by_index(0)).collect::<Result<_, _>>()?,
            open: open.iter().position(|&is_open| is_open).context("the model has no open step")?,
            state: database.value(&format!("SELECT state FROM {REQUESTS} WHERE id IN {of}")).await?,
            records: u64::try_from(database.value::<i64>(&records).await?)?,
        })
    }

    /// The kind of the open step's id in copies.
    pub const fn open_step(&self) -> Kind {
        Kind::Step(self.open)
    }

    /// How many steps and journal rows a copy has.
    pub fn size(&self) -> (u64, u64) {
        (self.steps.len() as u64, self.records)
    }

    /// One copy per number, with ids of that number.
    pub async fn copy(
        &self,
        database: &Database,
        ids: &NumberedIds,
        numbers: Range<u64>,
        journal: Journal,
    ) -> Result<()> {
        let mut statements = vec![
            insert(database, REQUESTS, "id", |column| self.request_column(database.backend(), ids, column)).await?,
            insert(database, STEPS, "request_id", |column| self.step_column(database.backend(), ids, column)).await?,
        ];
        if journal == Journal::Copied {
            let record = |column: &str| record_column(database.backend(), ids, column);
            statements.push(insert(database, RECORDS, "request_id", record).await?);
        }
        begin(database).await?;
        let mut from = numbers.start;
        while from < numbers.end {
            let until = (from + CHUNK).min(numbers.end);
            for sql in &statements {
                let values: [Value; 3] =
                    [i64::try_from(from)?.into(), i64::try_from(until - 1)?.into(), self.request.into()];
                database.rows(sql, values).await?;
            }
            from = until;
        }
        end(database).await
    }

    fn request_column(&self, backend: DbBackend, ids: &NumberedIds, column: &str) -> Option<String> {
        match column {
            "id" => Some(ids.column(backend, Kind::Request, "i")),
            "state" => {
                let named = self.named(backend, ids).into_iter().filter(|(id, _)| self.state.contains(id.as_str()));
                Some(named.fold("m.state".to_owned(), |text, (id, own)| format!("replace({text}, '{id}', {own})")))
            }
            _ => None,
        }
    }

    fn step_column(&self, backend: DbBackend, ids: &NumberedIds, column: &str) -> Option<String> {
        match column {
            "request_id" => Some(ids.column(backend, Kind::Request, "i")),
            "id" => {
                let places = self.steps.iter().enumerate().map(|(place, step)| {
                    let step = if backend == DbBackend::Postgres {
                        format!("'{step}'")
                    } else {
                        format!("x'{}'", step.simple())
                    };
                    format!("WHEN {step} THEN {}", ids.column(backend, Kind::Step(place), "i"))
                });
                Some(format!("CASE m.id {} END", places.collect::<Vec<_>>().join(" ")))
            }
            _ => None,
        }
    }

    /// The ids that a state may name, and what stands in their place in a copy's.
    fn named(&self, backend: DbBackend, ids: &NumberedIds) -> Vec<(String, String)> {
        let request = (self.request.to_string(), ids.text(backend, Kind::Request, "i"));
        let step = |(place, step): (usize, &Uuid)| (step.to_string(), ids.text(backend, Kind::Step(place), "i"));
        [request].into_iter().chain(self.steps.iter().enumerate().map(step)).collect()
    }
}

fn record_column(backend: DbBackend, ids: &NumberedIds, column: &str) -> Option<String> {
    match column {
        "request_id" => Some(ids.column(backend, Kind::Request, "i")),
        "id" => Some(ids.column(backend, Kind::Record, "i")),
        _ => None,
    }
}

/// Copies a model's rows of a table for the numbers $1 to $2: each column as `own` says, else as it is.
async fn insert(database: &Database, table: &str, key: &str, own: impl Fn(&str) -> Option<String>) -> Result<String> {
    let columns = database.columns(table).await?;
    let values: Vec<String> =
        columns.iter().map(|column| own(column).unwrap_or_else(|| format!("m.{column}"))).collect();
    // Both databases take WITH after the column list.
    let series = match database.backend() {
        DbBackend::Postgres => "WITH series AS (SELECT generate_series($1::bigint, $2::bigint) AS i)",
        _ => "WITH RECURSIVE series(i) AS (SELECT $1 UNION ALL SELECT i + 1 FROM series WHERE i < $2)",
    };
    Ok(format!(
        "INSERT INTO {table} ({}) {series} SELECT {} FROM series, {table} m WHERE m.{key} = $3",
        columns.join(", "),
        values.join(", ")
    ))
}

/// The copies fit together as their model does: foreign keys need not be looked up for each row, and
/// nobody waits for their commits.
async fn begin(database: &Database) -> Result<()> {
    let sql = match database.backend() {
        DbBackend::Postgres => "SET session_replication_role = replica; SET synchronous_commit = off",
        _ => "PRAGMA foreign_keys = OFF; PRAGMA synchronous = OFF",
    };
    database.execute(sql).await
}

async fn end(database: &Database) -> Result<()> {
    let sql = match database.backend() {
        DbBackend::Postgres => "RESET session_replication_role; RESET synchronous_commit",
        _ => "PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL",
    };
    database.execute(sql).await
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use clap::Parser;
    use nexusflow_domain::ids::RequestId;

    use super::*;
    use crate::bench::{Arguments, Bench};
    use crate::database::Place;
    use crate::workflows;

    #[tokio::test]
    async fn the_engine_goes_on_with_copies() {
        let sizes = Arguments::parse_from(["bench", "--quick"]).sizes();
        let bench = Bench { place: Place::Sqlite, sizes, server: PathBuf::new(), pgbench: PathBuf::new() };
        let completed = bench.on_database("fill", async |database, engine| {
            let workflow = engine.publish("Tasks", workflows::tasks()?).await?;
            let model = Model::at_task(engine, database, workflow, 3).await?;
            let ids = NumberedIds { start: NumberedIds::at_time_of(model.request)?.start - 10_000, step: 1_000 };
            model.copy(database, &ids, 2..5, Journal::Copied).await?;
            let copies = (2..5).map(|number| Ok(RequestId::from_uuid(ids.id(Kind::Request, number)?)));
            let copies = copies.collect::<Result<Vec<_>>>()?;
            for _ in 0..2 {
                engine.complete(open_steps(database, &copies).await?, 2).await?;
            }
            let (steps, records) = model.size();
            let copy = Model::read(database, copies[1].uuid()).await?;
            assert_eq!(copy.size(), (steps + 2, records + 4));
            assert!(
                !copy.state.contains(&model.request.to_string()) && copy.state.contains(&copies[1].uuid().to_string())
            );
            Ok(())
        });
        completed.await.unwrap();
    }
}

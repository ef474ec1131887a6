//! One step completion through the API against the plain transaction of the same rows.

use std::time::Instant;

use anyhow::{Context, Result};
use sea_orm::{ConnectionTrait, DatabaseConnection, QueryResult, Statement, TransactionTrait, Value};
use serde_json::json;
use uuid::Uuid;

use crate::fixture::Fixture;
use crate::report::{Row, Summary};
use crate::target::Target;

const COMPLETE: &str =
    "mutation($input: CompleteStepInput!) { completeStep(input: $input) { request { id status } errors { message } } }";

/// Alternates the two, so that whatever else the machine does falls on both.
pub async fn measure(target: &Target, fixture: &Fixture, samples: usize) -> Result<Vec<Row>> {
    let (mut api, mut plain) = (Vec::new(), Vec::new());
    let (model, step) = fixture.start().await?;
    fixture.client.call(COMPLETE, input(&step)).await?;
    let rows = Rows::read(&target.connection, uuid(&model)?).await?;
    for sample in 0..samples + samples / 10 {
        let (_, step) = fixture.start().await?;
        let (_, took) = fixture.client.timed(COMPLETE, input(&step)).await?;
        let (request, step) = fixture.start().await?;
        let start = Instant::now();
        // A step's global id holds its request's UUID and its own.
        rows.write(&target.connection, uuid(&request)?, Uuid::try_parse(&step[36..])?).await?;
        // The first tenth warms up caches and prepared statements.
        if sample >= samples / 10 {
            api.push(took);
            plain.push(start.elapsed());
        }
    }
    let (api, plain) = (Summary::of(api), Summary::of(plain));
    let ratio = Some(("plain transaction".to_owned(), api.ratio(plain)));
    let row =
        |measure: &str, summary, ratio| Row { database: target.name, measure: measure.to_owned(), summary, ratio };
    Ok(vec![
        row("plain transaction of a completion's rows", plain, None),
        row("completeStep over HTTP, one caller", api, ratio),
    ])
}

fn input(step: &str) -> serde_json::Value {
    json!({ "input": { "stepId": step, "outcome": "COMPLETED", "comment": "done" } })
}

/// The UUID in a global id.
fn uuid(id: &str) -> Result<Uuid> {
    let (_, hex) = id.split_once('_').context("expected a global id")?;
    Ok(Uuid::try_parse(&hex[..32])?)
}

/// What a completion wrote for a model request, to be written again for others.
struct Rows {
    request: Vec<Value>,
    step: Vec<Value>,
    records: Vec<Vec<Value>>,
}

const REQUEST: [&str; 6] = ["status", "variables", "state", "version", "audit_hash", "updated_at"];
const STEP: [&str; 19] = [
    "organization_id",
    "workflow_step_id",
    "step_key",
    "status",
    "is_human",
    "attempt",
    "required_role_id",
    "assignee_id",
    "claimed_by",
    "outcome",
    "completed_by",
    "comment",
    "started_at",
    "completed_at",
    "deadline",
    "due_order",
    "created_at",
    "request_id",
    "id",
];
const RECORD: [&str; 16] = [
    "organization_id",
    "seq",
    "event",
    "actor_id",
    "request_step_id",
    "payload",
    "before",
    "after",
    "ip",
    "user_agent",
    "correlation_id",
    "occurred_at",
    "prev_hash",
    "hash",
    "request_id",
    "id",
];

impl Rows {
    async fn read(connection: &DatabaseConnection, request: Uuid) -> Result<Self> {
        let select = |columns: &[&str], table: &str, condition: &str| {
            format!("SELECT {} FROM {table} WHERE {condition}", columns.join(", "))
        };
        let of = |sql: String| Statement::from_sql_and_values(connection.get_database_backend(), sql, [request.into()]);
        let row = connection.query_one_raw(of(select(&REQUEST, "workflow_requests", "id = $1"))).await?;
        let open = select(&STEP, "request_steps", "request_id = $1 AND step_key = 'second'");
        let step = connection.query_one_raw(of(open)).await?;
        let last = "request_id = $1 AND event IN ('STEP_COMPLETED', 'STEP_ACTIVATED') ORDER BY seq DESC LIMIT 2";
        let records = connection.query_all_raw(of(select(&RECORD, "audit_logs", last))).await?;
        Ok(Self {
            request: values(&row.context("no request")?, &REQUEST)?,
            step: values(&step.context("no step")?, &STEP)?,
            records: records.iter().map(|record| values(record, &RECORD)).collect::<Result<_>>()?,
        })
    }

    /// The completion's rows as one plain transaction, statement by statement.
    async fn write(&self, connection: &DatabaseConnection, request: Uuid, step: Uuid) -> Result<()> {
        let backend = connection.get_database_backend();
        let transaction = connection.begin().await?;
        let run = async |sql: String, values: Vec<Value>| {
            transaction.execute_raw(Statement::from_sql_and_values(backend, sql, values)).await
        };
        let sets: Vec<String> = (1..).zip(REQUEST).map(|(i, column)| format!("{column} = ${i}")).collect();
        let mut update = self.request.clone();
        update.push(request.into());
        run(format!("UPDATE workflow_requests SET {} WHERE id = $7 AND version < $4", sets.join(", ")), update).await?;
        let done = "UPDATE request_steps SET status = 'COMPLETED', outcome = 'COMPLETED', comment = 'done', \
                    completed_at = started_at WHERE request_id = $1 AND id = $2";
        run(done.to_owned(), vec![request.into(), step.into()]).await?;
        let mut opened = self.step.clone();
        opened[17] = request.into();
        opened[18] = fresh(request).into();
        run(insert("request_steps", &STEP), opened).await?;
        for (i, record) in self.records.iter().enumerate() {
            let mut record = record.clone();
            record[1] = (1_000_000_i64 + i64::try_from(i)?).into();
            record[14] = request.into();
            record[15] = fresh(request).into();
            run(insert("audit_logs", &RECORD), record).await?;
        }
        transaction.commit().await?;
        Ok(())
    }
}

fn insert(table: &str, columns: &[&str]) -> String {
    let parameters: Vec<String> = (1..=columns.len()).map(|i| format!("${i}")).collect();
    format!("INSERT INTO {table} ({}) VALUES ({})", columns.join(", "), parameters.join(", "))
}

/// An id of the request's time that nobody has.
fn fresh(request: Uuid) -> Uuid {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let tail = u128::from(NEXT.fetch_add(1, Ordering::Relaxed));
    Uuid::from_u128(request.as_u128() & !0xffff_ffff_ffff | 0xff00_0000_0000 | tail)
}

/// A row's values as they can be bound again.
fn values(row: &QueryResult, columns: &[&str]) -> Result<Vec<Value>> {
    columns.iter().map(|column| value(row, column)).collect()
}

fn value(row: &QueryResult, column: &str) -> Result<Value> {
    type Time = chrono::DateTime<chrono::Utc>;
    Ok(match column {
        "version" | "seq" => row.try_get::<i64>("", column)?.into(),
        "attempt" => row.try_get::<i32>("", column)?.into(),
        "is_human" => row.try_get::<bool>("", column)?.into(),
        "audit_hash" | "prev_hash" | "hash" => row.try_get::<Vec<u8>>("", column)?.into(),
        "updated_at" | "started_at" | "completed_at" | "deadline" | "due_order" | "created_at" | "occurred_at" => {
            row.try_get::<Option<Time>>("", column)?.into()
        }
        "organization_id" | "workflow_step_id" | "required_role_id" | "assignee_id" | "claimed_by" | "completed_by"
        | "request_id" | "id" | "actor_id" | "request_step_id" => row.try_get::<Option<Uuid>>("", column)?.into(),
        _ => row.try_get::<Option<String>>("", column)?.into(),
    })
}

//! Inbox and request list, at few requests and at many.

use anyhow::{Result, ensure};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement, Value};
use serde_json::json;
use uuid::Uuid;

use crate::client::Client;
use crate::fixture::Fixture;
use crate::report::{Row, Summary};
use crate::target::Target;

const FEW: u64 = 100;
const CHUNK: u64 = 50_000;

const INBOX: &str = "query { inbox(first: 20) { edges { node { id deadline step { name } request { id title } } } pageInfo { hasNextPage } } }";
const REQUESTS: &str = "query { requests(first: 20, filter: { statuses: [IN_PROGRESS] }) \
     { edges { node { id title status dueAt workflow { name } } } pageInfo { hasNextPage } } }";

/// Measures both lists in an organization of 100 requests, and again when it has `many`.
pub async fn measure(target: &Target, fixture: &Fixture, many: u64, samples: usize) -> Result<Vec<Row>> {
    let (model, _) = fixture.start().await?;
    let model = Uuid::try_parse(&model[4..])?;
    fill(&target.connection, model, 0..FEW - 1).await?;
    let few = [time(&fixture.client, INBOX, samples).await?, time(&fixture.client, REQUESTS, samples).await?];
    fill(&target.connection, model, FEW..many).await?;
    let lots = [time(&fixture.client, INBOX, samples).await?, time(&fixture.client, REQUESTS, samples).await?];
    let mut rows = Vec::new();
    for (list, (few, lots)) in ["inbox", "request list"].into_iter().zip(few.into_iter().zip(lots)) {
        let row = |measure, summary, ratio| Row { database: target.name, measure, summary, ratio };
        rows.push(row(format!("{list}, first page at {FEW} requests"), few, None));
        let ratio = Some((format!("at {FEW}"), lots.ratio(few)));
        rows.push(row(format!("{list}, first page at {many} requests"), lots, ratio));
    }
    Ok(rows)
}

async fn time(client: &Client, query: &str, samples: usize) -> Result<Summary> {
    let mut took = Vec::new();
    for sample in 0..samples + samples / 10 {
        let (data, duration) = client.timed(query, json!({})).await?;
        let rows = data
            .as_object()
            .into_iter()
            .flatten()
            .next()
            .map_or(0, |(_, list)| list["edges"].as_array().map_or(0, Vec::len));
        ensure!(rows == 20, "expected a full page, got {rows} rows");
        if sample >= samples / 10 {
            took.push(duration);
        }
    }
    Ok(Summary::of(took))
}

/// Copies the model request with its open step, once per number.
async fn fill(connection: &DatabaseConnection, model: Uuid, numbers: std::ops::Range<u64>) -> Result<()> {
    let backend = connection.get_database_backend();
    let mut from = numbers.start;
    while from < numbers.end {
        let until = (from + CHUNK).min(numbers.end);
        for sql in [copy_requests(backend), copy_steps(backend)] {
            let values: [Value; 3] = [i64::try_from(from)?.into(), i64::try_from(until - 1)?.into(), model.into()];
            connection.execute_raw(Statement::from_sql_and_values(backend, sql, values)).await?;
        }
        from = until;
    }
    connection.execute_unprepared("ANALYZE").await?;
    Ok(())
}

/// An id of the model's time (its first six bytes), numbered by `i`, kind 8 or 9 in the variant.
fn id(backend: DbBackend, model: &str, variant: char) -> String {
    match backend {
        DbBackend::Postgres => format!(
            "(substr(replace({model}::text, '-', ''), 1, 12) || '7fff{variant}fff' || lpad(to_hex(i), 12, '0'))::uuid"
        ),
        _ => format!("unhex(substr(hex({model}), 1, 12) || '7FFF{variant}FFF' || printf('%012X', i))"),
    }
}

fn series(backend: DbBackend) -> &'static str {
    match backend {
        DbBackend::Postgres => "WITH series AS (SELECT generate_series($1::bigint, $2::bigint) AS i)",
        _ => "WITH RECURSIVE series(i) AS (SELECT $1 UNION ALL SELECT i + 1 FROM series WHERE i < $2)",
    }
}

fn copy_requests(backend: DbBackend) -> String {
    let id = id(backend, "r.id", '8');
    let columns = "organization_id, workflow_id, workflow_version_id, requester_id, title, reference, status, priority, \
                   due_at, due_order, variables, state, version, audit_hash, started_at, completed_at, created_at, updated_at";
    let (insert, series) = insert_as(backend, "workflow_requests", &format!("id, {columns}"));
    format!("{insert} {series} SELECT {id}, {columns} FROM workflow_requests r, series WHERE r.id = $3")
}

fn copy_steps(backend: DbBackend) -> String {
    let (request, step) = (id(backend, "s.request_id", '8'), id(backend, "s.request_id", '9'));
    let columns = "organization_id, workflow_step_id, step_key, status, is_human, attempt, required_role_id, assignee_id, \
                   claimed_by, outcome, completed_by, comment, started_at, completed_at, deadline, due_order, created_at";
    let (insert, series) = insert_as(backend, "request_steps", &format!("request_id, id, {columns}"));
    format!(
        "{insert} {series} SELECT {request}, {step}, {columns} FROM request_steps s, series \
         WHERE s.request_id = $3 AND s.status = 'ACTIVE'"
    )
}

/// The beginning of an insert from the series; both databases take WITH after the column list.
fn insert_as(backend: DbBackend, table: &str, columns: &str) -> (String, &'static str) {
    (format!("INSERT INTO {table} ({columns})"), series(backend))
}

//! The transaction by one thread on one connection of `SQLite`. What does not change is written into the
//! statements, which are prepared once.

use std::time::{Duration, Instant};

use anyhow::Result;
use sea_orm::{
    ConnectionTrait, DbBackend, SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait, Value,
};

use crate::database::Database;
use crate::ids::Kind;
use crate::load::Load;
use crate::plain::recording::Transition;
use crate::plain::template::{Cell, Template};
use crate::plain::{COPIES, Copies};

/// A statement's SQL, and what its parameters are.
type Prepared = (String, Vec<Cell>);

/// One transaction per transition, round the copies again and again.
pub async fn transitions(
    database: &Database,
    transition: &Transition,
    copies: &Copies,
    length: Duration,
) -> Result<Load> {
    let statements: Vec<Prepared> = transition.statements.iter().map(prepared).collect();
    let (begun, mut latencies) = (Instant::now(), Vec::new());
    while begun.elapsed() < length {
        let started = Instant::now();
        transact(database, &statements, transition, copies, latencies.len() as u64).await?;
        latencies.push(started.elapsed());
    }
    Ok(Load::of([latencies], begun.elapsed()))
}

async fn transact(
    database: &Database,
    statements: &[Prepared],
    transition: &Transition,
    copies: &Copies,
    number: u64,
) -> Result<()> {
    let (request, visit) = (copies.first + number % COPIES, number / COPIES);
    let step = |visit: u64| copies.ids.id(copies.step, request + visit * COPIES);
    let value = |cell: &Cell| -> Result<Value> {
        Ok(match cell {
            Cell::Request => copies.ids.id(Kind::Request, request)?.into(),
            Cell::Finished => step(visit)?.into(),
            Cell::Opened => step(visit + 1)?.into(),
            Cell::Version(place) => i64::try_from(transition.version + visit * transition.records + place)?.into(),
            Cell::Null | Cell::Constant(_) => anyhow::bail!("written into the statement"),
        })
    };
    let sqlite_transaction_mode = Some(SqliteTransactionMode::Immediate);
    let options = TransactionOptions { sqlite_transaction_mode, ..TransactionOptions::default() };
    let transaction = database.connection.begin_with_options(options).await?;
    for (sql, cells) in statements {
        let values = cells.iter().map(&value).collect::<Result<Vec<_>>>()?;
        transaction.execute_raw(Statement::from_sql_and_values(DbBackend::Sqlite, sql, values)).await?;
    }
    Ok(transaction.commit().await?)
}

fn prepared(statement: &Template) -> Prepared {
    let mut cells = Vec::new();
    let sql = statement.render(|cell| match cell {
        Cell::Null => "NULL".to_owned(),
        Cell::Constant(literal) => literal.clone(),
        Cell::Request | Cell::Finished | Cell::Opened | Cell::Version(_) => {
            cells.push(cell.clone());
            format!("${}", cells.len())
        }
    });
    (sql, cells)
}

//! The yardstick: the rows that the engine writes for one transition, as one plain transaction each,
//! statement by statement, as the owner, on the same tables with the same indexes.

mod pgbench;
mod recording;
mod script;
mod sqlite;
mod template;

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use nexusflow_domain::ids::WorkflowId;

use crate::bench::Bench;
use crate::database::Database;
use crate::engine::Engine;
use crate::fill::{Journal, Model};
use crate::ids::{Kind, NumberedIds};
use crate::load::Load;
use crate::waves::open_steps;

pub use self::pgbench::Pgbench;
use self::recording::{Snapshot, Transition};

/// At how many clients `PostgreSQL` is measured; the best counts.
const CLIENTS: [u64; 3] = [8, 16, 32];
/// Requests that a run has, each worked by one client; a multiple of every number of clients.
const COPIES: u64 = 2_048;

/// Writes a transition's rows again and again, for fresh copies of a started request in each run.
pub struct Plain<'a> {
    database: &'a Database,
    pgbench: Pgbench<'a>,
    transition: Transition,
    copied: Model,
    ids: NumberedIds,
    /// The number of the next run's first copy.
    next: u64,
}

/// The requests of one run.
struct Copies {
    ids: NumberedIds,
    /// The number of the first one.
    first: u64,
    /// The kind of their steps' ids.
    step: Kind,
}

impl<'a> Plain<'a> {
    /// Reads the rows off a real transition of the engine.
    pub async fn record(
        bench: &'a Bench,
        database: &'a Database,
        engine: &Engine,
        workflow: WorkflowId,
    ) -> Result<Self> {
        let requests = engine.start(workflow, 2).await?;
        let [moved, kept] = requests[..] else { anyhow::bail!("expected two requests") };
        let before = Snapshot::read(database, moved.uuid()).await?;
        engine.complete(open_steps(database, &[moved]).await?, 1).await?;
        let after = Snapshot::read(database, moved.uuid()).await?;
        let copied = Model::read(database, kept.uuid()).await?;
        Ok(Self {
            database,
            pgbench: Pgbench { program: &bench.pgbench, database },
            transition: Transition::between(&before, &after).context("the yardstick's transition")?,
            ids: NumberedIds::at_time_of(kept.uuid())?,
            copied,
            next: 0,
        })
    }

    /// What the yardstick is called in the table.
    pub fn name(&self) -> &'static str {
        if self.database.is_postgres() { "plain, best of 8, 16, 32 clients" } else { "plain, one thread" }
    }

    /// As fast as it gets.
    pub async fn best(&mut self, length: Duration) -> Result<Load> {
        let mut best = Load::default();
        let clients: &[u64] = if self.database.is_postgres() { &CLIENTS } else { &[1] };
        for &clients in clients {
            let load = self.run(clients, length).await?;
            if best.operations == 0 || load.rate() > best.rate() {
                best = load;
            }
        }
        Ok(best)
    }

    /// With so many clients; on `SQLite` there is one writer, whatever the number.
    pub async fn run(&mut self, clients: u64, length: Duration) -> Result<Load> {
        let copies = Copies { ids: self.ids, first: self.next, step: self.copied.open_step() };
        self.next += COPIES;
        self.copied.copy(self.database, &self.ids, copies.first..self.next, Journal::LeftOut).await?;
        let load = if self.database.is_postgres() {
            let (script, definitions) = script::transitions(&self.transition, &copies, clients)?;
            self.pgbench.run(&script, &definitions, clients, length)?
        } else {
            sqlite::transitions(self.database, &self.transition, &copies, length).await?
        };
        self.check(&copies, load.operations).await?;
        Ok(load)
    }

    /// An error unless every transaction wrote every row: a statement that fits no row would be fast.
    async fn check(&self, copies: &Copies, transactions: usize) -> Result<()> {
        let ids = [copies.ids.id(Kind::Request, copies.first)?, copies.ids.id(Kind::Request, self.next - 1)?];
        let Transition { version, records, .. } = self.transition;
        let (closed, transactions) = (self.copied.size().0 - 1, transactions as u64);
        let counts = [
            ("SELECT CAST(sum(version) AS bigint) FROM workflow_requests WHERE id", version * COPIES, records),
            ("SELECT count(*) FROM audit_logs WHERE request_id", 0, records),
            ("SELECT count(*) FROM request_steps WHERE status = 'COMPLETED' AND request_id", closed * COPIES, 1),
        ];
        for (sql, before, each) in counts {
            let rows = self.database.rows(&format!("{sql} BETWEEN $1 AND $2"), ids.map(Into::into)).await?;
            let (found, expected) =
                (rows.first().context("no count")?.try_get_by_index::<i64>(0)?, before + each * transactions);
            ensure!(u64::try_from(found)? == expected, "{sql}: expected {expected}, found {found}");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use clap::Parser;

    use super::*;
    use crate::bench::Arguments;
    use crate::database::Place;
    use crate::workflows;

    #[tokio::test]
    async fn a_transition_is_written_again_and_again() {
        let sizes = Arguments::parse_from(["bench", "--quick"]).sizes();
        let bench = Bench { place: Place::Sqlite, sizes, server: PathBuf::new(), pgbench: PathBuf::new() };
        let loads = bench.on_database("plain", async |database, engine| {
            let workflow = engine.publish("Tasks", workflows::tasks()?).await?;
            let mut plain = Plain::record(&bench, database, engine, workflow).await?;
            Ok([plain.run(1, Duration::from_millis(50)).await?, plain.best(Duration::from_millis(50)).await?])
        });
        for load in loads.await.unwrap() {
            assert!(load.operations > 0 && load.latencies.len() == load.operations);
        }
    }
}

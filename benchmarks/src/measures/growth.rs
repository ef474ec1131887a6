//! Step transitions through the port in a database that has grown: on requests that were just started, and on
//! requests spread over months of old ones.

use anyhow::Result;
use nexusflow_domain::ids::{RequestId, WorkflowId};

use crate::bench::Bench;
use crate::database::Database;
use crate::engine::Engine;
use crate::fill::{Journal, Model};
use crate::ids::{Kind, NumberedIds};
use crate::report::{Goal, Ratio, Row};
use crate::rounds::alternate;
use crate::waves::Waves;
use crate::workflows;

const CALLERS: usize = 256;
/// The task that is open in an old request: its fifth step, after ten journal rows.
const TASK: usize = 4;
/// The months over which old requests are spread; each has partitions of its own.
const MONTHS: u64 = 6;
/// In milliseconds.
const MONTH: u64 = 30 * 24 * 3_600 * 1_000;
/// Numbers that are multiplied by a prime and taken modulo the count come once each, and far from each other.
const PRIME: u64 = 2_654_435_761;

pub async fn measure(bench: &Bench) -> Result<Vec<Row>> {
    let small = bench.on_database("small", async |small, few| {
        let large = bench.on_database("large", async |large, many| rows(bench, (small, few), (large, many)).await);
        large.await
    });
    small.await
}

async fn rows(
    bench: &Bench,
    (small, few): (&Database, &Engine),
    (large, many): (&Database, &Engine),
) -> Result<Vec<Row>> {
    let (in_small, in_large) =
        (few.publish("Tasks", workflows::tasks()?).await?, many.publish("Tasks", workflows::tasks()?).await?);
    let old = Old::fill(many, large, in_large, bench.sizes.growth).await?;
    let size = bench.sizes.wave;
    let mut new = Waves::new(few, small, in_small, size);
    small.settle().await?;
    let sets = [
        ("hot set", 1.3, Waves::new(many, large, in_large, size)),
        ("spread uniformly", 2.0, Waves::of(large, old.spread(size))),
    ];
    let mut rows = Vec::new();
    for (set, goal, mut waves) in sets {
        let rounds = alternate(
            &bench.sizes,
            async |length| new.run(length, async |steps| few.complete(steps, CALLERS).await).await,
            async |length| waves.run(length, async |steps| many.complete(steps, CALLERS).await).await,
        );
        let (requests, steps, records) = old.size();
        let row = Row::compared(
            bench.place.name(),
            format!("transitions, {set}, at {requests} requests, {steps} steps, {records} journal rows"),
            "/s",
            ("in a new database", Ratio::TheirsToOurs),
            (&rounds.await?, |round| (round.ours.rate(), round.theirs.rate())),
        );
        rows.push(row.aiming(Goal::AtMost(goal)));
    }
    Ok(rows)
}

/// Requests of earlier months that are still open.
struct Old {
    ids: NumberedIds,
    requests: u64,
    /// Steps and journal rows of each.
    each: (u64, u64),
}

impl Old {
    async fn fill(engine: &Engine, database: &Database, workflow: WorkflowId, requests: u64) -> Result<Self> {
        let model = Model::at_task(engine, database, workflow, TASK).await?;
        let (now, span) = (NumberedIds::at_time_of(model.request)?.start, MONTH * MONTHS);
        let ids = NumberedIds { start: now - span, step: span / requests };
        let partitions =
            format!("SELECT nexusflow_ensure_partitions(to_timestamp({} / 1000.0), {})", ids.start, MONTHS + 1);
        database.execute(&partitions).await?;
        model.copy(database, &ids, 0..requests, Journal::Copied).await?;
        database.settle().await?;
        Ok(Self { ids, requests, each: model.size() })
    }

    /// How many requests, steps and journal rows.
    const fn size(&self) -> (u64, u64, u64) {
        (self.requests, self.requests * self.each.0, self.requests * self.each.1)
    }

    /// So many at a time, from everywhere, none twice before all were there.
    fn spread(&self, size: usize) -> impl FnMut() -> Result<Vec<RequestId>> {
        let (ids, requests) = (self.ids, self.requests);
        let mut next = 0..;
        move || {
            let numbers = next.by_ref().take(size).map(|place: u64| place * PRIME % requests);
            numbers.map(|number| Ok(RequestId::from_uuid(ids.id(Kind::Request, number)?))).collect()
        }
    }
}

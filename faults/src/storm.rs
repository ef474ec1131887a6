use std::time::{Duration, Instant};

use anyhow::Context;

use crate::database::{Database, DatabaseKind};
use crate::evidence::{Evidence, FaultKind};
use crate::random::Random;
use crate::server::Server;

/// How far clocks are put at most, in milliseconds: beyond the leases of timers and calls, a minute.
const BACK: u64 = 40_000;
const AHEAD: u64 = 150_000;

/// Faults that there are at least, however long each takes.
const LEAST: usize = 6;

/// What can be done to servers and their database, where there is one server and where there are several.
const ALONE: [FaultKind; 4] = [FaultKind::Kill, FaultKind::Kill, FaultKind::Freeze, FaultKind::Jump];
const SHARED: [FaultKind; 7] = [
    FaultKind::Kill,
    FaultKind::Kill,
    FaultKind::Freeze,
    FaultKind::Jump,
    FaultKind::Cut,
    FaultKind::Cut,
    FaultKind::Crash,
];

/// Does one harm after the other for so long, or longer; afterwards everything runs.
pub async fn rage(
    servers: &mut [Server],
    database: &Database,
    evidence: &Evidence,
    random: &mut Random,
    duration: Duration,
) -> anyhow::Result<()> {
    let (begin, mut count) = (Instant::now(), 0);
    while begin.elapsed() < duration || count < LEAST {
        tokio::time::sleep(random.millis(300, 1_500)).await;
        let kinds = if database.kind == DatabaseKind::Sqlite { &ALONE[..] } else { &SHARED[..] };
        let kind = *random.pick(kinds).context("a kind of fault")?;
        let since = Instant::now();
        strike(kind, servers, database, random).await.with_context(|| format!("{kind:?}"))?;
        evidence.fault(kind, since);
        count += 1;
    }
    Ok(())
}

async fn strike(
    kind: FaultKind,
    servers: &mut [Server],
    database: &Database,
    random: &mut Random,
) -> anyhow::Result<()> {
    let victim = usize::try_from(random.below(servers.len().max(1) as u64))?;
    match kind {
        FaultKind::Kill => {
            let server = servers.get_mut(victim).context("a server")?;
            server.kill();
            tokio::time::sleep(random.millis(0, 500)).await;
            server.start()
        }
        FaultKind::Freeze => {
            let offset = i64::try_from(random.below(AHEAD))?;
            servers.get(victim).context("a server")?.freeze()?;
            for server in &*servers {
                server.set_clock(offset)?;
            }
            tokio::time::sleep(random.millis(500, 3_500)).await;
            servers.get(victim).context("a server")?.thaw()
        }
        FaultKind::Jump => {
            let offset = i64::try_from(random.below(BACK + AHEAD))? - i64::try_from(BACK)?;
            servers.get(victim).context("a server")?.set_clock(offset)
        }
        FaultKind::Cut => database.cut().await,
        FaultKind::Crash => database.crash(),
        FaultKind::Advance => Ok(()),
    }
}

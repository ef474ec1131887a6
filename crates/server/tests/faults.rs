//! The fault harness in its short form, on both databases: servers are killed, frozen and cut off under load, and
//! nothing is lost or done twice; and what is falsified afterwards is found.

use std::path::Path;
use std::time::Duration;

use nexusflow_faults::{DatabaseKind, Plan, Sabotage, run};
use tokio::sync::Mutex;

/// One after the other: each keeps a small machine busy.
static TURN: Mutex<()> = Mutex::const_new(());

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_or_done_twice_on_sqlite() -> anyhow::Result<()> {
    survive(DatabaseKind::Sqlite).await
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_or_done_twice_on_postgres() -> anyhow::Result<()> {
    survive(DatabaseKind::Postgres).await
}

async fn survive(database: DatabaseKind) -> anyhow::Result<()> {
    let _turn = TURN.lock().await;
    let program = env!("CARGO_BIN_EXE_nexusflow").into();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let plan = Plan { program, root, database, duration: Duration::from_secs(12), seed: 7 };
    let mut finished = run(&plan).await?;
    let verdict = finished.check()?;
    assert!(verdict.is_clean(), "seed {}\n{verdict}", plan.seed);
    assert!(verdict.acknowledged() > 0 && verdict.faults() > 5, "{verdict}");
    for sabotage in Sabotage::ALL {
        let expected = sabotage.apply(&mut finished).await?;
        let verdict = finished.check()?;
        let is_found = verdict.violations.iter().any(|violation| violation.contains(expected));
        assert!(is_found, "{sabotage:?} was not found\n{verdict}");
    }
    Ok(())
}

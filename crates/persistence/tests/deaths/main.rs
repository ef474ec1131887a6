//! Callers that die and connections that are cut, at every point at which the way of a commit waits for
//! anything: afterwards each unit is written whole or not at all, and what was not can be written.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod commands;
mod everything;
mod fault;
mod footprint;
mod mill;
#[path = "../support/mod.rs"]
mod support;

use everything::Everything;
use fault::{Fault, Met};
use mill::Mill;
use support::TestDatabase;

/// More points than any way has.
const MANY: usize = 400;
/// How often the way is gone at most. The answers of `SQLite` are often there before they are waited for.
const SWEEPS: usize = 30;

#[tokio::test(flavor = "multi_thread")]
async fn units_are_whole_wherever_their_caller_dies() {
    for database in TestDatabase::all().await {
        units_are_whole(database, Fault::Death).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn units_are_whole_wherever_the_server_cuts_the_connections() {
    if let Some(database) = TestDatabase::postgres().await {
        units_are_whole(database, Fault::Cut).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_are_done_once_wherever_their_caller_dies() {
    for database in TestDatabase::all().await {
        Box::pin(commands_are_done_once(database, Fault::Death)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_are_done_once_wherever_the_server_cuts_the_connections() {
    if let Some(database) = TestDatabase::postgres().await {
        Box::pin(commands_are_done_once(database, Fault::Cut)).await;
    }
}

async fn units_are_whole(database: TestDatabase, fault: Fault) {
    let mill = Mill::new(&database).await;
    let (mut struck, mut undone) = (0, 0);
    for _ in 0..SWEEPS {
        for point in 0..MANY {
            let everything = Everything::prepare(&mill).await.unwrap();
            let before = everything.footprints(&database).await;
            let commit = mill.bench.storage.requests.commit(everything.units.clone());
            let met = fault.strike(&database, commit, point).await;
            let is_undone = everything.check(&mill, &database, &before, &met).await.unwrap();
            if matches!(met, Met::Ended(_)) {
                break;
            }
            struck += 1;
            undone += usize::from(is_undone);
        }
        if struck > 10 && undone > 5 {
            break;
        }
    }
    assert!(struck > 10 && undone > 5, "struck {struck} times, undone {undone} times");
    mill.check_intact().await.unwrap();
    mill.close().await;
    database.remove().await;
}

async fn commands_are_done_once(database: TestDatabase, fault: Fault) {
    let mill = Mill::new(&database).await;
    for command in commands::ALL {
        let mut points = 0;
        while points < MANY && command.is_done_once(&mill, &database, fault, points).await.unwrap() {
            points += 1;
        }
        assert!(points > 0 && points < MANY, "{command:?}: {points} points");
    }
    mill.check_intact().await.unwrap();
    mill.close().await;
    database.remove().await;
}

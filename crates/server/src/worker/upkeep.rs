use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use nexusflow_application::{Application, StoreError};
use tokio_util::sync::CancellationToken;

use super::backoff::Backoff;

const HOUR: Duration = Duration::from_hours(1);
/// Partitions are looked after every so many hours.
const PARTITIONS_EVERY: u32 = 24;
/// How long idempotency keys are kept.
const KEY_LIFE: TimeDelta = TimeDelta::hours(24);
/// Keys removed in one statement, so that no lock lasts.
const KEYS_AT_ONCE: u32 = 1_000;

/// At start and then hourly: idempotency keys; at start and then daily: the coming months' partitions.
pub(super) async fn run(application: Arc<Application>, stopping: CancellationToken) {
    let mut backoff = Backoff::default();
    let mut hours = 0;
    while !stopping.is_cancelled() {
        let rest = match round(&application, hours % PARTITIONS_EVERY == 0, &stopping).await {
            Ok(()) => {
                backoff.reset();
                hours += 1;
                HOUR
            }
            Err(error) => backoff.failed("the storage's upkeep", &error),
        };
        tokio::select! {
            () = stopping.cancelled() => {}
            () = tokio::time::sleep(rest) => {}
        }
    }
}

async fn round(application: &Application, partitions: bool, stopping: &CancellationToken) -> Result<(), StoreError> {
    let now = application.clock.now();
    if partitions {
        application.maintenance.ensure_partitions(now).await?;
    }
    let at_once = u64::from(KEYS_AT_ONCE);
    while application.maintenance.expire_idempotency_keys(now - KEY_LIFE, KEYS_AT_ONCE).await? >= at_once {
        if stopping.is_cancelled() {
            break;
        }
    }
    Ok(())
}

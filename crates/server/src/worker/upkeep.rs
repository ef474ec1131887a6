use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use nexusflow_application::{Application, StoreError};
use tokio_util::sync::CancellationToken;

use super::backoff::Backoff;

const HOUR: Duration = Duration::from_hours(1);
/// Partitions and what retention removes are looked after every so many hours.
const DAILY: u32 = 24;
/// How long idempotency keys are kept.
const KEY_LIFE: TimeDelta = TimeDelta::hours(24);
/// Keys removed in one statement, so that no lock lasts.
const KEYS_AT_ONCE: u32 = 1_000;
/// Messages removed in one statement.
const MESSAGES_AT_ONCE: u32 = 1_000;
/// Sessions, and refresh tokens, removed in one transaction.
const SESSIONS_AT_ONCE: u32 = 1_000;
/// Workflows looked at before it is asked whether to stop.
const WORKFLOWS_AT_ONCE: u32 = 20;

/// At start and then hourly: idempotency keys, expired messages, old sessions and the planner's statistics; at start and then daily:
/// the coming months' partitions and retention. It runs beside the server, which waits for none of it.
pub(super) async fn run(application: Arc<Application>, mut backoff: Backoff, stopping: CancellationToken) {
    let mut hours = 0;
    while !stopping.is_cancelled() {
        let rest = match round(&application, hours % DAILY == 0, &stopping).await {
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

async fn round(application: &Application, daily: bool, stopping: &CancellationToken) -> Result<(), StoreError> {
    if daily {
        application.maintenance.ensure_partitions(application.clock.now()).await?;
    }
    application.maintenance.refresh_statistics().await?;
    expire_keys(application, stopping).await?;
    expire_messages(application, stopping).await?;
    expire_sessions(application, stopping).await?;
    application.requests.release_abandoned(None).await?;
    if daily {
        purge_workflows(application, stopping).await?;
    }
    Ok(())
}

async fn expire_keys(application: &Application, stopping: &CancellationToken) -> Result<(), StoreError> {
    let before = application.clock.now() - KEY_LIFE;
    let at_once = u64::from(KEYS_AT_ONCE);
    while !stopping.is_cancelled()
        && application.maintenance.expire_idempotency_keys(before, KEYS_AT_ONCE).await? >= at_once
    {}
    Ok(())
}

async fn expire_messages(application: &Application, stopping: &CancellationToken) -> Result<(), StoreError> {
    let at_once = u64::from(MESSAGES_AT_ONCE);
    while !stopping.is_cancelled() && application.messages.expire(MESSAGES_AT_ONCE).await? >= at_once {}
    Ok(())
}

async fn expire_sessions(application: &Application, stopping: &CancellationToken) -> Result<(), StoreError> {
    let at_once = u64::from(SESSIONS_AT_ONCE);
    while !stopping.is_cancelled() && application.identity.expire_sessions(SESSIONS_AT_ONCE).await? >= at_once {}
    Ok(())
}

async fn purge_workflows(application: &Application, stopping: &CancellationToken) -> Result<(), StoreError> {
    let mut after = None;
    while !stopping.is_cancelled() {
        after = application.retention.purge_workflows(after, WORKFLOWS_AT_ONCE).await?;
        if after.is_none() {
            break;
        }
    }
    Ok(())
}

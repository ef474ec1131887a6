use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use nexusflow_application::{Application, StoreError};
use tokio_util::sync::CancellationToken;

use super::backoff::Backoff;
use crate::settings::WorkerSettings;

/// The shortest rest between two looks.
const SHORTEST: Duration = Duration::from_millis(10);

/// Fires what is due, rests until the next timer or the poll interval, and so on.
pub(super) async fn run(application: Arc<Application>, settings: WorkerSettings, stopping: CancellationToken) {
    let mut backoff = Backoff::default();
    while !stopping.is_cancelled() {
        // A panic in one request's timer must not stop all others.
        let round = AssertUnwindSafe(round(&application, &settings, &stopping)).catch_unwind().await;
        let rest = match round {
            Ok(Ok(rest)) => {
                backoff.reset();
                rest
            }
            Ok(Err(error)) => backoff.failed("firing timers", &error),
            Err(_) => backoff.failed("firing timers", &StoreError::Failed("a timer panicked".into())),
        };
        tokio::select! {
            () = stopping.cancelled() => {}
            () = tokio::time::sleep(rest) => {}
        }
    }
}

/// Fires batch after batch until nothing is due; returns how long to rest.
async fn round(
    application: &Application,
    settings: &WorkerSettings,
    stopping: &CancellationToken,
) -> Result<Duration, StoreError> {
    while application.timers.fire_due(settings.batch).await? > 0 {
        if stopping.is_cancelled() {
            return Ok(SHORTEST);
        }
    }
    let next = application.timers.next_due().await?;
    let now = application.clock.now();
    // A timer in the past is another worker's: look again after the usual time.
    let until = next.and_then(|due| (due - now).to_std().ok()).unwrap_or(settings.poll_interval);
    Ok(until.clamp(SHORTEST.min(settings.poll_interval), settings.poll_interval))
}

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use nexusflow_application::{Application, StoreError};
use nexusflow_domain::Timestamp;
use tokio_util::sync::CancellationToken;

use super::backoff::Backoff;
use crate::settings::WorkerSettings;

/// The shortest rest between two looks.
const SHORTEST: Duration = Duration::from_millis(10);

/// Durable work of one kind. Each is worked off by a task of its own, so that much of one does not keep
/// the other waiting.
#[derive(Debug, Clone, Copy)]
pub(super) enum Queue {
    Timers,
    Calls,
    Mails,
}

impl Queue {
    pub const ALL: [Self; 3] = [Self::Timers, Self::Calls, Self::Mails];

    /// What it does, for the log.
    const fn doing(self) -> &'static str {
        match self {
            Self::Timers => "firing timers",
            Self::Calls => "carrying out calls",
            Self::Mails => "sending mails",
        }
    }

    /// Does a batch of what is due; returns how much that was.
    async fn work(self, application: &Application, batch: u32) -> Result<usize, StoreError> {
        match self {
            Self::Timers => application.timers.fire_due(batch).await,
            Self::Calls => application.calls.carry_out(batch).await,
            Self::Mails => application.mails.send_due(batch).await,
        }
    }

    async fn next_due(self, application: &Application) -> Result<Option<Timestamp>, StoreError> {
        match self {
            Self::Timers => application.timers.next_due().await,
            Self::Calls => application.calls.next_due().await,
            Self::Mails => application.mails.next_due().await,
        }
    }
}

/// Does what is due, rests until the next job or the poll interval, and so on.
pub(super) async fn run(
    application: Arc<Application>,
    queue: Queue,
    settings: WorkerSettings,
    mut backoff: Backoff,
    stopping: CancellationToken,
) {
    while !stopping.is_cancelled() {
        // A panic in one request's job must not stop all others.
        let round = AssertUnwindSafe(round(&application, queue, &settings, &stopping)).catch_unwind().await;
        let rest = match round {
            Ok(Ok(rest)) => {
                backoff.reset();
                rest
            }
            Ok(Err(error)) => backoff.failed(queue.doing(), &error),
            Err(_) => backoff.failed(queue.doing(), &StoreError::Failed("a job panicked".into())),
        };
        tokio::select! {
            () = stopping.cancelled() => {}
            () = tokio::time::sleep(rest) => {}
        }
    }
}

/// Does batch after batch until nothing is due; returns how long to rest.
async fn round(
    application: &Application,
    queue: Queue,
    settings: &WorkerSettings,
    stopping: &CancellationToken,
) -> Result<Duration, StoreError> {
    while queue.work(application, settings.batch).await? > 0 {
        if stopping.is_cancelled() {
            return Ok(SHORTEST);
        }
    }
    let next = queue.next_due(application).await?;
    Ok(rest_until(next, application.clock.now(), settings.poll_interval))
}

/// How long to rest until the next job is due, at most the poll interval. A job in the past is another worker's: look
/// again after the usual time.
pub(super) fn rest_until(next: Option<Timestamp>, now: Timestamp, poll_interval: Duration) -> Duration {
    let until = next.and_then(|due| (due - now).to_std().ok()).unwrap_or(poll_interval);
    until.clamp(SHORTEST.min(poll_interval), poll_interval)
}

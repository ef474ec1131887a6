use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use nexusflow_application::{Application, StoreError};
use tokio::task::{JoinError, JoinSet};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::backoff::Backoff;
use super::queues::rest_until;
use crate::settings::WorkerSettings;

/// How long attempts may go on after the process was told to stop; then they are cut off, and count as failed.
const GRACE: Duration = Duration::from_secs(25);

/// Carries out actions that are due, so many at a time; rests until the next one is due, one is put or the poll interval
/// is over, and so on.
pub(super) async fn run(
    application: Arc<Application>,
    settings: WorkerSettings,
    mut backoff: Backoff,
    stopping: CancellationToken,
) {
    let mut attempts = Attempts { application, running: JoinSet::new(), cut_off: CancellationToken::new() };
    let mut news = attempts.application.actions.news();
    while !stopping.is_cancelled() {
        let rest = match attempts.begin(&settings).await {
            Ok(rest) => {
                backoff.reset();
                rest
            }
            Err(error) => backoff.failed("claiming actions", &error),
        };
        tokio::select! {
            () = stopping.cancelled() => {}
            () = news.hear() => {}
            Some(ended) = attempts.running.join_next() => note(ended),
            () = tokio::time::sleep(rest) => {}
        }
    }
    attempts.finish().await;
}

struct Attempts {
    application: Arc<Application>,
    running: JoinSet<()>,
    cut_off: CancellationToken,
}

impl Attempts {
    /// Begins what is due and finds room; returns how long to rest.
    async fn begin(&mut self, settings: &WorkerSettings) -> Result<Duration, StoreError> {
        while let Some(ended) = self.running.try_join_next() {
            note(ended);
        }
        let running = u32::try_from(self.running.len()).unwrap_or(u32::MAX);
        let Some(room) = NonZeroU32::new(settings.actions.saturating_sub(running)) else {
            return Ok(settings.poll_interval);
        };
        for job in self.application.actions.claim(room.get()).await? {
            let (application, cut_off) = (self.application.clone(), self.cut_off.clone());
            self.running.spawn(async move { application.actions.carry_out(job, cut_off.cancelled()).await });
        }
        let next = self.application.actions.next_due().await?;
        Ok(rest_until(next, self.application.clock.now(), settings.poll_interval))
    }

    async fn finish(mut self) {
        let drained = timeout(GRACE, async {
            while let Some(ended) = self.running.join_next().await {
                note(ended);
            }
        });
        if drained.await.is_err() {
            self.cut_off.cancel();
            while let Some(ended) = self.running.join_next().await {
                note(ended);
            }
        }
    }
}

/// One attempt must not stop the others.
fn note(ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        tracing::error!(error = &error as &dyn std::error::Error, "an attempt panicked");
    }
}

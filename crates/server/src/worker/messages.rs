use std::sync::Arc;
use std::time::Duration;

use nexusflow_application::{Application, StoreError};
use nexusflow_domain::ids::MessageId;
use tokio_util::sync::CancellationToken;

use super::backoff::Backoff;

/// Messages looked at in one statement.
const AT_ONCE: u32 = 500;
/// Messages looked at before it rests; where more are kept, the next rounds go on from there.
const PAGES: u32 = 20;

/// Looks for messages that something waits for and that were not delivered at once, rests for the poll
/// interval, and so on.
pub(super) async fn run(
    application: Arc<Application>,
    poll_interval: Duration,
    mut backoff: Backoff,
    stopping: CancellationToken,
) {
    let mut place = None;
    while !stopping.is_cancelled() {
        let rest = match round(&application, &mut place, &stopping).await {
            Ok(()) => {
                backoff.reset();
                poll_interval
            }
            Err(error) => backoff.failed("delivering messages", &error),
        };
        tokio::select! {
            () = stopping.cancelled() => {}
            () = tokio::time::sleep(rest) => {}
        }
    }
}

async fn round(
    application: &Application,
    place: &mut Option<MessageId>,
    stopping: &CancellationToken,
) -> Result<(), StoreError> {
    for _ in 0..PAGES {
        *place = application.messages.deliver_missed(*place, AT_ONCE).await?;
        if place.is_none() || stopping.is_cancelled() {
            break;
        }
    }
    Ok(())
}

use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::{CancellationToken, DropGuard};

/// How long before an operation's time is over a long poll in it is answered, so that the answer arrives.
const MARGIN: Duration = Duration::from_secs(2);

/// Until when an operation may wait for something to happen: until its time is nearly over, its client is gone,
/// or the server stops.
#[derive(Debug, Clone, Default)]
pub(crate) struct LongPoll {
    deadline: Option<Instant>,
    over: CancellationToken,
}

impl LongPoll {
    /// For an operation that begins now. The client is gone once the guard is dropped.
    pub(super) fn within(timeout: Duration, shutdown: &CancellationToken) -> (Self, DropGuard) {
        let over = shutdown.child_token();
        let deadline = Some(Instant::now() + timeout.saturating_sub(MARGIN));
        (Self { deadline, over: over.clone() }, over.drop_guard())
    }

    /// Waits until it is over.
    pub(crate) async fn ends(&self) {
        match self.deadline {
            Some(deadline) => tokio::select! {
                () = self.over.cancelled() => {}
                () = tokio::time::sleep_until(deadline) => {}
            },
            None => self.over.cancelled().await,
        }
    }
}

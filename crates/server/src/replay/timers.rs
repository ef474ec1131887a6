use anyhow::{Result, bail};
use nexusflow_application::Application;
use nexusflow_domain::Timestamp;

use crate::platform::VirtualClock;

/// Timers fired at once.
const BATCH: u32 = 100;

/// Moves a virtual clock on to an instant, and fires every timer that is due by then at its own time;
/// returns how many fired.
pub(crate) async fn advance(application: &Application, clock: &VirtualClock, to: Timestamp) -> Result<usize> {
    let mut fired = 0;
    while let Some(due) = application.timers.next_due().await?.filter(|&due| due <= to) {
        clock.advance_to(due);
        match application.timers.fire_due(BATCH).await? {
            0 => bail!("a timer due at {due} cannot be claimed: another process works on this database"),
            count => fired += count,
        }
    }
    clock.advance_to(to);
    Ok(fired)
}

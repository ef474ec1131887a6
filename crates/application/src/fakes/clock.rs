use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, SubsecRound, TimeDelta};
use nexusflow_domain::Timestamp;

use crate::platform::Clock;

/// The instant at which fakes begin, in seconds since 1970: 15 January 2027, 08:00 UTC.
const BEGINNING: i64 = 1_800_000_000;

/// A clock that stands until a test moves it. Whole microseconds, as the port demands.
#[derive(Debug)]
pub struct ManualClock {
    now: Mutex<Timestamp>,
}

impl ManualClock {
    /// A clock that shows an instant, cut to the microsecond.
    pub fn new(now: Timestamp) -> Self {
        Self { now: Mutex::new(now.trunc_subsecs(6)) }
    }

    /// Moves to an instant, forward or back.
    pub fn set(&self, now: Timestamp) {
        *self.lock() = now.trunc_subsecs(6);
    }

    /// Moves by a span and returns the new time. A span that leads out of all time is ignored.
    pub fn advance(&self, by: TimeDelta) -> Timestamp {
        let mut now = self.lock();
        *now = now.checked_add_signed(by).unwrap_or(*now).trunc_subsecs(6);
        *now
    }

    fn lock(&self) -> MutexGuard<'_, Timestamp> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for ManualClock {
    fn default() -> Self {
        Self::new(DateTime::from_timestamp(BEGINNING, 0).unwrap_or(DateTime::UNIX_EPOCH))
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.lock()
    }
}

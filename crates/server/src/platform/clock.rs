use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, SubsecRound, Utc};
use nexusflow_application::platform::Clock;
use nexusflow_domain::Timestamp;

/// The computer's clock, cut to whole microseconds.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the port's real clock")]
    fn now(&self) -> Timestamp {
        Utc::now().trunc_subsecs(6)
    }
}

/// A clock that stands still until it is moved on: for demo, replay and tests.
#[derive(Debug)]
pub struct VirtualClock {
    /// Microseconds since 1970.
    now: AtomicI64,
}

impl VirtualClock {
    /// A clock that stands at an instant, cut to whole microseconds.
    pub const fn new(start: Timestamp) -> Self {
        Self { now: AtomicI64::new(start.timestamp_micros()) }
    }

    /// Moves the clock on to an instant; one in the past changes nothing. Returns the time it shows.
    pub fn advance_to(&self, at: Timestamp) -> Timestamp {
        let micros = at.timestamp_micros();
        let before = self.now.fetch_max(micros, Ordering::AcqRel);
        from_micros(before.max(micros))
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        from_micros(self.now.load(Ordering::Acquire))
    }
}

/// Only ever called with what a timestamp gave.
fn from_micros(micros: i64) -> Timestamp {
    DateTime::from_timestamp_micros(micros).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_clock_shows_whole_microseconds() {
        assert_eq!(SystemClock.now().timestamp_subsec_nanos() % 1_000, 0);
    }

    #[test]
    fn a_virtual_clock_moves_on_but_never_back() {
        let start: Timestamp = "2020-02-29T12:00:00.123456Z".parse().unwrap();
        let clock = VirtualClock::new(start);
        assert_eq!(clock.now(), start);
        let later = start + chrono::TimeDelta::days(1);
        assert_eq!(clock.advance_to(later), later);
        assert_eq!(clock.advance_to(start), later);
        assert_eq!(clock.now(), later);
    }
}

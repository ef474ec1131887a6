use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
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

/// The computer's clock, wrong by as many milliseconds as stand in a file, which may change at any time: for
/// tests of clocks that jump. Where the file cannot be read it is right.
#[derive(Debug, Clone)]
pub struct WrongClock {
    offset: PathBuf,
}

impl WrongClock {
    /// The variable that names the file.
    const FILE: &str = "NEXUSFLOW_TEST_CLOCK_OFFSET_FILE";

    /// The one that the environment asks for; it never does where people work.
    pub fn of_environment() -> Option<Self> {
        std::env::var_os(Self::FILE).map(|file| Self { offset: file.into() })
    }
}

impl Clock for WrongClock {
    fn now(&self) -> Timestamp {
        let offset = std::fs::read_to_string(&self.offset).ok().and_then(|text| text.trim().parse().ok());
        let offset = offset.and_then(TimeDelta::try_milliseconds).unwrap_or_default();
        let now = SystemClock.now();
        now.checked_add_signed(offset).unwrap_or(now)
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
    fn a_wrong_clock_is_as_wrong_as_its_file_says() {
        let folder = tempfile::tempdir().unwrap();
        let clock = WrongClock { offset: folder.path().join("offset") };
        let wrong_by = || (clock.now() - SystemClock.now()).num_hours();
        assert_eq!(wrong_by(), 0);
        for (text, hours) in [("7260000\n", 2), ("-7200000", -2), ("9223372036854775807", 0), ("soon", 0)] {
            std::fs::write(&clock.offset, text).unwrap();
            assert_eq!(wrong_by(), hours, "{text}");
        }
    }

    #[test]
    fn a_virtual_clock_moves_on_but_never_back() {
        let start: Timestamp = "2020-02-29T12:00:00.123456Z".parse().unwrap();
        let clock = VirtualClock::new(start);
        assert_eq!(clock.now(), start);
        let later = start + TimeDelta::days(1);
        assert_eq!(clock.advance_to(later), later);
        assert_eq!(clock.advance_to(start), later);
        assert_eq!(clock.now(), later);
    }
}

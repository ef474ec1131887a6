use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

const FIRST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(30);
/// How long all tasks together are silent after a line about a failure.
const SILENCE: Duration = Duration::from_secs(1);

/// How long to wait after failures in a row: 0.5 s, doubled each time, at most 30 s. When the database is away every
/// task fails; clones share how much they log of it.
#[derive(Debug, Clone, Default)]
pub(super) struct Backoff {
    failures: u32,
    logged: Arc<Mutex<Option<Instant>>>,
}

impl Backoff {
    /// All is well again.
    pub(super) fn reset(&mut self) {
        self.failures = 0;
    }

    /// Logs a failure, unless another one was just logged, and says how long to wait.
    pub(super) fn failed(&mut self, what: &'static str, error: &(dyn Error + 'static)) -> Duration {
        let wait = FIRST.saturating_mul(1 << self.failures.min(10)).min(LONGEST);
        self.failures = self.failures.saturating_add(1);
        if self.may_log() {
            tracing::error!(error, failures = self.failures, ?wait, "{what} failed; it is tried again");
        } else {
            tracing::debug!(error, failures = self.failures, ?wait, "{what} failed; it is tried again");
        }
        wait
    }

    fn may_log(&self) -> bool {
        let mut logged = self.logged.lock().unwrap_or_else(PoisonError::into_inner);
        let may = logged.is_none_or(|at| at.elapsed() >= SILENCE);
        if may {
            *logged = Some(Instant::now());
        }
        may
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_waits_longer_each_time_up_to_a_limit() {
        let mut backoff = Backoff::default();
        let mut next = || backoff.failed("a test", &std::fmt::Error).as_millis();
        assert_eq!([next(), next(), next()], [500, 1_000, 2_000]);
        assert_eq!((0..40).map(|_| next()).last(), Some(30_000));
        backoff.reset();
        assert_eq!(backoff.failed("a test", &std::fmt::Error), FIRST);
    }

    #[test]
    fn all_tasks_together_log_one_line_a_second() {
        let one = Backoff::default();
        let other = one.clone();
        assert!(one.may_log());
        assert!(!other.may_log() && !one.may_log());
        assert!(Backoff::default().may_log(), "another process's business");
    }
}

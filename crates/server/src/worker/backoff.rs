use std::error::Error;
use std::time::Duration;

const FIRST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(30);

/// How long to wait after failures in a row: 0.5 s, doubled each time, at most 30 s.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// All is well again.
    pub(super) fn reset(&mut self) {
        self.failures = 0;
    }

    /// Logs a failure and says how long to wait.
    pub(super) fn failed(&mut self, what: &'static str, error: &(dyn Error + 'static)) -> Duration {
        let wait = FIRST.saturating_mul(1 << self.failures.min(10)).min(LONGEST);
        self.failures = self.failures.saturating_add(1);
        tracing::error!(error, failures = self.failures, ?wait, "{what} failed; it is tried again");
        wait
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
}

//! Circuit breakers: where several attempts in a row have failed, no more are made for a while, then one to see
//! (Nygard, *Release It!*, 2nd edition 2018, §5). Each process has its own.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use chrono::TimeDelta;
use nexusflow_domain::Timestamp;

/// How many transient failures in a row open a breaker.
const FAILURES: u32 = 5;
/// How long it stays open before one attempt is made.
const PAUSE: TimeDelta = TimeDelta::seconds(30);
/// The most targets that are watched; beyond, what failed is forgotten.
const TARGETS: usize = 10_000;

#[derive(Default)]
pub(super) struct Breakers(Mutex<HashMap<String, Breaker>>);

/// What is known of a target that failed last.
#[derive(Debug, Clone, Copy)]
struct Breaker {
    failures: u32,
    /// Until when nothing is sent; of one attempt that is on its way to see, until when others wait for it.
    open_until: Option<Timestamp>,
}

impl Breakers {
    /// Whether an attempt may be made; if not, when to ask again. Whoever may tells how it ended.
    pub fn ask(&self, target: &str, now: Timestamp) -> Result<(), Timestamp> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(breaker) = all.get_mut(target) else { return Ok(()) };
        match breaker.open_until {
            Some(until) if now < until => Err(until),
            // One goes to see; the others wait for it, unless it never tells.
            Some(_) => {
                breaker.open_until = Some(now + PAUSE);
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// The target answered.
    pub fn succeeded(&self, target: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(target);
    }

    /// The target did not answer, or said that it cannot. Whether the breaker has just opened.
    pub fn failed(&self, target: &str, now: Timestamp) -> bool {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= TARGETS && !all.contains_key(target) {
            all.clear();
        }
        let breaker = all.entry(target.to_owned()).or_insert(Breaker { failures: 0, open_until: None });
        breaker.failures = breaker.failures.saturating_add(1);
        if breaker.failures < FAILURES {
            return false;
        }
        breaker.open_until = Some(now + PAUSE);
        breaker.failures == FAILURES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + TimeDelta::seconds(second)
    }

    #[test]
    fn it_opens_after_failures_in_a_row_lets_one_see_and_closes_on_an_answer() {
        let breakers = Breakers::default();
        for _ in 1..FAILURES {
            assert!(!breakers.failed("a:443", at(0)));
        }
        assert_eq!(breakers.ask("a:443", at(0)), Ok(()));
        assert!(breakers.failed("a:443", at(0)), "it opens");
        assert_eq!(breakers.ask("a:443", at(29)), Err(at(30)));
        assert_eq!(breakers.ask("b:443", at(29)), Ok(()), "another target");
        assert_eq!(breakers.ask("a:443", at(30)), Ok(()), "one goes to see");
        assert_eq!(breakers.ask("a:443", at(31)), Err(at(60)), "the others wait for it");
        assert!(!breakers.failed("a:443", at(32)), "it is still open");
        assert_eq!(breakers.ask("a:443", at(33)), Err(at(62)));
        assert_eq!(breakers.ask("a:443", at(62)), Ok(()));
        breakers.succeeded("a:443");
        assert_eq!((breakers.ask("a:443", at(63)), breakers.ask("a:443", at(63))), (Ok(()), Ok(())));
    }

    #[test]
    fn an_answer_between_failures_begins_the_count_anew() {
        let breakers = Breakers::default();
        for _ in 0..10 {
            assert!(!breakers.failed("a", at(0)));
            breakers.succeeded("a");
        }
        assert_eq!(breakers.ask("a", at(0)), Ok(()));
    }
}

use std::sync::{Arc, Mutex, PoisonError};

use uuid::{Builder, Uuid};

use crate::platform::{Clock, IdGenerator};

/// UUIDv7 (RFC 9562 §5.7) of a clock's milliseconds and a counter: strictly growing, and the same in
/// every run of a test. While the clock goes back, its latest time stays.
pub struct SequentialIds {
    clock: Arc<dyn Clock>,
    last: Mutex<Last>,
}

#[derive(Default)]
struct Last {
    millis: u64,
    counter: u64,
}

impl SequentialIds {
    /// Ids of a clock's time.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, last: Mutex::default() }
    }
}

impl IdGenerator for SequentialIds {
    fn next_uuid(&self) -> Uuid {
        let now = u64::try_from(self.clock.now().timestamp_millis()).unwrap_or(0);
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.millis = last.millis.max(now);
        last.counter += 1;
        let mut random = [0; 10];
        random[2..].copy_from_slice(&last.counter.to_be_bytes());
        Builder::from_unix_timestamp_millis(last.millis, &random).into_uuid()
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::fakes::ManualClock;

    #[test]
    fn grows_whatever_the_clock_does() {
        let clock = Arc::new(ManualClock::default());
        let ids = SequentialIds::new(clock.clone());
        let mut before = Uuid::nil();
        for step in [0, 0, 5, -10, 0, 1, 1_000, 0] {
            clock.advance(TimeDelta::milliseconds(step));
            let id = ids.next_uuid();
            assert!(id > before, "{id} after {before}");
            assert_eq!(id.get_version_num(), 7);
            before = id;
        }
    }
}

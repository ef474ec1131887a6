use std::sync::{Arc, Mutex};

use nexusflow_application::platform::{Clock, IdGenerator};
use uuid::{ContextV7, Timestamp, Uuid};

/// `UUIDv7` (RFC 9562 §5.7) of a clock's time. Within a millisecond a counter that starts at random
/// counts up; when the clock goes back, the last millisecond is used on, so that ids only ever grow.
pub struct UuidV7Generator {
    clock: Arc<dyn Clock>,
    context: Mutex<ContextV7>,
}

impl UuidV7Generator {
    /// A generator on a clock, which may be virtual.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, context: Mutex::new(ContextV7::new()) }
    }
}

impl IdGenerator for UuidV7Generator {
    fn next_uuid(&self) -> Uuid {
        let now = self.clock.now();
        // Times before 1970 have no UUIDv7.
        let seconds = u64::try_from(now.timestamp()).unwrap_or(0);
        Uuid::new_v7(Timestamp::from_unix(&self.context, seconds, now.timestamp_subsec_nanos()))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::platform::VirtualClock;

    #[test]
    fn ids_carry_the_clocks_time_and_grow_within_a_millisecond() {
        let start = "2018-03-01T00:00:00Z".parse().unwrap();
        let generator = UuidV7Generator::new(Arc::new(VirtualClock::new(start)));
        let ids: Vec<Uuid> = (0..10_000).map(|_| generator.next_uuid()).collect();
        assert!(ids.windows(2).all(|pair| pair[0] < pair[1]));
        assert_eq!(ids[0].get_version_num(), 7);
        let (seconds, nanoseconds) = ids[9_999].get_timestamp().unwrap().to_unix();
        assert_eq!((i64::try_from(seconds).unwrap(), nanoseconds), (start.timestamp(), 0));
    }

    #[test]
    fn threads_never_get_the_same_id() {
        let clock = Arc::new(VirtualClock::new("2020-01-01T00:00:00Z".parse().unwrap()));
        let generator = UuidV7Generator::new(clock);
        let ids = std::thread::scope(|scope| {
            let draw = || (0..2_000).map(|_| generator.next_uuid()).collect::<Vec<_>>();
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(draw)).collect();
            threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect::<BTreeSet<_>>()
        });
        assert_eq!(ids.len(), 8_000);
    }
}

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

/// How much may wait, and how it is taken.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// How many batches may be under way at once.
    pub lanes: usize,
    /// How many items must wait for another batch while one is under way: fewer are cheaper in one batch after it.
    pub fill: usize,
    /// The most items that may wait.
    pub waiting: usize,
    /// The most weight that may wait. One item may always wait, whatever its weight.
    pub weight: usize,
    /// The most items in a batch.
    pub batch: usize,
    /// How long a batch should take: batches that take longer get smaller, down to [`SMALLEST`].
    pub aim: Duration,
}

/// The smallest limit of a batch.
const SMALLEST: usize = 8;
/// What a caller is told to wait at least and at most.
const WAIT: [Duration; 2] = [Duration::from_millis(50), Duration::from_secs(10)];

/// An item that waits.
pub(super) struct Waiting<I, K> {
    pub item: I,
    /// Items with the same key are never in two batches at once, and keep their order.
    pub key: Option<K>,
    pub weight: usize,
}

/// What waits, and what is under way.
pub(super) struct Queue<I, K> {
    limits: Limits,
    waiting: VecDeque<Waiting<I, K>>,
    weight: usize,
    busy: BTreeSet<K>,
    lanes: usize,
    /// The most items that the next batch takes.
    batch: usize,
    /// What an item took lately, a moving average.
    pace: Duration,
}

/// There is no room for an item: how long it is worth waiting.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Full {
    pub retry_after: Duration,
}

impl<I, K: Ord + Copy> Queue<I, K> {
    pub fn new(limits: Limits) -> Self {
        let (waiting, busy) = (VecDeque::new(), BTreeSet::new());
        Self { limits, waiting, weight: 0, busy, lanes: 0, batch: limits.batch, pace: Duration::from_millis(1) }
    }

    /// Takes an item in, if there is room; whether another lane is to be opened.
    pub fn push(&mut self, waiting: Waiting<I, K>) -> Result<bool, Full> {
        let fits = self.waiting.len() < self.limits.waiting && self.weight + waiting.weight <= self.limits.weight;
        if !fits && !self.waiting.is_empty() {
            let ahead = u32::try_from(self.waiting.len()).unwrap_or(u32::MAX);
            let [least, most] = WAIT;
            return Err(Full { retry_after: self.pace.saturating_mul(ahead).clamp(least, most) });
        }
        self.weight += waiting.weight;
        self.waiting.push_back(waiting);
        let opens = self.lanes < self.limits.lanes && self.is_worth_a_lane(self.lanes);
        self.lanes += usize::from(opens);
        Ok(opens)
    }

    /// What a lane does next, in the order in which it came; none when it is to close.
    pub fn take(&mut self) -> Vec<Waiting<I, K>> {
        if !self.is_worth_a_lane(self.lanes.saturating_sub(1)) {
            self.lanes -= 1;
            return Vec::new();
        }
        let mut taken: Vec<Waiting<I, K>> = Vec::new();
        let mut left = VecDeque::new();
        let mut own = BTreeSet::new();
        while let Some(next) = self.waiting.pop_front() {
            let is_busy = next.key.is_some_and(|key| self.busy.contains(&key));
            if is_busy {
                left.push_back(next);
                continue;
            }
            if taken.len() >= self.batch {
                left.push_back(next);
                break;
            }
            own.extend(next.key);
            self.weight -= next.weight;
            taken.push(next);
        }
        left.append(&mut self.waiting);
        self.waiting = left;
        self.busy.extend(own);
        if taken.is_empty() {
            self.lanes -= 1;
        }
        taken
    }

    /// Whether what waits is worth a lane besides so many others, which take it when they are done.
    fn is_worth_a_lane(&self, others: usize) -> bool {
        others == 0 || self.waiting.len() >= self.limits.fill
    }

    /// A batch of so many items with these keys is done.
    pub fn done(&mut self, keys: impl IntoIterator<Item = K>, items: usize, took: Duration) {
        for key in keys {
            self.busy.remove(&key);
        }
        let each = took / u32::try_from(items.max(1)).unwrap_or(u32::MAX);
        self.pace = (self.pace * 7 + each) / 8;
        if took > self.limits.aim * 2 && items > SMALLEST {
            self.batch = (items / 2).max(SMALLEST);
        } else if took <= self.limits.aim && items >= self.batch {
            self.batch = (self.batch + self.batch / 4 + 1).min(self.limits.batch);
        }
    }

    #[cfg(test)]
    pub const fn batch(&self) -> usize {
        self.batch
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits =
        Limits { lanes: 2, fill: 1, waiting: 4, weight: 100, batch: 64, aim: Duration::from_millis(10) };

    fn item(item: u32, key: Option<u32>) -> Waiting<u32, u32> {
        Waiting { item, key, weight: 10 }
    }

    fn taken(queue: &mut Queue<u32, u32>) -> Vec<u32> {
        queue.take().into_iter().map(|waiting| waiting.item).collect()
    }

    #[test]
    fn lanes_open_as_needed_and_close_when_nothing_waits() {
        let mut queue = Queue::new(LIMITS);
        let opened: Vec<bool> = (0..3).map(|n| queue.push(item(n, None)).unwrap()).collect();
        assert_eq!(opened, [true, true, false]);
        assert_eq!(taken(&mut queue), [0, 1, 2]);
        assert!(taken(&mut queue).is_empty());
        assert_eq!(queue.push(item(3, None)), Ok(true));
    }

    #[test]
    fn a_second_lane_opens_and_goes_on_only_for_enough_items() {
        let mut queue = Queue::new(Limits { fill: 2, ..LIMITS });
        assert_eq!(queue.push(item(0, None)), Ok(true));
        assert_eq!(taken(&mut queue), [0]);
        assert_eq!(queue.push(item(1, None)), Ok(false));
        assert_eq!(queue.push(item(2, None)), Ok(true));
        assert_eq!(taken(&mut queue), [1, 2]);
        assert_eq!(queue.push(item(3, None)), Ok(false));
        assert!(taken(&mut queue).is_empty(), "one item waits for the other lane");
        assert_eq!(taken(&mut queue), [3]);
        assert!(taken(&mut queue).is_empty());
        assert_eq!(queue.push(item(4, None)), Ok(true));
    }

    #[test]
    fn items_of_one_key_are_in_one_batch_at_a_time_and_in_order() {
        let mut queue = Queue::new(LIMITS);
        for n in 0..3 {
            queue.push(item(n, Some(n % 2))).unwrap();
        }
        assert_eq!(taken(&mut queue), [0, 1, 2]);
        queue.push(item(3, Some(0))).unwrap();
        queue.push(item(4, Some(7))).unwrap();
        queue.push(item(5, Some(0))).unwrap();
        assert_eq!(taken(&mut queue), [4]);
        queue.done([0, 1], 3, Duration::ZERO);
        assert_eq!(taken(&mut queue), [3, 5]);
    }

    #[test]
    fn what_does_not_fit_is_told_how_long_to_wait_but_one_item_always_fits() {
        let mut queue = Queue::new(LIMITS);
        queue.push(Waiting { item: 0, key: None, weight: 1_000 }).unwrap();
        let Full { retry_after } = queue.push(item(1, None)).unwrap_err();
        assert!(retry_after >= WAIT[0] && retry_after <= WAIT[1]);
        assert_eq!(taken(&mut queue), [0]);
        for n in 0..4 {
            queue.push(item(n, None)).unwrap();
        }
        assert!(queue.push(item(4, None)).is_err());
    }

    #[test]
    fn slow_batches_get_smaller_and_quick_ones_grow_again() {
        let mut queue: Queue<u32, u32> = Queue::new(LIMITS);
        queue.done([], 64, Duration::from_millis(50));
        assert_eq!(queue.batch(), 32);
        queue.done([], 9, Duration::from_secs(5));
        queue.done([], 8, Duration::from_secs(5));
        assert_eq!(queue.batch(), SMALLEST);
        for _ in 0..20 {
            queue.done([], queue.batch(), Duration::from_millis(1));
        }
        assert_eq!(queue.batch(), LIMITS.batch);
    }
}

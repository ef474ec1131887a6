use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use async_trait::async_trait;
use futures::FutureExt;
use tokio::sync::oneshot;

use super::queue::{Full, Limits, Queue, Waiting};
use crate::StoreError;

/// What is done with many items as cheaply as with one.
#[async_trait]
pub(crate) trait Work: Send + Sync + 'static {
    /// What it is done with.
    type Item: Send + 'static;
    /// What comes of each.
    type Answer: Send + 'static;
    /// Items with the same key are never in two batches at once, and keep their order.
    type Key: Ord + Copy + Send + 'static;

    /// The item's key, if it has one.
    fn key(item: &Self::Item) -> Option<Self::Key>;

    /// About how many bytes an item takes while it waits.
    fn weight(item: &Self::Item) -> usize;

    /// Answers every item, in the order given.
    async fn run(&self, items: Vec<Self::Item>) -> Vec<Self::Answer>;
}

/// An item with whoever waits for its answer.
type Asked<W> = (<W as Work>::Item, oneshot::Sender<<W as Work>::Answer>);

/// Gathers items while batches are under way. An item that comes when nothing is under way is taken at once.
/// A batch goes on when those who wait for it do not any more.
pub(crate) struct Batcher<W: Work> {
    shared: Arc<Shared<W>>,
}

struct Shared<W: Work> {
    work: W,
    queue: Mutex<Queue<Asked<W>, W::Key>>,
}

impl<W: Work> Batcher<W> {
    pub fn new(work: W, limits: Limits) -> Self {
        Self { shared: Arc::new(Shared { work, queue: Mutex::new(Queue::new(limits)) }) }
    }

    /// Queues an item.
    pub fn submit(&self, item: W::Item) -> Result<Ticket<W::Answer>, StoreError> {
        let (sender, receiver) = oneshot::channel();
        let (key, weight) = (W::key(&item), W::weight(&item));
        let pushed = self.shared.queue().push(Waiting { item: (item, sender), key, weight });
        let opens = pushed.map_err(|Full { retry_after }| StoreError::Overloaded { retry_after })?;
        if opens {
            tokio::spawn(lane(self.shared.clone()));
        }
        Ok(Ticket(receiver))
    }
}

/// For the answer to an item.
pub(crate) struct Ticket<A>(oneshot::Receiver<A>);

impl<A> Ticket<A> {
    /// The answer, or that the work broke down.
    pub async fn answer(self) -> Result<A, StoreError> {
        let broke_down = |_| StoreError::Unavailable("the batch broke down, or the server stops".into());
        self.0.await.map_err(broke_down)
    }
}

impl<W: Work> Shared<W> {
    /// A panic in between leaves the queue as it was.
    fn queue(&self) -> MutexGuard<'_, Queue<Asked<W>, W::Key>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Does batch after batch until nothing waits.
async fn lane<W: Work>(shared: Arc<Shared<W>>) {
    loop {
        let taken = shared.queue().take();
        if taken.is_empty() {
            return;
        }
        let (began, count) = (Instant::now(), taken.len());
        let keys: Vec<W::Key> = taken.iter().filter_map(|waiting| waiting.key).collect();
        let (items, senders): (Vec<_>, Vec<_>) = taken.into_iter().map(|waiting| waiting.item).unzip();
        let answers = AssertUnwindSafe(shared.work.run(items)).catch_unwind().await;
        shared.queue().done(keys, count, began.elapsed());
        let Ok(answers) = answers else {
            // Those who wait learn it by their senders being dropped.
            tracing::error!(items = count, "a batch panicked");
            continue;
        };
        for (sender, answer) in senders.into_iter().zip(answers) {
            // Nobody waits for it any more where this fails.
            drop(sender.send(answer));
        }
    }
}

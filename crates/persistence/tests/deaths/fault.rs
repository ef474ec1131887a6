use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use crate::support::TestDatabase;

/// What befalls whoever waits.
#[derive(Debug, Clone, Copy)]
pub enum Fault {
    /// It is dropped where it waits.
    Death,
    /// The server cuts every connection, and it goes on.
    Cut,
}

/// What became of a future.
pub enum Met<T> {
    /// It ended before the point was reached.
    Ended(T),
    /// It was struck; what it said nevertheless, unless it died.
    Struck(Option<T>),
}

impl Fault {
    /// Polls a future until it has waited `points` times, and strikes when it waits once more.
    pub async fn strike<T>(self, database: &TestDatabase, future: impl Future<Output = T>, points: usize) -> Met<T> {
        let mut future = pin!(future);
        let mut left = points;
        let ended = poll_fn(|context| match future.as_mut().poll(context) {
            Poll::Ready(value) => Poll::Ready(Some(value)),
            Poll::Pending if left == 0 => Poll::Ready(None),
            Poll::Pending => {
                left -= 1;
                Poll::Pending
            }
        });
        match (ended.await, self) {
            (Some(value), _) => Met::Ended(value),
            (None, Self::Death) => Met::Struck(None),
            (None, Self::Cut) => {
                cut(database).await;
                Met::Struck(Some(future.await))
            }
        }
    }
}

async fn cut(database: &TestDatabase) {
    let sql = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
        WHERE datname = current_database() AND pid <> pg_backend_pid()";
    database.column::<i64>(sql).await;
}

use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use sea_orm::sqlx::postgres::{PgConnection, PgPoolOptions};
use sea_orm::sqlx::{Error as SqlxError, Row, raw_sql};
use sea_orm::{DbErr, RuntimeErr};

/// How much longer than the database's own limit a caller waits, so that its answer comes first.
const GRACE: Duration = Duration::from_secs(1);
/// How long connections are examined after a call was broken off, and how long each may take.
const EXAMINED_FOR: Duration = Duration::from_secs(5);

/// How long calls of the database are waited for.
///
/// A server that is frozen, or a network that swallows everything, answers with nothing at all, not
/// even an error; then a call ends here. The pool waits without a limit for a connection that comes
/// back to it in the middle of something, and so would lose its place for good. And the driver does not
/// undo a transaction whose caller went away before its beginning was confirmed: whoever got the
/// connection next would read what was there long ago. [`Patience::examine`] closes such connections.
#[derive(Debug, Clone)]
pub(crate) struct Patience {
    limit: Duration,
    broken_off: Arc<Mutex<Option<Instant>>>,
}

impl Patience {
    pub fn new(limit: Duration) -> Self {
        Self { limit, broken_off: Arc::default() }
    }

    /// How long the database itself may take for a statement.
    pub const fn limit(&self) -> Duration {
        self.limit
    }

    /// Another limit for the same connections.
    pub fn with_limit(&self, limit: Duration) -> Self {
        Self { limit, broken_off: self.broken_off.clone() }
    }

    /// What the future says, or that nothing was answered in time.
    pub async fn within<T>(&self, answer: impl Future<Output = Result<T, DbErr>>) -> Result<T, DbErr> {
        let mut answer = pin!(answer);
        // After what is waited for, so that it ends before the connection comes back.
        let call = Call { patience: self, ended: false };
        match tokio::time::timeout(self.limit + GRACE, answer.as_mut()).await {
            Ok(answer) => {
                call.end();
                answer
            }
            Err(_) => Err(DbErr::Conn(RuntimeErr::Internal(format!("no answer within {:?}", self.limit + GRACE)))),
        }
    }

    /// Lets the pool close connections that come back after a broken-off call and do not answer, or are
    /// within a transaction.
    pub fn examine(&self, pool: PgPoolOptions) -> PgPoolOptions {
        let patience = self.clone();
        pool.after_release(move |connection, _| {
            let wanted = patience.is_suspicious();
            Box::pin(async move { if wanted { is_idle(connection).await } else { Ok(true) } })
        })
    }

    fn is_suspicious(&self) -> bool {
        let broken_off = *self.broken_off.lock().unwrap_or_else(PoisonError::into_inner);
        broken_off.is_some_and(|at| at.elapsed() < EXAMINED_FOR)
    }
}

/// A call under way. Dropped before its end, it leaves its connection in the middle of something.
struct Call<'a> {
    patience: &'a Patience,
    ended: bool,
}

impl Call<'_> {
    fn end(mut self) {
        self.ended = true;
    }
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        if !self.ended {
            *self.patience.broken_off.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        }
    }
}

async fn is_idle(connection: &mut PgConnection) -> Result<bool, SqlxError> {
    // The same, unless the transaction began with an earlier statement.
    let question = raw_sql("SELECT transaction_timestamp() = statement_timestamp()").fetch_one(connection);
    match tokio::time::timeout(EXAMINED_FOR, question).await {
        Ok(answer) => answer?.try_get(0),
        // An error, because the pool would take leave of a connection that is merely unwanted.
        Err(_) => Err(SqlxError::Io(std::io::ErrorKind::TimedOut.into())),
    }
}

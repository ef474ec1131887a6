use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use sea_orm::sqlx::postgres::{PgConnection, PgPoolOptions};
use sea_orm::sqlx::{Connection, Error as SqlxError};
use sea_orm::{DbErr, RuntimeErr};

/// How much longer than the database's own limit a caller waits, so that its answer comes first.
const GRACE: Duration = Duration::from_secs(1);
/// How long connections are examined after a call was broken off, and how long each may take.
const EXAMINED_FOR: Duration = Duration::from_secs(5);

/// How long calls of the database are waited for.
///
/// A server that is frozen, or a network that swallows everything, answers with nothing at all, not
/// even an error; then a call ends here. The pool waits without a limit for a connection that comes
/// back to it in the middle of something, and so would lose its place for good; [`Patience::examine`]
/// closes such a connection.
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
        let call = Call { patience: self, ended: false };
        match tokio::time::timeout(self.limit + GRACE, answer).await {
            Ok(answer) => {
                call.end();
                answer
            }
            Err(_) => Err(DbErr::Conn(RuntimeErr::Internal(format!("no answer within {:?}", self.limit + GRACE)))),
        }
    }

    /// Lets the pool close connections that do not answer when they come back after a broken-off call.
    pub fn examine(&self, pool: PgPoolOptions) -> PgPoolOptions {
        let patience = self.clone();
        pool.after_release(move |connection, _| {
            let wanted = patience.is_suspicious();
            Box::pin(async move { if wanted { answers(connection).await } else { Ok(true) } })
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

async fn answers(connection: &mut PgConnection) -> Result<bool, SqlxError> {
    match tokio::time::timeout(EXAMINED_FOR, connection.ping()).await {
        Ok(answer) => answer.map(|()| true),
        // An error, because the pool would take leave of a connection that is merely unwanted.
        Err(_) => Err(SqlxError::Io(std::io::ErrorKind::TimedOut.into())),
    }
}

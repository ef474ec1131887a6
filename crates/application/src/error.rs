use std::sync::Arc;
use std::time::Duration;

use nexusflow_domain::access::Denied;
use nexusflow_domain::ids::JobId;
use nexusflow_domain::problem::Problem;
use nexusflow_domain::request::Refusal;

/// What a use case answers.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a use case did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A typed answer for the caller; nothing went wrong.
    #[error(transparent)]
    Refused(Box<Refused>),
    /// Something the caller cannot help.
    #[error("storage failed")]
    Store(#[from] StoreError),
}

/// A refusal: data that the caller can act on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The actor may not do that.
    #[error(transparent)]
    NotPermitted(#[from] Denied),
    /// There is no such thing in the caller's organization.
    #[error("there is no {kind} {id}")]
    NotFound {
        /// What kind of thing, such as "workflow".
        kind: &'static str,
        /// The id that was given.
        id: String,
    },
    /// Somebody else changed it in the meantime.
    #[error("it was changed by somebody else; the current version is {current}")]
    StaleVersion {
        /// The version to start from.
        current: u64,
    },
    /// An input field is not as expected.
    #[error("{} fields of the input are not valid", .0.len())]
    InvalidInput(Vec<Problem>),
    /// The workflow document has problems.
    #[error("the workflow has {} problems", .0.len())]
    InvalidGraph(Vec<Problem>),
    /// The name is taken.
    #[error("{field}: {value:?} is already in use")]
    AlreadyExists {
        /// Which field must be unique.
        field: &'static str,
        /// The value that was given.
        value: String,
    },
    /// The thing is in a state that does not allow this.
    #[error("{message}")]
    WrongState {
        /// What it is and what is needed, for people.
        message: String,
        /// The present state, such as `PAUSED`.
        state: String,
    },
    /// The thing is used by others.
    #[error("{message}")]
    InUse {
        /// By what, for people.
        message: String,
    },
    /// Nobody active would own the organization any more.
    #[error("an organization always has an active owner; make somebody else an owner first")]
    LastOwner,
    /// The engine refuses the command.
    #[error(transparent)]
    Request(Refusal),
    /// The job is not the worker's any more: its lease ran out and another took it, or it is not to be done any more.
    #[error("the lease of the job {job} was lost; what was done under it is not recorded")]
    LeaseLost {
        /// The job.
        job: JobId,
    },
    /// The idempotency key was used before with another input.
    #[error("the idempotency key was used before for another input")]
    IdempotencyKeyReused,
    /// E-mail, password or organization do not fit; deliberately not said which.
    #[error("the e-mail address or the password is wrong")]
    InvalidCredentials,
    /// The refresh token is unknown, expired or used, or its session has ended; deliberately not said which.
    #[error("the session has ended; sign in again")]
    SessionEnded,
    /// The link of a mail was not made here, was used, was taken back, or has expired; deliberately not said which.
    #[error("the link is not valid (any more); ask for a new one")]
    InvalidLink,
    /// Others keep changing the same thing; try again.
    #[error("too many others change it at the same time; try again")]
    Contended,
}

/// Why a port could not answer.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be reached or is overloaded; trying again later may help.
    #[error("the database is not available")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// So much waits already that this was not taken; nothing of it was done.
    #[error("too much waits already; try again in {} ms", retry_after.as_millis())]
    Overloaded {
        /// When it is worth trying again.
        retry_after: Duration,
    },
    /// A row does not have the form it must have.
    #[error("the row {id} of {table} is corrupt: {message}")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// The row.
        id: String,
        /// The column, and what is wrong with it.
        message: String,
    },
    /// Anything else the database said.
    #[error("the database refused a statement")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl StoreError {
    /// The same error for any number of callers.
    pub fn shared(self) -> impl Iterator<Item = Self> {
        let error = Shared(Arc::new(self));
        std::iter::repeat_with(move || match &*error.0 {
            Self::Unavailable(_) => Self::Unavailable(Box::new(error.clone())),
            Self::Overloaded { retry_after } => Self::Overloaded { retry_after: *retry_after },
            Self::Corrupt { table, id, message } => Self::Corrupt { table, id: id.clone(), message: message.clone() },
            Self::Failed(_) => Self::Failed(Box::new(error.clone())),
        })
    }
}

/// An error that several callers are told.
#[derive(Debug, Clone, thiserror::Error)]
#[error(transparent)]
struct Shared(Arc<StoreError>);

impl From<Refused> for Error {
    fn from(refused: Refused) -> Self {
        Self::Refused(Box::new(refused))
    }
}

impl Error {
    /// The refusal, if it is one.
    pub fn refused(&self) -> Option<&Refused> {
        match self {
            Self::Refused(refused) => Some(refused),
            Self::Store(_) => None,
        }
    }
}

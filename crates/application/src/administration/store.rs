use async_trait::async_trait;
use nexusflow_domain::identity::Email;
use nexusflow_domain::ids::{OrganizationId, UserId};

use crate::administration::AdministrationCommit;
use crate::idempotency::IdempotencyRecord;
use crate::{Error, Refused, StoreError};

/// Why a commit wrote nothing.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// The workflow's stored version is not the one before the new one.
    #[error("stale; the current version is {current}")]
    Stale {
        /// The stored version.
        current: u64,
    },
    /// Something unique is taken.
    #[error("{field} {value:?} is taken")]
    Duplicate {
        /// Which field: email, name, slug.
        field: &'static str,
        /// The value.
        value: String,
    },
    /// A row that the change needs is not there (any more).
    #[error("no {kind} {id}")]
    Missing {
        /// What kind of thing.
        kind: &'static str,
        /// Its id.
        id: String,
    },
    /// Others refer to what was to be removed.
    #[error("{message}")]
    InUse {
        /// By what, for people.
        message: String,
    },
    /// Mappings were changed since the policy version on which the commit was judged.
    #[error("the mappings were changed by somebody else")]
    PolicyChanged,
    /// Nobody active would own the organization any more.
    #[error("the organization would have no active owner")]
    LastOwner,
    /// The idempotency key was stored by a concurrent call.
    #[error("the idempotency key is in use")]
    IdempotencyKeyTaken,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl CommitError {
    /// A commit without changes can only fail in the store.
    pub(crate) fn into_store_error(self) -> StoreError {
        match self {
            Self::Store(error) => error,
            other => StoreError::Failed(Box::new(other)),
        }
    }
}

impl From<CommitError> for Error {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Stale { current } => Refused::StaleVersion { current }.into(),
            CommitError::Duplicate { field, value } => Refused::AlreadyExists { field, value }.into(),
            CommitError::Missing { kind, id } => Refused::NotFound { kind, id }.into(),
            CommitError::InUse { message } => Refused::InUse { message }.into(),
            CommitError::IdempotencyKeyTaken | CommitError::PolicyChanged => Refused::Contended.into(),
            CommitError::LastOwner => Refused::LastOwner.into(),
            CommitError::Store(error) => Self::Store(error),
        }
    }
}

/// Writes administration.
#[async_trait]
pub trait AdministrationStore: Send + Sync {
    /// Compares the policy version, applies all changes in order and appends the entries to the organization's audit stream (its
    /// head is locked first), or writes nothing. Entries are chained by [`chain_entries`].
    async fn commit(&self, commit: AdministrationCommit) -> Result<(), CommitError>;

    /// What was stored for somebody's idempotency key, if it is not older than a day or so.
    async fn idempotency_record(
        &self,
        organization: OrganizationId,
        user: UserId,
        key: &str,
    ) -> Result<Option<IdempotencyRecord>, StoreError>;

    /// Whether an address belongs to a person already.
    async fn email_is_taken(&self, email: &Email) -> Result<bool, StoreError>;
}

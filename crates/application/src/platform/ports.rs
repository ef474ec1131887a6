use async_trait::async_trait;
use chrono::TimeDelta;
use nexusflow_domain::Timestamp;
use nexusflow_domain::ids::{IdSource, OrganizationId, SessionId, UserId, WorkflowId};
use uuid::Uuid;

use crate::StoreError;
use crate::platform::SecretText;

/// What time it is. Whole microseconds, UTC. Tests, replay and simulation run on virtual time.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
}

/// Where ids come from: UUIDv7 of the clock's time, strictly growing within the process while the
/// clock does not go back.
pub trait IdGenerator: Send + Sync {
    /// A fresh UUIDv7.
    fn next_uuid(&self) -> Uuid;
}

impl dyn IdGenerator + '_ {
    /// A fresh id of any type.
    pub fn next<I: FromUuid>(&self) -> I {
        I::from_uuid(self.next_uuid())
    }
}

/// Id types that wrap a UUID.
pub trait FromUuid {
    /// Wraps it.
    fn from_uuid(uuid: Uuid) -> Self;
}

macro_rules! from_uuid {
    ($($name:ident),* $(,)?) => {$(
        impl FromUuid for nexusflow_domain::ids::$name {
            fn from_uuid(uuid: Uuid) -> Self {
                Self::from_uuid(uuid)
            }
        }
    )*};
}
from_uuid!(
    OrganizationId,
    UserId,
    SessionId,
    RoleId,
    WorkflowId,
    WorkflowVersionId,
    WorkflowStepId,
    StepTransitionId,
    RequestId,
    RequestStepId,
    EscalationId,
    AuditEntryId,
    JobId,
    NotificationId,
    DelegationId,
    JobPauseId,
    MessageId,
    VerificationId,
    MailId,
);

/// The domain's view of an id generator.
pub(crate) struct Ids<'a>(pub &'a dyn IdGenerator);

impl IdSource for Ids<'_> {
    fn next_id(&mut self) -> Uuid {
        self.0.next_uuid()
    }
}

/// Hashes passwords, off the async threads.
#[async_trait]
pub trait PasswordHasher: Send + Sync {
    /// A salted hash in PHC form.
    async fn hash(&self, password: String) -> Result<String, StoreError>;

    /// Whether the password fits. With no hash (unknown account) it takes the same time and is false.
    async fn verify(&self, password: String, hash: Option<String>) -> Result<bool, StoreError>;
}

/// What an access token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenClaims {
    /// Who.
    pub user: UserId,
    /// For which tenant.
    pub organization: OrganizationId,
    /// Within which of the person's sessions there.
    pub session: SessionId,
}

/// Why a token is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// It was valid once.
    #[error("the token has expired; sign in again")]
    Expired,
    /// It was never issued by this installation.
    #[error("the token is not valid")]
    Invalid,
}

/// Signs short-lived access tokens, and makes the other secrets of sessions. Runs on real time, not on
/// the clock port: a token's life is a matter of security, not of the business.
pub trait TokenIssuer: Send + Sync {
    /// A token that is accepted for at most so long, and when it expires.
    fn issue(&self, claims: &TokenClaims, at_most: TimeDelta) -> Result<(SecretText, Timestamp), StoreError>;

    /// What a token says, if it is genuine and current.
    fn verify(&self, token: &str) -> Result<TokenClaims, TokenError>;

    /// Random bytes that nobody can guess.
    fn random(&self) -> Result<[u8; 32], StoreError>;

    /// What a browser's page must send with what it changes: only who may read the session's answers
    /// knows it. The same for a session as long as the key is.
    fn csrf_token(&self, session: SessionId) -> SecretText;

    /// Whether a page sent the session's; in constant time.
    fn is_csrf_token(&self, session: SessionId, token: &str) -> bool;
}

/// A workflow that was deleted and may be removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeletedWorkflow {
    /// The workflow.
    pub id: WorkflowId,
    /// Its tenant.
    pub organization: OrganizationId,
    /// Its name when it was deleted.
    pub name: String,
    /// When.
    pub deleted_at: Timestamp,
}

/// Looks after the storage.
#[async_trait]
pub trait Maintenance: Send + Sync {
    /// Whether the storage answers and its schema is current.
    async fn ready(&self) -> Result<(), StoreError>;

    /// Makes the time partitions of the coming months; no effect where there are none.
    async fn ensure_partitions(&self, now: Timestamp) -> Result<(), StoreError>;

    /// Removes idempotency keys stored before an instant, at most `limit`; returns how many.
    async fn expire_idempotency_keys(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError>;

    /// Brings the statistics that plans are made from up to date, where the database does not do so by
    /// itself; no effect elsewhere.
    async fn refresh_statistics(&self) -> Result<(), StoreError>;

    /// Workflows of any tenant, by id, after the given one, that were deleted before an instant and that
    /// no request refers to; at most `limit`.
    async fn purgeable_workflows(
        &self,
        deleted_before: Timestamp,
        after: Option<WorkflowId>,
        limit: u32,
    ) -> Result<Vec<DeletedWorkflow>, StoreError>;
}

use nexusflow_domain::Timestamp;
use nexusflow_domain::ids::{JobId, MessageId};
use nexusflow_domain::insight::{AuditRecord, Hash};
use nexusflow_domain::request::{RequestState, Subscriber};

use crate::StoreError;
use crate::idempotency::IdempotencyEntry;
use crate::request::{JobChange, NewEscalation, NewNotification, StepChange, SubscriptionChange};

/// A request as the engine loads it: its state and the head of its chain. The head's number is the
/// state's version.
#[derive(Debug, Clone, PartialEq)]
pub struct LoadedRequest {
    /// The state that folding its journal gives.
    pub state: RequestState,
    /// The hash of the last journal record.
    pub head: Hash,
    /// When it was made.
    pub created_at: Timestamp,
}

impl LoadedRequest {
    /// What is there before a request is made.
    pub fn blank() -> Self {
        Self { state: RequestState::blank(), head: Hash::GENESIS, created_at: Timestamp::UNIX_EPOCH }
    }

    /// The request as it is when the unit is written.
    pub fn after(unit: &CommitUnit) -> Self {
        let head = unit.records.last().map_or(Hash::GENESIS, |record| record.hash);
        Self { state: unit.state.clone(), head, created_at: unit.created_at }
    }
}

/// Everything one command writes: all or nothing, guarded by the request's version and the head of its chain.
#[derive(Debug, Clone, PartialEq)]
pub struct CommitUnit {
    /// The version that the stored request must have; 0 when it must not exist.
    pub expected_version: u64,
    /// The new state; its version is `expected_version` plus the number of records.
    pub state: RequestState,
    /// The journal records, chained to the stored head; the last one's hash is the new head. Never empty.
    pub records: Vec<AuditRecord>,
    /// What becomes of step rows, in order.
    pub steps: Vec<StepChange>,
    /// Missed deadlines.
    pub escalations: Vec<NewEscalation>,
    /// Messages.
    pub notifications: Vec<NewNotification>,
    /// The request's timer.
    pub wake: Wake,
    /// What becomes of other jobs, in order. A `Put` or `Remove` ends every lease of the job.
    pub jobs: Vec<JobChange>,
    /// What becomes of the places that wait for messages.
    pub subscriptions: Vec<SubscriptionChange>,
    /// The message that it receives. The subscription that is stored before it must be met by it.
    pub receives: Option<Reception>,
    /// The lease under which a worker commits: the job's fence must still be this.
    pub lease: Option<Lease>,
    /// The caller's idempotency key.
    pub idempotency: Option<IdempotencyEntry>,
    /// When the request was made; the same as `at` when it is made now.
    pub created_at: Timestamp,
    /// When.
    pub at: Timestamp,
}

/// What becomes of a request's timer job. Its id is the request's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wake {
    /// As it was.
    Unchanged,
    /// Due at this instant, free to be claimed.
    At(Timestamp),
    /// None any more.
    Never,
}

/// A message that is received, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reception {
    /// The message.
    pub message: MessageId,
    /// What waited for it.
    pub by: Subscriber,
}

/// A worker's claim of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// The job.
    pub job: JobId,
    /// What its fence must still be.
    pub fence: u64,
}

/// Why a unit was not written. Other units of the same batch are not affected.
#[derive(Debug, thiserror::Error)]
pub enum CommitConflict {
    /// What is stored is not what it goes on from: load and decide again.
    #[error("stale")]
    Stale,
    /// The worker's lease was taken by another.
    #[error("the lease was lost")]
    LeaseLost,
    /// The message was received by something else, is gone, or is not the one that was waited for.
    #[error("the message is not to be received here")]
    MessageTaken,
    /// The idempotency key was stored by a concurrent call.
    #[error("the idempotency key is in use")]
    IdempotencyKeyTaken,
    /// The workflow was deleted, or is no longer active, since the command was decided.
    #[error("the workflow does not take requests any more")]
    WorkflowGone,
    /// The store failed on this unit alone.
    #[error(transparent)]
    Store(#[from] StoreError),
}

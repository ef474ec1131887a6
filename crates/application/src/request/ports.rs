use async_trait::async_trait;
use nexusflow_domain::Timestamp;
use nexusflow_domain::ids::{OrganizationId, RequestId, RequestStepId};

use crate::access::{Member, Permit, RequestScope, Scope, actions};
use crate::request::{
    AbandonedClaim, ClaimedJob, CommitConflict, CommitUnit, Escalation, FailedStepFilter, InboxFilter, InboxItem,
    JobKind, Lease, LoadedRequest, Notification, Request, RequestFilter, RequestOrder, RequestStep,
};
use crate::{Page, PageRequest, StoreError};

/// The engine's store: loads states and commits units. A batch is the only way to write.
#[async_trait]
pub trait RequestStore: Send + Sync {
    /// Those of the given requests that exist in their tenants, each once, in any order.
    async fn load(&self, wanted: &[(Scope, RequestId)]) -> Result<Vec<LoadedRequest>, StoreError>;

    /// Writes units of any tenants in as few transactions as can be, usually one, rows locked in the
    /// order of request ids. One answer per unit, in the order given: written, or why not. Several units
    /// of one request go on from each other. A unit with `expected_version` 0 is only written while its
    /// workflow is ACTIVE and not deleted. Durable when it returns.
    async fn commit(&self, units: Vec<CommitUnit>) -> Result<Vec<Result<(), CommitConflict>>, StoreError>;

    /// How many commits it can work on at once: one where there is one writer.
    fn writers(&self) -> usize;
}

/// Reads requests.
#[async_trait]
pub trait RequestReader: Send + Sync {
    /// Those of the given requests that the scope sees, in any order.
    async fn requests(&self, scope: &RequestScope, ids: &[RequestId]) -> Result<Vec<Request>, StoreError>;

    /// A page of requests.
    async fn list_requests(
        &self,
        scope: &RequestScope,
        filter: &RequestFilter,
        order: RequestOrder,
        page: &PageRequest,
    ) -> Result<Page<Request>, StoreError>;

    /// How many requests fit, counted up to `cap`.
    async fn count_requests(&self, scope: &RequestScope, filter: &RequestFilter, cap: u64) -> Result<u64, StoreError>;

    /// Open steps that somebody claimed who is no active member any more, by the step's id after the given one: of one
    /// tenant, or of all for NexusFlow's own work.
    async fn abandoned_claims(
        &self,
        organization: Option<OrganizationId>,
        after: Option<RequestStepId>,
        limit: u32,
    ) -> Result<Vec<AbandonedClaim>, StoreError>;
}

/// Reads steps of requests.
#[async_trait]
pub trait StepReader: Send + Sync {
    /// Executions of steps by request and id, in any order; the caller has checked the requests.
    async fn steps(&self, scope: &Scope, ids: &[(RequestId, RequestStepId)]) -> Result<Vec<RequestStep>, StoreError>;

    /// All executions of the given requests by id; the caller has checked the requests.
    async fn steps_of(&self, scope: &Scope, requests: &[RequestId]) -> Result<Vec<RequestStep>, StoreError>;

    /// Missed deadlines of the given requests by id; the caller has checked the requests.
    async fn escalations_of(&self, scope: &Scope, requests: &[RequestId]) -> Result<Vec<Escalation>, StoreError>;

    /// Open human steps of running requests that the person may act on now, for himself or on behalf of
    /// somebody else, as [`crate::request::OpenWork::voice_of`] says. By deadline (those without one last), then id.
    async fn inbox(
        &self,
        permit: &Permit<Member>,
        now: Timestamp,
        filter: &InboxFilter,
        page: &PageRequest,
    ) -> Result<Page<InboxItem>, StoreError>;

    /// Open steps that cannot go on by themselves (dead letters), by id.
    async fn failed_steps(
        &self,
        permit: &Permit<actions::ManageRequest>,
        filter: &FailedStepFilter,
        page: &PageRequest,
    ) -> Result<Page<RequestStep>, StoreError>;
}

/// Reads messages.
#[async_trait]
pub trait NotificationReader: Send + Sync {
    /// Messages to the person or to a role held, newest first.
    async fn notifications(
        &self,
        permit: &Permit<Member>,
        page: &PageRequest,
    ) -> Result<Page<Notification>, StoreError>;
}

/// Durable work due at a time.
#[async_trait]
pub trait JobStore: Send + Sync {
    /// Claims jobs of a kind due at or before `now` and not leased beyond it, earliest first, for the
    /// time until `lease_until`: those of every tenant. Two workers never get the same one.
    async fn claim(
        &self,
        kind: JobKind,
        now: Timestamp,
        lease_until: Timestamp,
        limit: u32,
    ) -> Result<Vec<ClaimedJob>, StoreError>;

    /// Claims a tenant's work of the given types.
    async fn claim_work(
        &self,
        organization: OrganizationId,
        types: &[String],
        now: Timestamp,
        lease_until: Timestamp,
        limit: u32,
    ) -> Result<Vec<ClaimedJob>, StoreError>;

    /// Keeps a claim of a job of a kind until another instant; `false` when the lease was lost.
    async fn extend(
        &self,
        organization: OrganizationId,
        kind: JobKind,
        lease: Lease,
        until: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Gives a claimed job back without a commit: due again at an instant, or gone. The claim does not count as one
    /// any more. No effect when the lease was lost.
    async fn settle(&self, job: &ClaimedJob, run_at: Option<Timestamp>) -> Result<(), StoreError>;

    /// When the next job of a kind is due, leased or not.
    async fn next_due(&self, kind: JobKind) -> Result<Option<Timestamp>, StoreError>;
}

use async_trait::async_trait;
use nexusflow_domain::Timestamp;
use nexusflow_domain::ids::{OrganizationId, RequestId, UserId};
use nexusflow_domain::insight::{AuditRecord, Hash};

use crate::access::Scope;
use crate::{Page, PageRequest, StoreError};

/// Which stream of the audit log. Streams are ordered: an organization's own first, then its
/// requests by id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StreamId {
    /// The organization's administration.
    Organization,
    /// One request.
    Request(RequestId),
}

/// What the stream's own row says of its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamHead {
    /// The stream.
    pub id: StreamId,
    /// The number of the last record; 0 when there is none.
    pub seq: u64,
    /// Its hash; genesis when there is none.
    pub hash: Hash,
}

/// Which records a list shows; every given part must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Caused by this person.
    pub actor: Option<UserId>,
    /// About this request: its journal, and the denials of those who may not act on it.
    pub request: Option<RequestId>,
    /// At or after this instant.
    pub from: Option<Timestamp>,
    /// Before this instant.
    pub until: Option<Timestamp>,
    /// Of this kind, such as `STEP_COMPLETED`.
    pub event: Option<String>,
}

/// Reads the audit log.
#[async_trait]
pub trait AuditReader: Send + Sync {
    /// One request's journal by number; cursors are numbers.
    async fn journal(
        &self,
        scope: &Scope,
        request: RequestId,
        page: &PageRequest,
    ) -> Result<Page<AuditRecord>, StoreError>;

    /// Records of all streams of the tenant, newest first: by time, ties by id.
    async fn records(
        &self,
        scope: &Scope,
        filter: &AuditFilter,
        page: &PageRequest,
    ) -> Result<Page<AuditRecord>, StoreError>;

    /// Streams in order, after the given one. Request streams without a request row (it was removed,
    /// its records were not) appear with a head of number 0.
    async fn streams(&self, scope: &Scope, after: Option<StreamId>, limit: u32) -> Result<Vec<StreamHead>, StoreError>;

    /// All records of one stream with a number above `after`, by number; at most `limit`.
    async fn stream(
        &self,
        scope: &Scope,
        stream: StreamId,
        after: u64,
        limit: u32,
    ) -> Result<Vec<AuditRecord>, StoreError>;

    /// The tenant that a request belongs to, or its journal when the row was removed; whatever tenant:
    /// for the command line alone.
    async fn organization_of(&self, request: RequestId) -> Result<Option<OrganizationId>, StoreError>;
}

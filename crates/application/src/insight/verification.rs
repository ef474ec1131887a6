use nexusflow_domain::ids::OrganizationId;
use nexusflow_domain::insight::{AuditRecord, ChainBreak};

use crate::insight::StreamId;

const MAX_FINDINGS: usize = 1_000;

/// What verification went through and found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verification {
    /// Streams checked.
    pub streams: u64,
    /// Records checked.
    pub records: u64,
    /// What does not fit; at most 1,000.
    pub findings: Vec<Finding>,
}

/// Something that does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The tenant.
    pub organization: OrganizationId,
    /// The stream.
    pub stream: StreamId,
    /// The number of the record at which it showed.
    pub seq: u64,
    /// That record's kind of event, if there is a record.
    pub event: Option<String>,
    /// What is wrong.
    pub problem: FindingKind,
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FindingKind {
    /// The chain is broken.
    #[error(transparent)]
    Chain(ChainBreak),
    /// There are records of a request that is not there.
    #[error("the request's row was removed; its journal remains")]
    RequestRemoved,
    /// The request's stored state is not what its journal leads to.
    #[error("the stored state of the request is not what its journal leads to")]
    State,
    /// A column that lists and searches read is not what the request's journal leads to.
    #[error("the request's column {0} is not what its journal leads to")]
    Column(&'static str),
    /// The record's content cannot be read as an event.
    #[error("the record's payload is not an event")]
    Payload,
    /// The record's row cannot be read; the records after it were not checked.
    #[error("the record cannot be read, and what follows it was not checked: {0}")]
    Unreadable(String),
}

impl Verification {
    /// Whether everything fits.
    pub fn is_intact(&self) -> bool {
        self.findings.is_empty()
    }

    /// Whether no further finding is wanted.
    pub(super) fn is_full(&self) -> bool {
        self.findings.len() >= MAX_FINDINGS
    }

    pub(super) fn report(&mut self, record: &AuditRecord, stream: StreamId, problem: FindingKind) {
        let (organization, seq, event) = (record.organization, record.seq, Some(record.event.clone()));
        self.add(Finding { organization, stream, seq, event, problem });
    }

    pub(super) fn report_stream(
        &mut self,
        organization: OrganizationId,
        stream: StreamId,
        seq: u64,
        problem: FindingKind,
    ) {
        self.add(Finding { organization, stream, seq, event: None, problem });
    }

    fn add(&mut self, finding: Finding) {
        if !self.is_full() {
            self.findings.push(finding);
        }
    }
}

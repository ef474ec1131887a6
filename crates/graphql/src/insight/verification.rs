use async_graphql::{Enum, ID, SimpleObject};
use nexusflow_application::insight::{self, FindingKind, StreamId};
use nexusflow_domain::insight::ChainBreak;

use super::audit_record::AuditStream;
use crate::scalar::int;

/// What a verification of the audit log went through and found.
#[derive(Debug, Clone, SimpleObject)]
pub struct AuditVerification {
    /// Whether everything fits.
    intact: bool,
    /// Streams checked.
    streams: i32,
    /// Records checked.
    records: i32,
    /// What does not fit; at most 1,000.
    findings: Vec<AuditFinding>,
}

/// Something in the audit log that does not fit.
#[derive(Debug, Clone, SimpleObject)]
pub struct AuditFinding {
    /// What the stream is about.
    stream: AuditStream,
    /// The request whose journal it is.
    request_id: Option<ID>,
    /// The number of the record at which it showed.
    sequence: i32,
    /// That record's kind of event, if there is a record.
    event: Option<String>,
    /// What is wrong.
    problem: AuditProblem,
    /// What is wrong, for people.
    message: String,
}

/// What is wrong with a stream of the audit log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum AuditProblem {
    /// Records are missing before this one.
    RecordsMissing,
    /// The record was inserted, reordered or follows a removed one.
    Unlinked,
    /// The record's content was changed.
    Changed,
    /// The end of the stream was cut off or added to.
    EndDiffers,
    /// The stored state of the request is not what its journal leads to.
    StateDiffers,
    /// The record's content cannot be read as an event.
    Unreadable,
    /// The request itself was removed; its records remain.
    RequestRemoved,
}

impl From<insight::Verification> for AuditVerification {
    fn from(verification: insight::Verification) -> Self {
        Self {
            intact: verification.is_intact(),
            streams: int(verification.streams),
            records: int(verification.records),
            findings: verification.findings.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<insight::Finding> for AuditFinding {
    fn from(finding: insight::Finding) -> Self {
        let (stream, request_id) = match finding.stream {
            StreamId::Organization => (AuditStream::Organization, None),
            StreamId::Request(request) => (AuditStream::Request, Some(request.to_string().into())),
        };
        let message = finding.problem.to_string();
        let (sequence, problem) = (int(finding.seq), problem(&finding.problem));
        Self { stream, request_id, sequence, event: finding.event, problem, message }
    }
}

const fn problem(found: &FindingKind) -> AuditProblem {
    match found {
        FindingKind::Chain(ChainBreak::Missing { .. }) => AuditProblem::RecordsMissing,
        FindingKind::Chain(ChainBreak::Unlinked) => AuditProblem::Unlinked,
        FindingKind::Chain(ChainBreak::Changed) => AuditProblem::Changed,
        FindingKind::Chain(ChainBreak::Head { .. }) => AuditProblem::EndDiffers,
        FindingKind::RequestRemoved => AuditProblem::RequestRemoved,
        FindingKind::State | FindingKind::Column(_) => AuditProblem::StateDiffers,
        FindingKind::Payload | FindingKind::Unreadable(_) => AuditProblem::Unreadable,
    }
}

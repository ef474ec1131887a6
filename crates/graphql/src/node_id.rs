//! Global ids of nodes that need more than their own uuid to be found again. Clients see opaque
//! text; the prefix still tells the type.

use std::fmt;
use std::str::FromStr;

use nexusflow_domain::ids::{AuditEntryId, EscalationId, RequestId, RequestStepId, WorkflowVersionId};
use nexusflow_domain::workflow::StepKey;
use uuid::Uuid;

/// A text that is not an id of the expected type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not an id of the form {form}")]
pub struct InvalidNodeId {
    form: &'static str,
    text: String,
}

/// An execution of a step: `rst_`, its request's uuid, its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the fields are what their types say")]
pub struct RequestStepKey {
    pub request: RequestId,
    pub step: RequestStepId,
}

/// A record of a missed deadline: `esc_`, its request's uuid, its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the fields are what their types say")]
pub struct EscalationKey {
    pub request: RequestId,
    pub escalation: EscalationId,
}

/// A node of a version's graph: `wfs_`, the version's uuid, an underscore, the node's key. Drafts
/// have no rows of their nodes, so the key it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the fields are what their types say")]
pub struct WorkflowStepKey {
    pub version: WorkflowVersionId,
    pub key: StepKey,
}

/// A record of the audit log: `aud_`, its own uuid, and where it stands: in a request's journal (the
/// request's uuid and the number), or among the organization's records (the microsecond).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the fields are what their types say")]
pub enum AuditRecordKey {
    Request { id: AuditEntryId, request: RequestId, seq: u64 },
    Organization { id: AuditEntryId, micros: i64 },
}

impl fmt::Display for RequestStepKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rst_{}{}", self.request.uuid().simple(), self.step.uuid().simple())
    }
}

impl fmt::Display for EscalationKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "esc_{}{}", self.request.uuid().simple(), self.escalation.uuid().simple())
    }
}

impl fmt::Display for WorkflowStepKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "wfs_{}_{}", self.version.uuid().simple(), self.key)
    }
}

impl fmt::Display for AuditRecordKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request { id, request, seq } => {
                write!(f, "aud_{}{}{seq:016x}", id.uuid().simple(), request.uuid().simple())
            }
            Self::Organization { id, micros } => write!(f, "aud_{}{micros:016x}", id.uuid().simple()),
        }
    }
}

impl FromStr for RequestStepKey {
    type Err = InvalidNodeId;

    fn from_str(text: &str) -> Result<Self, InvalidNodeId> {
        let (request, step) = two_uuids(text, "rst_").ok_or_else(|| invalid(text, "rst_ and 64 hexadecimal digits"))?;
        Ok(Self { request: RequestId::from_uuid(request), step: RequestStepId::from_uuid(step) })
    }
}

impl FromStr for EscalationKey {
    type Err = InvalidNodeId;

    fn from_str(text: &str) -> Result<Self, InvalidNodeId> {
        let (request, id) = two_uuids(text, "esc_").ok_or_else(|| invalid(text, "esc_ and 64 hexadecimal digits"))?;
        Ok(Self { request: RequestId::from_uuid(request), escalation: EscalationId::from_uuid(id) })
    }
}

impl FromStr for WorkflowStepKey {
    type Err = InvalidNodeId;

    fn from_str(text: &str) -> Result<Self, InvalidNodeId> {
        let parse = || {
            let (version, key) = text.strip_prefix("wfs_")?.split_once('_')?;
            Some(Self { version: WorkflowVersionId::from_uuid(uuid(version)?), key: key.parse().ok()? })
        };
        parse().ok_or_else(|| invalid(text, "wfs_, 32 hexadecimal digits, _ and a step's key"))
    }
}

impl FromStr for AuditRecordKey {
    type Err = InvalidNodeId;

    fn from_str(text: &str) -> Result<Self, InvalidNodeId> {
        let parse = || {
            let digits = digits(text, "aud_").filter(|digits| matches!(digits.len(), 48 | 80))?;
            let (id, place) = digits.split_at_checked(32)?;
            let id = AuditEntryId::from_uuid(uuid(id)?);
            let Some((request, seq)) = place.split_at_checked(32) else {
                return Some(Self::Organization { id, micros: i64::from_str_radix(place, 16).ok()? });
            };
            let request = RequestId::from_uuid(uuid(request)?);
            Some(Self::Request { id, request, seq: u64::from_str_radix(seq, 16).ok()? })
        };
        parse().ok_or_else(|| invalid(text, "aud_ and 48 or 80 hexadecimal digits"))
    }
}

fn invalid(text: &str, form: &'static str) -> InvalidNodeId {
    InvalidNodeId { form, text: text.chars().take(100).collect() }
}

fn two_uuids(text: &str, prefix: &str) -> Option<(Uuid, Uuid)> {
    let (first, second) = digits(text, prefix)?.split_at_checked(32)?;
    Some((uuid(first)?, uuid(second)?))
}

/// What follows the prefix, if it is lower-case hexadecimal digits.
fn digits<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let rest = text.strip_prefix(prefix)?;
    rest.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')).then_some(rest)
}

fn uuid(hex: &str) -> Option<Uuid> {
    if hex.len() == 32 { Uuid::try_parse(hex).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_round_trip() {
        let (a, b) = (Uuid::from_u128(7), Uuid::from_u128(u128::MAX));
        let step = RequestStepKey { request: RequestId::from_uuid(a), step: RequestStepId::from_uuid(b) };
        assert_eq!(step.to_string().parse(), Ok(step));
        let node =
            WorkflowStepKey { version: WorkflowVersionId::from_uuid(a), key: "check_it".parse().expect("a key") };
        assert_eq!(node.to_string().parse(), Ok(node));
        let id = AuditEntryId::from_uuid(b);
        for record in [
            AuditRecordKey::Organization { id, micros: 1_800_000_000_000_001 },
            AuditRecordKey::Request { id, request: RequestId::from_uuid(a), seq: u64::MAX },
        ] {
            assert_eq!(record.to_string().parse(), Ok(record));
        }
    }

    #[test]
    fn other_texts_are_refused() {
        let step = format!("rst_{}", "0".repeat(63));
        for text in ["", "rst_", "req_00", &step, &format!("{step}é"), "wfs__", "aud_00"] {
            assert!(text.parse::<RequestStepKey>().is_err(), "{text}");
            assert!(text.parse::<WorkflowStepKey>().is_err(), "{text}");
            assert!(text.parse::<AuditRecordKey>().is_err(), "{text}");
        }
    }
}

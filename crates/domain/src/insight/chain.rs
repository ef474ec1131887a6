//! The audit log's chain. Each stream (a request, or an organization's administration) is a list of
//! records numbered from 1; each carries the SHA-256 (FIPS 180-4) of its own content and of the
//! record before it, so that a changed, removed, inserted or reordered record shows.

use std::fmt;

use serde_json::Value;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::Timestamp;
use crate::ids::{AuditEntryId, OrganizationId, UserId};
use crate::insight::Credential;
use crate::text_enum::text_enum;

text_enum! {
    /// What a stream is about.
    StreamKind {
        /// One request's journal.
        Request = "REQUEST",
        /// An organization's administration: people, roles, workflows, denials.
        Organization = "ORGANIZATION",
    }
}

/// A SHA-256 digest.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Hash(pub [u8; 32]);

impl Hash {
    /// What the first record of a stream has before it.
    pub const GENESIS: Self = Self([0; 32]);
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// From where somebody acted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// The client's address, as the server saw it.
    pub ip: Option<String>,
    /// The client's own name for itself, cut to 256 characters.
    pub user_agent: Option<String>,
    /// Ties together everything that one call caused.
    pub correlation_id: Option<String>,
    /// With what he proved himself; `None` for nobody in particular and for NexusFlow itself.
    pub credential: Option<Credential>,
}

/// One record of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRecord {
    /// Its id.
    pub id: AuditEntryId,
    /// The tenant.
    pub organization: OrganizationId,
    /// What the stream is about.
    pub kind: StreamKind,
    /// The request, or the organization.
    pub stream: Uuid,
    /// Its number in the stream, from 1.
    pub seq: u64,
    /// When, to the microsecond.
    pub at: Timestamp,
    /// Who; `None` for NexusFlow itself.
    pub actor: Option<UserId>,
    /// What happened, such as `STEP_COMPLETED`.
    pub event: String,
    /// What it was about, besides the stream: the type and id of a role, a step, a request.
    pub subject: Option<(String, Uuid)>,
    /// The event as canonical JSON.
    pub payload: String,
    /// What it changed, before: canonical JSON.
    pub before: Option<String>,
    /// What it changed, after: canonical JSON.
    pub after: Option<String>,
    /// From where.
    pub origin: Origin,
    /// The hash of the record before, or [`Hash::GENESIS`].
    pub prev_hash: Hash,
    /// The hash of this record.
    pub hash: Hash,
}

impl AuditRecord {
    /// On whose behalf the actor of a request's record acted, if not for himself.
    pub fn on_behalf_of(&self) -> Option<UserId> {
        if self.kind != StreamKind::Request {
            return None;
        }
        let payload: Value = serde_json::from_str(&self.payload).ok()?;
        let found = payload.get("onBehalfOf").or_else(|| payload.pointer("/vote/onBehalfOf"))?;
        serde_json::from_value(found.clone()).ok()
    }
}

/// How a chain was found broken. The record named is the first that does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ChainBreak {
    /// Numbers are missing before this record.
    #[error("records are missing: expected number {expected}, found {found}")]
    Missing {
        /// The number that should have come.
        expected: u64,
        /// The number that came.
        found: u64,
    },
    /// A record that was not there when the next one was written, or that took another's place.
    #[error("the record was inserted, reordered or follows a removed one: its link to the record before does not fit")]
    Unlinked,
    /// The content does not match its hash.
    #[error("the content was changed: it does not match its hash")]
    Changed,
    /// The last record is not the one that the stream's head names.
    #[error(
        "the end of the stream was cut off or added to: the head names number {expected}, the last record is {found}"
    )]
    Head {
        /// The head's number.
        expected: u64,
        /// The last record's number.
        found: u64,
    },
}

/// The hash that a record must carry: SHA-256 over every field but the hash itself, each preceded by
/// its length, absent ones marked; so that no two different records have the same encoding. What records
/// did not always have stands at the end, and only if it is there: older records keep their hashes.
pub fn hash_record(record: &AuditRecord) -> Hash {
    let mut encoder = Encoder(Sha256::new());
    encoder.field(b"nexusflow-audit-1");
    encoder.field(record.id.uuid().as_bytes());
    encoder.field(record.organization.uuid().as_bytes());
    encoder.field(record.kind.as_str().as_bytes());
    encoder.field(record.stream.as_bytes());
    encoder.field(&record.seq.to_be_bytes());
    encoder.field(&record.at.timestamp_micros().to_be_bytes());
    encoder.optional(record.actor.map(|actor| actor.uuid().into_bytes()));
    encoder.field(record.event.as_bytes());
    encoder.optional(record.subject.as_ref().map(|(kind, _)| kind.as_bytes()));
    encoder.optional(record.subject.as_ref().map(|(_, id)| id.as_bytes()));
    encoder.field(record.payload.as_bytes());
    encoder.optional(record.before.as_deref().map(str::as_bytes));
    encoder.optional(record.after.as_deref().map(str::as_bytes));
    encoder.optional(record.origin.ip.as_deref().map(str::as_bytes));
    encoder.optional(record.origin.user_agent.as_deref().map(str::as_bytes));
    encoder.optional(record.origin.correlation_id.as_deref().map(str::as_bytes));
    encoder.field(&record.prev_hash.0);
    if let Some(credential) = record.origin.credential {
        encoder.field(credential.to_string().as_bytes());
    }
    Hash(encoder.0.finalize().into())
}

/// Checks one record against the number and hash of the record before it (0 and genesis at first).
pub fn verify_link(previous: (u64, Hash), record: &AuditRecord) -> Result<(), ChainBreak> {
    let expected = previous.0 + 1;
    if record.seq > expected {
        return Err(ChainBreak::Missing { expected, found: record.seq });
    }
    if hash_record(record) != record.hash {
        return Err(ChainBreak::Changed);
    }
    if record.seq != expected || record.prev_hash != previous.1 {
        return Err(ChainBreak::Unlinked);
    }
    Ok(())
}

struct Encoder(Sha256);

impl Encoder {
    fn field(&mut self, bytes: &[u8]) {
        self.0.update([1]);
        self.0.update((bytes.len() as u64).to_be_bytes());
        self.0.update(bytes);
    }

    fn optional(&mut self, bytes: Option<impl AsRef<[u8]>>) {
        match bytes {
            Some(bytes) => self.field(bytes.as_ref()),
            None => self.0.update([0]),
        }
    }
}

/// JSON text with the keys of every object in order of code points and no white space: the same
/// value always gives the same bytes, whatever map the value came from.
pub fn canonical_json(value: &Value) -> String {
    let mut text = String::new();
    write_canonical(value, &mut text);
    text
}

fn write_canonical(value: &Value, text: &mut String) {
    match value {
        Value::Array(items) => {
            text.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    text.push(',');
                }
                write_canonical(item, text);
            }
            text.push(']');
        }
        Value::Object(object) => {
            let mut entries: Vec<_> = object.iter().collect();
            entries.sort_by(|a, b| a.0.cmp(b.0));
            text.push('{');
            for (i, (key, value)) in entries.into_iter().enumerate() {
                if i > 0 {
                    text.push(',');
                }
                write_text(key, text);
                text.push(':');
                write_canonical(value, text);
            }
            text.push('}');
        }
        Value::String(found) => write_text(found, text),
        Value::Null => text.push_str("null"),
        Value::Bool(true) => text.push_str("true"),
        Value::Bool(false) => text.push_str("false"),
        Value::Number(number) => text.push_str(&number.to_string()),
    }
}

/// Most texts have nothing to escape (RFC 8259, section 7).
fn write_text(found: &str, text: &mut String) {
    if found.bytes().any(|byte| byte < b' ' || byte == b'"' || byte == b'\\') {
        text.push_str(&Value::from(found).to_string());
    } else {
        text.push('"');
        text.push_str(found);
        text.push('"');
    }
}

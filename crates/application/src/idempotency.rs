use nexusflow_domain::Timestamp;
use nexusflow_domain::ids::{OrganizationId, UserId};
use nexusflow_domain::insight::{Hash, canonical_json};
use serde_json::Value;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::administration::AdministrationStore;
use crate::input::InputCheck;
use crate::{Call, Refused, Result, StoreError};

/// A caller's idempotency key, to be stored in the transaction of what it protects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyEntry {
    /// The tenant.
    pub organization: OrganizationId,
    /// Whose key; other people's keys never collide.
    pub user: UserId,
    /// The key, 1 to 200 characters.
    pub key: String,
    /// The mutation's name.
    pub operation: &'static str,
    /// SHA-256 of the canonical input.
    pub input_hash: Hash,
    /// The ids of what the first call made, as JSON.
    pub result: Value,
    /// When.
    pub at: Timestamp,
}

/// What is stored for a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyRecord {
    /// The mutation's name.
    pub operation: String,
    /// SHA-256 of the canonical input.
    pub input_hash: Hash,
    /// The ids of what the first call made, as JSON.
    pub result: Value,
}

/// An idempotency key with the input it stands for, as a mutation passes it on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replay {
    /// The key, 1 to 200 characters.
    pub key: String,
    /// SHA-256 of the canonical input.
    pub input_hash: Hash,
}

impl Replay {
    /// Longest key accepted, in characters.
    pub const MAX_KEY: usize = 200;

    /// Binds a key to an input.
    pub fn new(key: String, input: &Value) -> Self {
        let input_hash = Hash(Sha256::digest(canonical_json(input).as_bytes()).into());
        Self { key, input_hash }
    }
}

impl Replay {
    /// What to store for the key.
    pub(crate) fn entry(self, call: &Call, operation: &'static str, result: Value, at: Timestamp) -> IdempotencyEntry {
        IdempotencyEntry {
            organization: call.principal.organization,
            user: call.principal.user,
            key: self.key,
            operation,
            input_hash: self.input_hash,
            result,
            at,
        }
    }
}

/// The first call's result when the key was used before for the same input; a refusal when it was
/// used for another.
pub(crate) async fn replayed(
    store: &dyn AdministrationStore,
    call: &Call,
    operation: &str,
    replay: Option<&Replay>,
) -> Result<Option<Value>> {
    let Some(replay) = replay else { return Ok(None) };
    InputCheck::default().length("idempotencyKey", &replay.key, &(1..=Replay::MAX_KEY)).finish()?;
    let principal = &call.principal;
    match store.idempotency_record(principal.organization, principal.user, &replay.key).await? {
        None => Ok(None),
        Some(record) if record.operation == operation && record.input_hash == replay.input_hash => {
            Ok(Some(record.result))
        }
        Some(_) => Err(Refused::IdempotencyKeyReused.into()),
    }
}

/// The id in a stored result.
pub(crate) fn stored_id(result: &Value) -> Result<Uuid, StoreError> {
    let id = result.get("id").and_then(Value::as_str).and_then(|id| Uuid::try_parse(id).ok());
    id.ok_or_else(|| StoreError::Corrupt {
        table: "idempotency_keys",
        id: String::new(),
        message: "result has no id".to_owned(),
    })
}

use std::sync::Arc;

use nexusflow_domain::Timestamp;
use nexusflow_domain::ids::UserId;
use nexusflow_domain::insight::Origin;
use serde_json::json;
use uuid::Uuid;

use crate::administration::{AdministrationCommit, AdministrationStore, CommitError, NewAuditEntry};
use crate::idempotency::{IdempotencyEntry, Replay, replayed, stored_id};
use crate::platform::{Clock, FromUuid, IdGenerator};
use crate::{Call, Result};

/// What an entry is about: type and id.
pub(crate) type Subject = (&'static str, Uuid);

/// What every use case that changes something shares: the time, new ids, entries for the audit log,
/// idempotency keys, and the store of administration.
#[derive(Clone)]
pub(crate) struct Registrar {
    store: Arc<dyn AdministrationStore>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdGenerator>,
}

impl Registrar {
    pub fn new(store: Arc<dyn AdministrationStore>, clock: Arc<dyn Clock>, ids: Arc<dyn IdGenerator>) -> Self {
        Self { store, clock, ids }
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub fn next_id<I: FromUuid>(&self) -> I {
        self.ids.next()
    }

    /// An entry of what the caller does.
    pub fn entry(&self, call: &Call, event: &'static str, subject: Option<Subject>) -> NewAuditEntry {
        self.entry_of(Some(call.principal.user), &call.origin, event, subject)
    }

    /// An entry of what somebody does, or NexusFlow itself.
    pub fn entry_of(
        &self,
        actor: Option<UserId>,
        origin: &Origin,
        event: &'static str,
        subject: Option<Subject>,
    ) -> NewAuditEntry {
        NewAuditEntry {
            id: self.ids.next(),
            at: self.clock.now(),
            actor,
            event,
            subject: subject.map(|(kind, id)| (kind.to_owned(), id)),
            payload: json!({}),
            before: None,
            after: None,
            origin: origin.clone(),
        }
    }

    pub async fn commit(&self, commit: AdministrationCommit) -> Result<(), CommitError> {
        self.store.commit(commit).await
    }

    /// The store, for what it can be asked.
    pub fn store(&self) -> &dyn AdministrationStore {
        &*self.store
    }

    /// The id that the first call with this key and input made; `None` when there was none.
    pub async fn replayed(&self, call: &Call, operation: &str, replay: Option<&Replay>) -> Result<Option<Uuid>> {
        let result = replayed(&*self.store, call, operation, replay).await?;
        Ok(result.as_ref().map(stored_id).transpose()?)
    }

    /// What to store for the caller's key, if one was given.
    pub fn idempotency(
        &self,
        call: &Call,
        operation: &'static str,
        replay: Option<Replay>,
        id: Uuid,
    ) -> Option<IdempotencyEntry> {
        replay.map(|replay| replay.entry(call, operation, json!({ "id": id }), self.clock.now()))
    }
}

//! From events to chained journal records.

use nexusflow_domain::Timestamp;
use nexusflow_domain::access::Actor;
use nexusflow_domain::insight::{AuditRecord, Hash, Origin, StreamKind, canonical_json, hash_record};
use nexusflow_domain::request::{RequestEvent, RequestState};
use serde_json::{Value, json};

use crate::platform::IdGenerator;

/// Who and when, for every record of one decision.
pub(super) struct Chronicler<'a> {
    pub ids: &'a dyn IdGenerator,
    pub at: Timestamp,
    pub actor: Actor,
    pub origin: Origin,
    pub head: Hash,
}

impl Chronicler<'_> {
    /// The record of one event, chained to the one before; `before` is the [`summary`] before the event.
    pub fn record(&mut self, event: &RequestEvent, before: &Value, after: &RequestState) -> AuditRecord {
        let payload =
            serde_json::to_value(event).unwrap_or_else(|error| json!({ "unserializable": error.to_string() }));
        let (changed_before, changed_after) = difference(before, &summary(event, after));
        let mut record = AuditRecord {
            id: self.ids.next(),
            organization: after.organization,
            kind: StreamKind::Request,
            stream: after.id.uuid(),
            seq: after.version,
            at: self.at,
            actor: actor_of(event, self.actor).user(),
            event: event.name().to_owned(),
            subject: event.request_step().map(|id| ("request_step".to_owned(), id.uuid())),
            payload: canonical_json(&payload),
            before: changed_before.map(|value| canonical_json(&value)),
            after: changed_after.map(|value| canonical_json(&value)),
            origin: self.origin.clone(),
            prev_hash: self.head,
            hash: Hash::GENESIS,
        };
        record.hash = hash_record(&record);
        self.head = record.hash;
        record
    }
}

/// What a person's command sets off by itself (overdue deadlines, what follows a missed one) is
/// NexusFlow's doing, not the person's.
fn actor_of(event: &RequestEvent, actor: Actor) -> Actor {
    match event {
        RequestEvent::Escalated(_)
        | RequestEvent::StepCompleted { by: None, .. }
        | RequestEvent::InstanceCompleted { by: None, .. }
        | RequestEvent::MessageReceived { .. }
        | RequestEvent::AttemptFailed { .. }
        | RequestEvent::VotesRecounted { .. }
        | RequestEvent::WaitEnded { .. }
        | RequestEvent::StepFailed { .. }
        | RequestEvent::BoundaryFired { .. }
        | RequestEvent::BoundaryFailed { .. } => Actor::System,
        RequestEvent::RequestCreated { .. }
        | RequestEvent::RequestStarted { .. }
        | RequestEvent::StepAwaited { .. }
        | RequestEvent::StepActivated { .. }
        | RequestEvent::InstanceActivated { .. }
        | RequestEvent::InstanceCompleted { .. }
        | RequestEvent::InstanceAdded { .. }
        | RequestEvent::InstancesClosed { .. }
        | RequestEvent::StepRouted { .. }
        | RequestEvent::StepClaimed { .. }
        | RequestEvent::StepReleased { .. }
        | RequestEvent::StepCompleted { .. }
        | RequestEvent::StepCancelled { .. }
        | RequestEvent::VoteCast { .. }
        | RequestEvent::StepSkipped { .. }
        | RequestEvent::StepRetried { .. }
        | RequestEvent::ScopeEntered { .. }
        | RequestEvent::ScopeLeft { .. }
        | RequestEvent::ScopeCancelled { .. }
        | RequestEvent::Jumped { .. }
        | RequestEvent::TokensWithdrawn { .. }
        | RequestEvent::RequestSuspended { .. }
        | RequestEvent::RequestResumed { .. }
        | RequestEvent::RequestCompleted { .. }
        | RequestEvent::RequestFailed { .. }
        | RequestEvent::RequestCancelled { .. } => actor,
    }
}

/// What auditors look at: the request's header, and the step that the event is about.
pub(super) fn summary(event: &RequestEvent, state: &RequestState) -> Value {
    let step = event
        .request_step()
        .and_then(|id| state.open.get(&id))
        .map(|open| json!({ "step": open.step, "work": open.work, "dueAt": open.due_at, "failure": open.failure }));
    json!({ "status": state.status(), "priority": state.priority, "dueAt": state.due_at, "openStep": step })
}

/// Only the fields that differ.
fn difference(before: &Value, after: &Value) -> (Option<Value>, Option<Value>) {
    let (Some(before), Some(after)) = (before.as_object(), after.as_object()) else { return (None, None) };
    let changed: Vec<&String> = after.keys().filter(|key| before.get(*key) != after.get(*key)).collect();
    if changed.is_empty() {
        return (None, None);
    }
    let pick = |from: &serde_json::Map<String, Value>| {
        Value::Object(changed.iter().filter_map(|key| from.get(*key).map(|v| ((*key).clone(), v.clone()))).collect())
    };
    (Some(pick(before)), Some(pick(after)))
}

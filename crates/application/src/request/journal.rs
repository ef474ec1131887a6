//! From events to chained journal records.

use nexusflow_domain::Timestamp;
use nexusflow_domain::access::Actor;
use nexusflow_domain::insight::{AuditRecord, Hash, Origin, StreamKind, canonical_json, hash_record};
use nexusflow_domain::request::{RequestEvent, RequestState, RequestStatus, Work};
use nexusflow_domain::workflow::{Priority, StepKey};
use serde::Serialize;
use serde_json::{Map, Value, json};

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
    /// The record of one event, chained to the one before; `before` is the summary before the event.
    pub fn record(&mut self, event: &RequestEvent, before: &Summary, after: &RequestState) -> AuditRecord {
        let payload =
            serde_json::to_value(event).unwrap_or_else(|error| json!({ "unserializable": error.to_string() }));
        let (changed_before, changed_after) = before.difference(&Summary::of(event, after)).unzip();
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
#[derive(PartialEq)]
pub(super) struct Summary {
    status: RequestStatus,
    priority: Priority,
    due_at: Option<Timestamp>,
    open_step: Option<OpenSummary>,
}

#[derive(PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct OpenSummary {
    step: StepKey,
    work: Work,
    due_at: Option<Timestamp>,
    failure: Option<String>,
}

impl Summary {
    pub fn of(event: &RequestEvent, state: &RequestState) -> Self {
        let open = event.request_step().and_then(|id| state.open.get(&id)).map(|open| OpenSummary {
            step: open.step.clone(),
            work: open.work.clone(),
            due_at: open.due_at,
            failure: open.failure.clone(),
        });
        Self { status: state.status(), priority: state.priority, due_at: state.due_at, open_step: open }
    }

    /// The fields that differ, here and there.
    fn difference(&self, after: &Self) -> Option<(Value, Value)> {
        let mut changed = Changed::default();
        changed.note("status", &self.status, &after.status);
        changed.note("priority", &self.priority, &after.priority);
        changed.note("dueAt", &self.due_at, &after.due_at);
        changed.note("openStep", &self.open_step, &after.open_step);
        let Changed { before, after } = changed;
        (!before.is_empty()).then_some((Value::Object(before), Value::Object(after)))
    }
}

#[derive(Default)]
struct Changed {
    before: Map<String, Value>,
    after: Map<String, Value>,
}

impl Changed {
    fn note<T: PartialEq + Serialize>(&mut self, name: &str, before: &T, after: &T) {
        if before != after {
            self.before.insert(name.to_owned(), json!(before));
            self.after.insert(name.to_owned(), json!(after));
        }
    }
}

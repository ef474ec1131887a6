//! Units made by hand, for what no use case would write.

use nexusflow_application::IdempotencyEntry;
use nexusflow_application::request::{CommitUnit, LoadedRequest, NewEscalation, NewNotification, Wake};
use nexusflow_domain::ids::{OrganizationId, RequestId, RequestStepId, UserId, WorkflowId, WorkflowVersionId};
use nexusflow_domain::insight::{AuditRecord, Hash, Origin, StreamKind, canonical_json, hash_record};
use nexusflow_domain::request::{RequestEvent, evolve};
use nexusflow_domain::workflow::Priority;
use nexusflow_domain::{JsonMap, Timestamp};
use serde_json::json;

use crate::bench::Bench;

/// A request that is to be made.
#[derive(Debug, Clone, Copy)]
pub struct Creation {
    pub organization: OrganizationId,
    pub workflow: WorkflowId,
    pub version: WorkflowVersionId,
    pub requester: UserId,
    pub starts_at: Timestamp,
}

impl Bench {
    /// The unit that makes a pending request, with its timer.
    pub fn creation(&self, new: Creation) -> anyhow::Result<CommitUnit> {
        let created = RequestEvent::RequestCreated {
            id: self.ports.ids.next(),
            organization: new.organization,
            workflow: new.workflow,
            workflow_version: new.version,
            requester: new.requester,
            parent: None,
            title: "By hand".to_owned(),
            reference: None,
            priority: Priority::Normal,
            variables: JsonMap::new(),
            starts_at: new.starts_at,
            due_at: None,
        };
        Ok(CommitUnit { wake: Wake::At(new.starts_at), ..self.unit(&LoadedRequest::blank(), &[created])? })
    }

    /// The unit that appends events and touches nothing else.
    pub fn unit(&self, loaded: &LoadedRequest, events: &[RequestEvent]) -> anyhow::Result<CommitUnit> {
        let at = self.ports.clock.now();
        let mut state = loaded.state.clone();
        let mut head = loaded.head;
        let mut records = Vec::new();
        for event in events {
            state = evolve(state, event);
            let mut record = AuditRecord {
                id: self.ports.ids.next(),
                organization: state.organization,
                kind: StreamKind::Request,
                stream: state.id.uuid(),
                seq: state.version,
                at,
                actor: None,
                event: event.name().to_owned(),
                subject: event.request_step().map(|id| ("request_step".to_owned(), id.uuid())),
                payload: canonical_json(&serde_json::to_value(event)?),
                before: None,
                after: None,
                origin: Origin::default(),
                prev_hash: head,
                hash: Hash::GENESIS,
            };
            record.hash = hash_record(&record);
            head = record.hash;
            records.push(record);
        }
        Ok(CommitUnit {
            expected_version: loaded.state.version,
            state,
            records,
            steps: Vec::new(),
            escalations: Vec::new(),
            notifications: Vec::new(),
            wake: Wake::Unchanged,
            jobs: Vec::new(),
            subscriptions: Vec::new(),
            receives: None,
            lease: None,
            idempotency: None,
            created_at: if loaded.state.version == 0 { at } else { loaded.created_at },
            at,
        })
    }

    /// The version that new requests of a workflow run on.
    pub async fn active_version(&self, workflow: WorkflowId) -> anyhow::Result<WorkflowVersionId> {
        let found = self.storage.workflows.workflows(&self.scope(), &[workflow]).await?.pop();
        found.and_then(|found| found.active_version).ok_or_else(|| anyhow::anyhow!("{workflow} has no active version"))
    }

    /// The unit that makes a pending request of acme's on a workflow's active version.
    pub async fn pending(
        &self,
        workflow: WorkflowId,
        requester: UserId,
        starts_at: Timestamp,
    ) -> anyhow::Result<CommitUnit> {
        let version = self.active_version(workflow).await?;
        self.creation(Creation { organization: self.acme.organization.id, workflow, version, requester, starts_at })
    }

    pub fn escalation(&self, request: RequestId, step: Option<RequestStepId>, rung: u32) -> NewEscalation {
        let at = self.ports.clock.now();
        NewEscalation {
            id: self.ports.ids.next(),
            request,
            request_step: step,
            rung,
            action: "NOTIFY",
            detail: json!({ "rung": rung }),
            missed_deadline: at,
            escalated_at: at,
        }
    }

    pub fn notification(&self, request: RequestId, user: UserId) -> NewNotification {
        NewNotification {
            id: self.ports.ids.next(),
            user: Some(user),
            role: None,
            kind: "DEADLINE_MISSED",
            request,
            request_step: None,
            detail: json!({ "title": "By hand" }),
            created_at: self.ports.clock.now(),
        }
    }

    pub fn key(&self, user: UserId, key: &str) -> IdempotencyEntry {
        IdempotencyEntry {
            organization: self.acme.organization.id,
            user,
            key: key.to_owned(),
            operation: "byHand",
            input_hash: Hash([7; 32]),
            result: json!({ "id": key }),
            at: self.ports.clock.now(),
        }
    }
}

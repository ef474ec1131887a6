use nexusflow_domain::ids::{RequestId, WorkflowId, WorkflowVersionId};
use nexusflow_domain::request::{Command, StartRequest};
use nexusflow_domain::workflow::WorkflowStatus;

use crate::access::{Scope, actions};
use crate::idempotency::Replay;
use crate::input::{InputCheck, Length};
use crate::request::execution::{Acting, closed};
use crate::request::{NewRequest, RequestService, Written};
use crate::workflow::Workflow;
use crate::{Call, Refused, Result};

const TITLE_LENGTH: Length = 1..=300;
const REFERENCE_LENGTH: Length = 1..=200;
const OPERATION: &str = "startRequest";

impl RequestService {
    /// Starts a request on the workflow's active version.
    #[tracing::instrument(skip_all, fields(workflow = %new.workflow))]
    pub async fn start(&self, call: &Call, new: NewRequest, replay: Option<Replay>) -> Result<Written> {
        let permit = self.authorizer.require_on::<actions::StartRequest>(call, new.workflow).await?;
        if let Some(id) = self.registrar.replayed(call, OPERATION, replay.as_ref()).await? {
            return Ok(Written { id: RequestId::from_uuid(id), request: None });
        }
        let (workflow, version) = self.open_workflow(&permit.scope(), new.workflow).await?;
        let title = new.title.unwrap_or(workflow.name);
        InputCheck::default()
            .length("title", title.trim(), &TITLE_LENGTH)
            .optional_length("reference", new.reference.as_deref(), &REFERENCE_LENGTH)
            .instant("startsAt", new.starts_at)
            .instant("dueAt", new.due_at)
            .finish()?;
        let start = StartRequest {
            id: self.registrar.next_id(),
            organization: permit.organization(),
            workflow: new.workflow,
            workflow_version: version,
            requester: call.principal.user,
            parent: None,
            title,
            reference: new.reference,
            priority: new.priority,
            variables: new.variables,
            starts_at: new.starts_at,
            due_at: new.due_at,
        };
        let id = start.id;
        let stored = self.registrar.idempotency(call, OPERATION, replay.clone(), id.uuid());
        let acting = Acting::Person { call, on_behalf_of: None };
        match self.write(acting, id, &Command::Start(start), stored).await {
            Ok(written) => Ok(written),
            Err(error) => {
                let id = self.decided_meanwhile(call, OPERATION, replay.as_ref(), error).await?;
                Ok(Written { id: RequestId::from_uuid(id), request: None })
            }
        }
    }

    /// A workflow that takes new requests, and its active version.
    pub(super) async fn open_workflow(&self, scope: &Scope, id: WorkflowId) -> Result<(Workflow, WorkflowVersionId)> {
        let not_found = || Refused::NotFound { kind: "workflow", id: id.to_string() };
        let workflow = self.workflows.workflows(scope, &[id]).await?.pop().ok_or_else(not_found)?;
        match (workflow.status, workflow.active_version) {
            (WorkflowStatus::Active, Some(version)) => Ok((workflow, version)),
            (status, _) => Err(closed(status)),
        }
    }
}

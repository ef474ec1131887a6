use async_graphql::{Context, ID, InputObject, SimpleObject};
use nexusflow_application::request::{NewRequest, Written};
use nexusflow_domain::JsonMap;
use nexusflow_domain::ids::RequestId;
use serde_json::Value;

use super::kinds::Priority;
use crate::context::{application, require_call};
use crate::error::{Answer, Declined, DomainError, parsed};
use crate::loader::Link;
use crate::platform::replay;
use crate::scalar::{DateTime, Json};

/// A request to be started, on its workflow's active version.
#[derive(Debug, Clone, InputObject)]
pub struct StartRequestInput {
    /// Of which workflow.
    workflow_id: ID,
    /// For people; 1 to 300 characters. The workflow's name unless told otherwise.
    title: Option<String>,
    /// The caller's own key, such as a case number; at most 200 characters.
    reference: Option<String>,
    /// How urgent it is.
    #[graphql(default_with = "Priority::Normal")]
    priority: Priority,
    /// The first variables by name, an object.
    variables: Option<Json>,
    /// When to start; now unless told otherwise.
    starts_at: Option<DateTime>,
    /// The due date; from the workflow's SLA unless told otherwise.
    due_at: Option<DateTime>,
    /// The same key and input give the first result again; another input with it is refused.
    idempotency_key: Option<String>,
}

/// What `startRequest` did.
#[derive(Debug, SimpleObject)]
pub struct StartRequestPayload {
    /// The new request.
    pub request: Option<Link<RequestId>>,
    /// Why nothing was done; empty when it was.
    pub errors: Vec<DomainError>,
}

impl StartRequestInput {
    pub(super) async fn run(self, ctx: &Context<'_>) -> Answer<Written> {
        let call = require_call(ctx)?;
        let replay = replay(&self, self.idempotency_key.as_deref());
        let new = NewRequest {
            workflow: parsed(&self.workflow_id, "workflowId")?,
            title: self.title,
            reference: self.reference,
            priority: self.priority.into(),
            variables: variables(self.variables)?,
            starts_at: self.starts_at.map(|at| at.0),
            due_at: self.due_at.map(|at| at.0),
        };
        Ok(application(ctx)?.requests.start(call, new, replay).await?)
    }
}

/// Variables as they were given; none when nothing was.
pub(super) fn variables(given: Option<Json>) -> Answer<JsonMap> {
    object(given, "variables", "expected an object: variables by name")
}

/// An object as it was given in a field; an empty one when nothing was.
pub(super) fn object(given: Option<Json>, field: &'static str, expected: &'static str) -> Answer<JsonMap> {
    match given.map(|given| given.0) {
        None | Some(Value::Null) => Ok(JsonMap::new()),
        Some(Value::Object(fields)) => Ok(fields),
        Some(_) => Err(Declined::input(field, expected)),
    }
}

//! Reading mutation inputs.

use std::str::FromStr;

use async_graphql::ID;
use nexusflow_application::Replay;
use nexusflow_domain::JsonMap;
use nexusflow_domain::ids::{InvalidId, RequestId, RequestStepId};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use crate::refusal::{DomainError, invalid_input};

/// A global id of a certain type.
pub(crate) fn parse_id<I: FromStr<Err = InvalidId>>(id: &ID, field: &str) -> Result<I, DomainError> {
    id.parse().map_err(|error: InvalidId| invalid_input(field, error.to_string()))
}

/// Global ids of a certain type.
pub(crate) fn ids<I: FromStr<Err = InvalidId>>(ids: &[ID], field: &str) -> Result<Vec<I>, DomainError> {
    ids.iter().map(|id| parse_id(id, field)).collect()
}

/// The global id of a step's execution holds its request's UUID and its own.
pub(crate) fn step_id(request: RequestId, step: RequestStepId) -> ID {
    format!("{}_{}{}", RequestStepId::PREFIX, request.uuid().simple(), step.uuid().simple()).into()
}

/// Request and execution from a step's global id.
pub(crate) fn parse_step_id(id: &str) -> Option<(RequestId, RequestStepId)> {
    let hex = id.strip_prefix(RequestStepId::PREFIX)?.strip_prefix('_')?;
    let lower = hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if hex.len() != 64 || !lower {
        return None;
    }
    let (request, step) = hex.split_at(32);
    let uuid = |hex| Uuid::try_parse(hex).ok();
    Some((RequestId::from_uuid(uuid(request)?), RequestStepId::from_uuid(uuid(step)?)))
}

/// The same for a mutation's input.
pub(crate) fn input_step_id(id: &ID) -> Result<(RequestId, RequestStepId), DomainError> {
    parse_step_id(id).ok_or_else(|| invalid_input("stepId", "expected the id of a request step"))
}

/// An idempotency key bound to the input it came with.
pub(crate) fn replay(key: Option<String>, input: &impl Serialize) -> Option<Replay> {
    let input = serde_json::to_value(input).unwrap_or(Value::Null);
    key.map(|key| Replay::new(key, &input))
}

/// A JSON object.
pub(crate) fn object(value: Option<Value>, field: &str) -> Result<JsonMap, DomainError> {
    match value {
        None | Some(Value::Null) => Ok(JsonMap::new()),
        Some(Value::Object(object)) => Ok(object),
        Some(_) => Err(invalid_input(field, "expected a JSON object")),
    }
}

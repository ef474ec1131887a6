//! How values stand in columns: what the write side puts there and the read side takes out again.
//!
//! Enums are their stable text, JSON is text on both databases (its exact bytes matter), hashes are
//! bytes. What a document says of a step and has no column of its own is in `workflow_steps.config`.

use std::fmt::Display;
use std::str::FromStr;

use chrono::{DateTime, TimeZone, Utc};
use nexusflow_application::StoreError;
use nexusflow_domain::Timestamp;
use nexusflow_domain::insight::Hash;
use nexusflow_domain::workflow::{
    AgentDocument, ApprovalDocument, BoundaryDocument, CallDocument, CandidateDocument, EndKind, JoinDocument,
    Milestone, MultiDocument, Outcome, Separation, ServiceDocument, Sla, StepDocument, StepKey, TransitionDocument,
    WaitDocument,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The columns of `workflow_steps` that come from a document. `join` and `split` are the columns
/// `join_kind` and `split_kind`, `order` is `position`, `required` is `is_required`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct StepColumns {
    pub key: String,
    pub name: String,
    pub description: String,
    pub kind: String,
    pub join: String,
    pub split: String,
    pub config: String,
    pub required: bool,
    pub order: i32,
}

/// `workflow_steps.config`: what a step's document says and no column holds. The candidate stands
/// here as the document names it; the columns `required_role_id` and `assignee_id` hold whom it
/// resolved to.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct StepConfig {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub candidate: Option<CandidateDocument>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval: Option<ApprovalDocument>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub outcomes: Vec<Outcome>,
    #[serde(skip_serializing_if = "is_default")]
    pub separation: Separation,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sla: Option<Sla>,
    #[serde(skip_serializing_if = "is_default")]
    pub end: EndKind,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wait: Option<WaitDocument>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<ServiceDocument>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<AgentDocument>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call: Option<CallDocument>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub multi: Option<MultiDocument>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub boundary: Option<BoundaryDocument>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mutex: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled_while: Option<Milestone>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_visits: Option<u32>,
    #[serde(skip_serializing_if = "is_default")]
    pub allow_multiple: bool,
    /// A structured join in full; its kind alone stands in `join_kind`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub join: Option<JoinDocument>,
    /// The document's own free configuration.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub config: Value,
}

impl StepColumns {
    /// What a document's step becomes.
    pub fn of(step: &StepDocument) -> Result<Self, StoreError> {
        let config = StepConfig {
            candidate: step.candidate.clone(),
            approval: step.approval.clone(),
            outcomes: step.outcomes.clone(),
            separation: step.separation.clone(),
            sla: step.sla.clone(),
            end: step.end,
            error_code: step.error_code.clone(),
            wait: step.wait.clone(),
            service: step.service.clone(),
            agent: step.agent.clone(),
            call: step.call.clone(),
            multi: step.multi.clone(),
            input: step.input.clone(),
            output: step.output.clone(),
            boundary: step.boundary.clone(),
            mutex: step.mutex.clone(),
            enabled_while: step.enabled_while.clone(),
            max_visits: step.max_visits,
            allow_multiple: step.allow_multiple,
            join: is_structured(&step.join).then(|| step.join.clone()),
            config: step.config.clone(),
        };
        Ok(Self {
            key: step.key.as_str().to_owned(),
            name: step.name.clone(),
            description: step.description.clone(),
            kind: variant(&step.kind)?,
            join: join_kind(&step.join).to_owned(),
            split: variant(&step.split)?,
            config: json(&config)?,
            required: step.required,
            order: step.order,
        })
    }

    /// The document's step again. `id` names the row in errors.
    pub fn into_document(self, id: &dyn Display) -> Result<StepDocument, StoreError> {
        const TABLE: &str = "workflow_steps";
        let config: StepConfig = from_json(TABLE, id, "config", &self.config)?;
        Ok(StepDocument {
            key: parsed(TABLE, id, "key", &self.key)?,
            name: self.name,
            description: self.description,
            kind: from_variant(TABLE, id, "kind", &self.kind)?,
            join: match config.join {
                Some(join) => join,
                None => from_variant(TABLE, id, "join_kind", &self.join)?,
            },
            split: from_variant(TABLE, id, "split_kind", &self.split)?,
            candidate: config.candidate,
            approval: config.approval,
            outcomes: config.outcomes,
            separation: config.separation,
            sla: config.sla,
            end: config.end,
            error_code: config.error_code,
            wait: config.wait,
            service: config.service,
            agent: config.agent,
            call: config.call,
            multi: config.multi,
            input: config.input,
            output: config.output,
            boundary: config.boundary,
            mutex: config.mutex,
            enabled_while: config.enabled_while,
            max_visits: config.max_visits,
            allow_multiple: config.allow_multiple,
            required: self.required,
            order: self.order,
            config: config.config,
        })
    }
}

const fn join_kind(join: &JoinDocument) -> &'static str {
    match join {
        JoinDocument::Any => "ANY",
        JoinDocument::All => "ALL",
        JoinDocument::Some { .. } => "SOME",
        JoinDocument::AtLeast { .. } => "AT_LEAST",
    }
}

const fn is_structured(join: &JoinDocument) -> bool {
    match join {
        JoinDocument::Any | JoinDocument::All => false,
        JoinDocument::Some { .. } | JoinDocument::AtLeast { .. } => true,
    }
}

/// The columns of `step_transitions` that come from a document, besides the two steps.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TransitionColumns {
    pub outcome: Option<String>,
    pub condition: Option<String>,
    pub priority: i32,
    pub is_default: bool,
}

impl TransitionColumns {
    /// What a document's transition becomes.
    pub fn of(transition: &TransitionDocument) -> Result<Self, StoreError> {
        Ok(Self {
            outcome: transition.outcome.as_ref().map(|outcome| outcome.as_str().to_owned()),
            condition: transition.condition.as_ref().map(json).transpose()?,
            priority: transition.priority,
            is_default: transition.is_default,
        })
    }

    /// The document's transition between two steps again. `id` names the row in errors.
    pub fn into_document(self, id: &dyn Display, from: StepKey, to: StepKey) -> Result<TransitionDocument, StoreError> {
        const TABLE: &str = "step_transitions";
        let outcome = self.outcome.map(|text| parsed(TABLE, id, "outcome", &text)).transpose()?;
        let condition = self.condition.map(|text| from_json(TABLE, id, "condition", &text)).transpose()?;
        Ok(TransitionDocument { from, outcome, to, condition, priority: self.priority, is_default: self.is_default })
    }
}

/// The `due_order` of what has no deadline, and the latest instant that is stored.
pub(crate) fn end_of_time() -> Timestamp {
    Utc.with_ymd_and_hms(9999, 12, 31, 0, 0, 0).single().unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// The column `due_order`: a deadline that sorts, those without one last.
pub(crate) fn due_order(deadline: Option<Timestamp>) -> Timestamp {
    deadline.map_or_else(end_of_time, storable)
}

/// An instant as columns hold it, in the years 1 to 9999: as text, on `SQLite`, only those sort.
pub(crate) fn storable(at: Timestamp) -> Timestamp {
    let first = Utc.with_ymd_and_hms(1, 1, 1, 0, 0, 0).single().unwrap_or(DateTime::<Utc>::MIN_UTC);
    at.clamp(first, end_of_time())
}

/// Any value as JSON text.
pub(crate) fn json(value: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Failed(Box::new(error)))
}

/// A value from JSON text.
pub(crate) fn from_json<T: DeserializeOwned>(
    table: &'static str,
    id: &dyn Display,
    column: &str,
    text: &str,
) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| corrupt(table, id, column, &error))
}

/// An enum's variant as the text that serde gives it.
pub(crate) fn variant(value: &impl Serialize) -> Result<String, StoreError> {
    match serde_json::to_value(value) {
        Ok(Value::String(text)) => Ok(text),
        Ok(other) => Err(StoreError::Failed(format!("expected the text of a variant, found {other}").into())),
        Err(error) => Err(StoreError::Failed(Box::new(error))),
    }
}

/// An enum's variant from the text that serde gives it.
pub(crate) fn from_variant<T: DeserializeOwned>(
    table: &'static str,
    id: &dyn Display,
    column: &str,
    text: &str,
) -> Result<T, StoreError> {
    serde_json::from_value(Value::from(text)).map_err(|error| corrupt(table, id, column, &error))
}

/// A value from its text form: a status, a key, a slug.
pub(crate) fn parsed<T: FromStr<Err: Display>>(
    table: &'static str,
    id: &dyn Display,
    column: &str,
    text: &str,
) -> Result<T, StoreError> {
    text.parse().map_err(|error| corrupt(table, id, column, &error))
}

/// A hash from its bytes.
pub(crate) fn hash(table: &'static str, id: &dyn Display, column: &str, bytes: &[u8]) -> Result<Hash, StoreError> {
    let bytes: Result<[u8; 32], _> = bytes.try_into();
    bytes.map(Hash).map_err(|_| corrupt(table, id, column, &"expected 32 bytes"))
}

/// A count that the database holds signed.
pub(crate) fn unsigned<T: TryFrom<i64>>(
    table: &'static str,
    id: &dyn Display,
    column: &str,
    number: i64,
) -> Result<T, StoreError> {
    number.try_into().map_err(|_| corrupt(table, id, column, &format!("{number} is out of range")))
}

/// A row that does not have the form it must have.
pub(crate) fn corrupt(table: &'static str, id: &dyn Display, column: &str, reason: &dyn Display) -> StoreError {
    StoreError::Corrupt { table, id: id.to_string(), message: format!("{column}: {reason}") }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

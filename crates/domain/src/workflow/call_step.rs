//! Steps that another workflow carries out (BPMN's call activity; recursion, WCP-22).

use serde::{Deserialize, Serialize};

use crate::ids::WorkflowId;

/// How deep calls may nest: a request that nobody called has depth 0.
pub const MAX_CALL_DEPTH: u32 = 20;

/// Which workflow a CALL step starts, as a document says it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CallDocument {
    /// The name of a workflow of the organization.
    pub workflow: String,
    /// Which of its versions. Default LATEST.
    #[serde(default, skip_serializing_if = "is_default")]
    pub version: CalledVersion,
    /// Whether the step ends as soon as the called request has started, and is not ended with it. Default false.
    #[serde(default, skip_serializing_if = "is_default")]
    pub detached: bool,
}

/// Which version of a workflow is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CalledVersion {
    /// The one that is active when the call is made.
    #[default]
    Latest,
    /// The published or retired one with this number.
    Pinned(u32),
}

/// A step that another workflow carries out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallStep {
    /// Which workflow.
    pub workflow: WorkflowId,
    /// Which of its versions.
    pub version: CalledVersion,
    /// Whether the step does not wait for its end.
    pub detached: bool,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

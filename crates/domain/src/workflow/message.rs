//! Messages from outside that steps wait for (BPMN 2.0, 10.5.5 and 13.5.2).

use serde::{Deserialize, Serialize};

use crate::workflow::expression::Expression;

/// Which message something waits for, as a document says it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MessageDocument {
    /// What kind of message; 1 to 64 characters.
    pub name: String,
    /// A CEL expression on the variables, evaluated when the waiting begins: a text, a number or a truth value. Only a
    /// message with this correlation key is meant.
    pub key: String,
    /// Whether a message that came before the waiting began, and is still kept, counts too (persistent
    /// trigger, WCP-24). If not, only one that comes from then on does (transient trigger, WCP-23). Default true.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub kept: bool,
}

/// Which message something waits for, compiled.
#[derive(Debug, Clone, PartialEq)]
pub struct MessageWait {
    /// What kind of message.
    pub name: String,
    /// Makes the correlation key.
    pub key: Expression,
    /// Whether one that came before counts too.
    pub kept: bool,
}

fn yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it by reference")]
fn is_true(value: &bool) -> bool {
    *value
}

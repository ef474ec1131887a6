//! Steps that are carried out once for each item of a list (multiple instances, WCP-12 to WCP-15, WCP-26,
//! WCP-27 and WCP-34 to WCP-36).

use serde::{Deserialize, Serialize};

use crate::workflow::expression::Expression;

/// Several executions of one step, as a document says it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MultiDocument {
    /// A CEL expression for the list, evaluated when the step opens; at most 1,000 items.
    pub over: String,
    /// All at once, or one after the other. Default PARALLEL.
    #[serde(default, skip_serializing_if = "is_default")]
    pub mode: MultiMode,
    /// When the step ends. Default when all instances have.
    #[serde(default, skip_serializing_if = "is_default")]
    pub complete: CompletionDocument,
    /// What becomes of the instances that are open when the step ends. Default CANCEL.
    #[serde(default, skip_serializing_if = "is_default")]
    pub remaining: Remaining,
    /// Whether instances may be added while the step is open. Default false.
    #[serde(default, skip_serializing_if = "is_default")]
    pub may_grow: bool,
    /// The variable that receives the list of results: for each instance, in order, an object of `item`, `outcome`, `by`
    /// and `result`, or `null` where it did not end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collect: Option<String>,
}

/// All at once, or one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MultiMode {
    /// All at once.
    #[default]
    Parallel,
    /// One after the other.
    Sequential,
}

/// What becomes of the instances that are open when the step ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Remaining {
    /// They are cancelled.
    #[default]
    Cancel,
    /// They stay open; their ends change nothing any more, and the request completes after the last of them.
    Keep,
}

/// When a step of several instances ends; whatever it says, once all instances have ended.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum CompletionDocument {
    /// When all have ended.
    #[default]
    All,
    /// When the first has.
    First,
    /// When so many have.
    AtLeast(u32),
    /// When more than half of all have ended with the same outcome.
    Majority,
    /// When this CEL expression holds after an instance has ended. Besides the variables it reads `results`, as they are
    /// collected so far, `ended` and `total`.
    When(String),
}

/// Several executions of one step, compiled.
#[derive(Debug, Clone, PartialEq)]
pub struct Multi {
    /// Makes the list.
    pub over: Expression,
    /// All at once, or one after the other.
    pub mode: MultiMode,
    /// When the step ends.
    pub complete: Completion,
    /// What becomes of the instances that are open then.
    pub remaining: Remaining,
    /// Whether instances may be added.
    pub may_grow: bool,
    /// The variable that receives the results.
    pub collect: Option<String>,
}

/// When a step of several instances ends.
#[derive(Debug, Clone, PartialEq)]
pub enum Completion {
    /// When all have ended.
    All,
    /// When so many have.
    AtLeast(u32),
    /// When more than half of all have ended with the same outcome.
    Majority,
    /// When this holds.
    When(Expression),
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

//! How steps are joined, split, timed and interrupted, as documents say it.

use serde::{Deserialize, Serialize};

use crate::duration::Duration;
use crate::workflow::{MessageDocument, StepKey};

/// When a step with several incoming transitions starts.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum JoinDocument {
    /// Each arrival starts it.
    #[default]
    Any,
    /// One arrival from every incoming transition starts it once.
    All,
    /// Everything that came out of one run of a split starts it once (structured synchronizing merge,
    /// WCP-7 and WCP-37).
    Some {
        /// The split that made the branches.
        split: StepKey,
    },
    /// So many of the branches that came out of one run of a split start it, once (discriminators and
    /// partial joins, WCP-9 and WCP-28 to WCP-32). When fewer are left, those that are left.
    AtLeast {
        /// How many; at least 1.
        count: u32,
        /// The split that made the branches.
        split: StepKey,
        /// What becomes of the other branches. Default IGNORE.
        #[serde(default)]
        late: LateArrivals,
    },
}

/// What becomes of the branches that arrive after a join `AT_LEAST` has started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum LateArrivals {
    /// They go on, and end at the join.
    #[default]
    Ignore,
    /// As `Ignore`; and the branches of the split's next run wait until the last of this one has ended.
    Block,
    /// They are withdrawn at once.
    Cancel,
}

/// Which transitions a finished step takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SplitDocument {
    /// The first of the outcome whose condition holds, else the default.
    #[default]
    One,
    /// All of the outcome whose condition holds, else the default (multi-choice, WCP-6).
    Some,
    /// All of the outcome.
    All,
}

/// What a WAIT step waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum WaitDocument {
    /// A time.
    Timer(TimerDocument),
    /// A message.
    Message(MessageDocument),
    /// A call of the address that the execution is given.
    Webhook {},
}

/// A time, counted or named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum TimerDocument {
    /// So long after the wait began.
    After(Duration),
    /// The instant that a CEL expression on the variables makes, such as `visit.date` or
    /// `timestamp(due) - duration("24h")`: a timestamp, or a text in RFC 3339.
    Until(String),
}

/// A boundary event: leaves a step or a scope, or adds a branch, when something happens while it is
/// open (BPMN 2.0, 13.5.3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BoundaryDocument {
    /// The step or the scope.
    pub attached_to: StepKey,
    /// What makes it fire.
    pub on: TriggerDocument,
    /// Whether what it is attached to is cancelled. Default true.
    #[serde(default = "yes")]
    pub interrupting: bool,
}

/// What makes a boundary event fire.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum TriggerDocument {
    /// A time, counted from the opening.
    Timer(TimerDocument),
    /// A message. One that does not interrupt fires once while its host is open.
    Message(MessageDocument),
    /// An error thrown inside a scope, or by a SERVICE, AGENT or CALL step.
    Error {
        /// Only this code; every one when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        code: Option<String>,
    },
}

/// A state of the request that must hold for a step to be worked (milestone, WCP-18).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Milestone {
    /// This step has ended, not just been cancelled, and is not open again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<StepKey>,
    /// This step has not started yet. Once it has, an open step is withdrawn and ends with `EXPIRED`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<StepKey>,
}

fn yes() -> bool {
    true
}

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Limit;

/// What verification found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// From every reachable marking the run can be completed, and properly; every step can occur; no
    /// edge ever holds two tokens unless it may.
    Sound,
    /// It is not so.
    Unsound {
        /// What is wrong.
        violation: Violation,
        /// A run that shows it; empty where the violation is that nothing shows something.
        trace: Trace,
    },
    /// A limit was reached first.
    Unknown {
        /// Which.
        limit: Limit,
    },
}

/// What is wrong with a graph. Places are told in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Violation {
    /// After the trace nothing can happen, and the run is not complete.
    Deadlock {
        /// Where tokens are left.
        waiting: Vec<String>,
    },
    /// After the trace the run goes on, but can never be complete.
    Livelock {
        /// Where tokens are.
        tokens: Vec<String>,
    },
    /// After the trace the end is reached while tokens are left elsewhere.
    ImproperCompletion {
        /// Where tokens are left.
        left: Vec<String>,
    },
    /// The last step of the trace puts a second token where one is the most.
    TwoTokens {
        /// Where.
        place: String,
    },
    /// These steps never occur.
    DeadSteps {
        /// Which, and why.
        steps: Vec<DeadStep>,
    },
}

/// A step that never occurs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeadStep {
    /// Its key.
    pub key: String,
    /// For people.
    pub name: String,
    /// What it waits for in vain; empty when each of its tokens comes, but never all together.
    pub missing: Vec<String>,
}

/// A firing sequence, in steps.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Trace {
    /// The steps, in order.
    pub steps: Vec<TraceStep>,
    /// Whether no run with fewer firings shows the violation. A run of a graph too large to be
    /// searched in breadth may not be the shortest.
    pub is_shortest: bool,
}

/// One step of a trace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TraceStep {
    /// Its key.
    pub key: String,
    /// For people.
    pub name: String,
    /// What it ended with, where it has outcomes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// The keys of the steps that it led to.
    pub leads_to: Vec<String>,
}

impl Violation {
    /// The violation's name for machines.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Deadlock { .. } => "DEADLOCK",
            Self::Livelock { .. } => "LIVELOCK",
            Self::ImproperCompletion { .. } => "IMPROPER_COMPLETION",
            Self::TwoTokens { .. } => "TWO_TOKENS",
            Self::DeadSteps { .. } => "DEAD_STEP",
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Deadlock { waiting } if waiting.is_empty() => {
                write!(formatter, "deadlock: nothing can happen, no token is left, and the end is not reached")
            }
            Self::Deadlock { waiting } => {
                write!(formatter, "deadlock: nothing can happen, with tokens left on {}", waiting.join(", "))
            }
            Self::Livelock { tokens } => {
                write!(formatter, "no way to the end any more, with tokens on {}", tokens.join(", "))
            }
            Self::ImproperCompletion { left } => {
                write!(formatter, "the end is reached with tokens left on {}", left.join(", "))
            }
            Self::TwoTokens { place } => write!(formatter, "two tokens on {place}"),
            Self::DeadSteps { steps } => {
                let texts: Vec<String> = steps.iter().map(ToString::to_string).collect();
                write!(formatter, "never occurs: {}", texts.join("; "))
            }
        }
    }
}

impl fmt::Display for DeadStep {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, name, missing } = self;
        let name = if name.is_empty() || name == key { String::new() } else { format!(" ({name})") };
        if missing.is_empty() {
            write!(formatter, "{key}{name}, whose tokens never come together")
        } else {
            write!(formatter, "{key}{name}, since no token ever comes to {}", missing.join(", "))
        }
    }
}

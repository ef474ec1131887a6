use serde::{Deserialize, Serialize};

use crate::duration::Duration;
use crate::text_enum::text_enum;
use crate::workflow::Outcome;

text_enum! {
    /// How urgent a request is.
    Priority {
        /// Can wait.
        Low = "LOW",
        /// The usual.
        Normal = "NORMAL",
        /// Before the usual.
        High = "HIGH",
        /// Before everything.
        Urgent = "URGENT",
    }
}

impl Priority {
    /// The next higher priority; the highest stays.
    #[must_use]
    pub const fn raised(self) -> Self {
        match self {
            Self::Low => Self::Normal,
            Self::Normal => Self::High,
            Self::High | Self::Urgent => Self::Urgent,
        }
    }
}

/// A service-level agreement: by when, and what happens when that is missed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Sla {
    /// Time allowed from the start of the step or request.
    pub due_in: Duration,
    /// What to do once the deadline has passed, in order of time. An empty ladder still records the
    /// missed deadline and notifies (see [`Sla::rungs`]).
    #[serde(default)]
    pub escalations: Vec<EscalationRung>,
}

/// The SLA of a step; the same form as a request's, with every action allowed.
pub type StepSla = Sla;

/// One rung of the escalation ladder; each fires exactly once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EscalationRung {
    /// How long after the deadline.
    #[serde(default)]
    pub after: Duration,
    /// What to do.
    pub action: EscalationAction,
}

/// What an escalation does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum EscalationAction {
    /// Send a notification.
    Notify(NotifyTarget),
    /// Give the step to the holders of another role; a claim is dropped.
    Reassign {
        /// The role's name.
        role: String,
    },
    /// Raise the request's priority by one.
    Raise {},
    /// End the step with this outcome. Never an approval's `APPROVED`.
    TakeOutcome {
        /// The outcome to take.
        outcome: Outcome,
    },
}

/// Whom an escalation notifies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum NotifyTarget {
    /// Those asked to act: the claimer, else the candidate person or role; for a request, the requester.
    Candidates {},
    /// Whoever started the request.
    Requester {},
    /// The holders of the role of this name.
    Role(String),
}

impl Sla {
    /// The rungs that apply: the declared ones, or a single notification at the deadline, so that a
    /// missed deadline never goes unrecorded.
    pub fn rungs(declared: &[EscalationRung]) -> Vec<EscalationRung> {
        if declared.is_empty() {
            vec![EscalationRung {
                after: Duration::ZERO,
                action: EscalationAction::Notify(NotifyTarget::Candidates {}),
            }]
        } else {
            declared.to_vec()
        }
    }
}

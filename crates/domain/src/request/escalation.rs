use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::ids::{RequestStepId, RoleId, UserId};
use crate::request::Pursuit;
use crate::workflow::{Outcome, Priority};

/// One missed deadline and what was done about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EscalationRecord {
    /// The late execution of a step; `None` when the whole request is late.
    pub request_step: Option<RequestStepId>,
    /// Which rung, from 0.
    pub rung: u32,
    /// The deadline that was missed.
    pub missed: Timestamp,
    /// What was done.
    pub result: EscalationResult,
    /// The rung that follows.
    pub next: Option<Pursuit>,
}

/// What an escalation did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum EscalationResult {
    /// One person is notified.
    NotifiedUser(UserId),
    /// The holders of a role are notified.
    NotifiedRole(RoleId),
    /// The step now waits for this role; a claim was dropped.
    Reassigned(RoleId),
    /// The request now has this priority.
    Raised(Priority),
    /// The step ends with this outcome; a `STEP_COMPLETED` follows.
    TookOutcome(Outcome),
    /// The outcome could not be taken (its transitions cannot be chosen with the present variables);
    /// the step stays open and its candidates are notified.
    OutcomeFailed(Outcome),
}

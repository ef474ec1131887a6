//! What a decision changes in the rows that lists and inboxes read.

use std::collections::BTreeSet;

use nexusflow_domain::Timestamp;
use nexusflow_domain::ids::{EscalationId, NotificationId, RequestId, RequestStepId, RoleId, UserId};
use nexusflow_domain::request::RequestStepStatus;
use nexusflow_domain::workflow::Outcome;
use serde_json::Value;

use crate::request::{RequestStep, StepJob};

/// What becomes of a step row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepChange {
    /// A new row.
    Add(Box<RequestStep>),
    /// The whole row anew: what a join waited with starts, what failed is tried again.
    Put(Box<RequestStep>),
    /// Claimed by somebody, or by nobody any more.
    Claim {
        /// The row.
        id: RequestStepId,
        /// Who.
        by: Option<UserId>,
        /// On whose behalf, if not for himself.
        on_behalf_of: Option<UserId>,
    },
    /// So many have voted.
    CountVotes {
        /// The row.
        id: RequestStepId,
        /// How many.
        votes: u32,
    },
    /// Now waits for this role; a claim is dropped.
    Reassign {
        /// The row.
        id: RequestStepId,
        /// The role.
        role: RoleId,
    },
    /// Ended; no attempt of its job is to come.
    Finish {
        /// The row.
        id: RequestStepId,
        /// COMPLETED, SKIPPED, FAILED or CANCELLED.
        status: RequestStepStatus,
        /// With what.
        outcome: Option<Outcome>,
        /// Who decided.
        by: Option<UserId>,
        /// On whose behalf, if not for himself.
        on_behalf_of: Option<UserId>,
        /// What they said.
        comment: Option<String>,
        /// When.
        at: Timestamp,
    },
    /// A new deadline.
    MoveDeadline {
        /// The row.
        id: RequestStepId,
        /// The new one.
        deadline: Option<Timestamp>,
    },
    /// Its job got on: an attempt failed, or the next one is due at another time.
    Work {
        /// The row.
        id: RequestStepId,
        /// How the job does.
        job: StepJob,
    },
    /// These people may not act on it (separation of duties); adds to those already excluded.
    Exclude {
        /// The row.
        id: RequestStepId,
        /// Who.
        users: BTreeSet<UserId>,
    },
}

/// A missed deadline to be recorded.
#[derive(Debug, Clone, PartialEq)]
pub struct NewEscalation {
    /// The record.
    pub id: EscalationId,
    /// The late request.
    pub request: RequestId,
    /// The late step.
    pub request_step: Option<RequestStepId>,
    /// Which rung.
    pub rung: u32,
    /// `NOTIFY`, `REASSIGN`, `RAISE` or `TAKE_OUTCOME`.
    pub action: &'static str,
    /// Details.
    pub detail: Value,
    /// The deadline.
    pub missed_deadline: Timestamp,
    /// When the system acted.
    pub escalated_at: Timestamp,
}

/// A message to be sent.
#[derive(Debug, Clone, PartialEq)]
pub struct NewNotification {
    /// The message.
    pub id: NotificationId,
    /// To this person.
    pub user: Option<UserId>,
    /// To whoever holds this role.
    pub role: Option<RoleId>,
    /// What about.
    pub kind: &'static str,
    /// About which request.
    pub request: RequestId,
    /// About which step.
    pub request_step: Option<RequestStepId>,
    /// Details.
    pub detail: Value,
    /// When.
    pub created_at: Timestamp,
}

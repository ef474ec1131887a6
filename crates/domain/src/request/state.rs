use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::ids::{OrganizationId, RequestId, RequestStepId, UserId, WorkflowId, WorkflowVersionId};
use crate::request::{AwaitedStep, DeadlineClock, FailureReason, OpenScope, OpenStep, Pursuit, RequestStatus};
use crate::workflow::{Frames, Graph, Marking, Occupant, Position, Priority, StepKey};
use crate::{JsonMap, Timestamp};

/// Where a request is in its life. Each state carries only its own data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Lifecycle {
    /// Nothing has happened yet: the state before the first event.
    New,
    /// Created; starts at this time.
    Pending {
        /// When it starts.
        starts_at: Timestamp,
    },
    /// Under way.
    InProgress,
    /// Stopped for a while.
    Suspended {
        /// Since when.
        since: Timestamp,
        /// What happens to deadlines meanwhile.
        clock: DeadlineClock,
    },
    /// Every branch ended.
    Completed {
        /// When.
        at: Timestamp,
    },
    /// Ended by an error.
    Failed {
        /// When.
        at: Timestamp,
        /// By which.
        reason: FailureReason,
    },
    /// Ended by a person.
    Cancelled {
        /// When.
        at: Timestamp,
    },
}

/// The execution of a step that called a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Parent {
    /// Its request.
    pub request: RequestId,
    /// The execution.
    pub step: RequestStepId,
    /// How many calls deep: 1 when nobody called the caller.
    pub depth: u32,
    /// Whether the caller does not wait for the end.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub detached: bool,
}

/// Everything the engine needs to know about a request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestState {
    /// The request.
    pub id: RequestId,
    /// Its tenant.
    pub organization: OrganizationId,
    /// The workflow it is an instance of.
    pub workflow: WorkflowId,
    /// The version it started on and stays on.
    pub workflow_version: WorkflowVersionId,
    /// Who started it.
    pub requester: UserId,
    /// The execution of a step that called it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<Parent>,
    /// For people.
    pub title: String,
    /// A key of the caller's own, such as a case number.
    pub reference: Option<String>,
    /// Where it is in its life.
    pub lifecycle: Lifecycle,
    /// How urgent it is.
    pub priority: Priority,
    /// The last instant at which the request is in time.
    pub due_at: Option<Timestamp>,
    /// When it began to run.
    pub started_at: Option<Timestamp>,
    /// The escalations of the request's due date.
    pub pursuit: Option<Pursuit>,
    /// The data that conditions read.
    pub variables: JsonMap,
    /// Tokens at rest.
    pub marking: Marking,
    /// Runs of splits in use.
    #[serde(default, skip_serializing_if = "Frames::is_unused")]
    pub frames: Frames,
    /// Steps that are open. Boxed, because a node of the map has room for eleven.
    pub open: BTreeMap<RequestStepId, Box<OpenStep>>,
    /// Executions to come at which tokens wait.
    pub awaited: BTreeMap<RequestStepId, AwaitedStep>,
    /// Scopes in which something goes on.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub scopes: BTreeMap<StepKey, OpenScope>,
    /// Which steps somebody decided, for separation of duties.
    pub decided: BTreeMap<UserId, BTreeSet<StepKey>>,
    /// How often each step was entered.
    pub attempts: BTreeMap<StepKey, u32>,
    /// How many executions of a step that is a milestone were cancelled.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub missed_milestones: BTreeMap<StepKey, u32>,
    /// What opened last with a timer that was due already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opened_late: Option<OpenedLate>,
    /// The number of events so far: the version that writes compare and set.
    pub version: u64,
}

/// Steps and scopes that opened at one instant with a timer that was due already: so many mean that
/// timers follow each other without end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OpenedLate {
    /// The instant.
    pub at: Timestamp,
    /// How many.
    pub count: u32,
}

impl RequestState {
    /// Where the request stands in its graph. An open step that the graph does not have is left out.
    pub fn position(&self, graph: &Graph) -> Position {
        let occupant = |open: &OpenStep| Some(Occupant { step: graph.find(&open.step)?, frame: open.frame });
        // Instances stand for nothing by themselves: the execution that they all belong to does.
        let alone = self.open.values().filter(|open| open.instance.is_none());
        let mut open: Vec<Occupant> = alone.filter_map(|open| occupant(open)).collect();
        open.sort_unstable();
        Position { marking: self.marking.clone(), frames: self.frames.clone(), open }
    }

    /// Whether a milestone's step has ended, not just been cancelled, and is not open again.
    pub fn has_ended(&self, step: &StepKey) -> bool {
        let count = |of: &BTreeMap<StepKey, u32>| of.get(step).copied().unwrap_or(0);
        count(&self.attempts) > count(&self.missed_milestones) && !self.open.values().any(|open| open.step == *step)
    }

    /// The state before the first event. Its ids and texts are replaced by the first event.
    pub fn blank() -> Self {
        Self {
            id: RequestId::from_uuid(Uuid::nil()),
            organization: OrganizationId::from_uuid(Uuid::nil()),
            workflow: WorkflowId::from_uuid(Uuid::nil()),
            workflow_version: WorkflowVersionId::from_uuid(Uuid::nil()),
            requester: UserId::from_uuid(Uuid::nil()),
            parent: None,
            title: String::new(),
            reference: None,
            lifecycle: Lifecycle::New,
            priority: Priority::Normal,
            due_at: None,
            started_at: None,
            pursuit: None,
            variables: JsonMap::new(),
            marking: Marking::default(),
            frames: Frames::default(),
            open: BTreeMap::new(),
            awaited: BTreeMap::new(),
            scopes: BTreeMap::new(),
            decided: BTreeMap::new(),
            attempts: BTreeMap::new(),
            missed_milestones: BTreeMap::new(),
            opened_late: None,
            version: 0,
        }
    }

    /// The header-level status; a request that is [`Lifecycle::New`] reads as pending.
    pub const fn status(&self) -> RequestStatus {
        match self.lifecycle {
            Lifecycle::New | Lifecycle::Pending { .. } => RequestStatus::Pending,
            Lifecycle::InProgress => RequestStatus::InProgress,
            Lifecycle::Suspended { .. } => RequestStatus::Suspended,
            Lifecycle::Completed { .. } => RequestStatus::Completed,
            Lifecycle::Failed { .. } => RequestStatus::Failed,
            Lifecycle::Cancelled { .. } => RequestStatus::Cancelled,
        }
    }

    /// When it ended, if it did.
    pub const fn ended_at(&self) -> Option<Timestamp> {
        match self.lifecycle {
            Lifecycle::Completed { at } | Lifecycle::Failed { at, .. } | Lifecycle::Cancelled { at } => Some(at),
            Lifecycle::New | Lifecycle::Pending { .. } | Lifecycle::InProgress | Lifecycle::Suspended { .. } => None,
        }
    }
}

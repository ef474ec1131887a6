use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::duration::moved;
use crate::ids::{OrganizationId, RequestId, RequestStepId, UserId, WorkflowId, WorkflowVersionId};
use crate::text_enum::text_enum;
use crate::workflow::{Candidate, FrameId, Frames, Graph, Marking, Occupant, Position, Priority, StepKey, Vote};
use crate::{JsonMap, Timestamp};

text_enum! {
    /// A request's status at header level.
    RequestStatus {
        /// Created; starts at a later time.
        Pending = "PENDING",
        /// Under way.
        InProgress = "IN_PROGRESS",
        /// Stopped for a while; nobody can act on it.
        Suspended = "SUSPENDED",
        /// Every branch ended.
        Completed = "COMPLETED",
        /// Ended by an error.
        Failed = "FAILED",
        /// Ended by a person.
        Cancelled = "CANCELLED",
    }
}

impl RequestStatus {
    /// Whether nothing can happen any more.
    pub const fn is_final(self) -> bool {
        match self {
            Self::Pending | Self::InProgress | Self::Suspended => false,
            Self::Completed | Self::Failed | Self::Cancelled => true,
        }
    }
}

text_enum! {
    /// The status of one execution of a step.
    RequestStepStatus {
        /// A join that waits for further branches.
        Pending = "PENDING",
        /// Open: somebody is asked to act.
        Active = "ACTIVE",
        /// Ended with an outcome, or passed.
        Completed = "COMPLETED",
        /// Ended by an error.
        Failed = "FAILED",
        /// Left out by an operator.
        Skipped = "SKIPPED",
        /// Ended because its request ended.
        Cancelled = "CANCELLED",
    }
}

text_enum! {
    /// What happens to deadlines while a request is suspended.
    DeadlineClock {
        /// They move on by the time of the suspension.
        Stopped = "STOPPED",
        /// They stay; what was missed meanwhile escalates on resumption.
        Running = "RUNNING",
    }
}

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
    },
    /// Ended by a person.
    Cancelled {
        /// When.
        at: Timestamp,
    },
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
    /// Steps that are open.
    pub open: BTreeMap<RequestStepId, OpenStep>,
    /// Executions to come at which tokens wait.
    pub awaited: BTreeMap<RequestStepId, AwaitedStep>,
    /// Scopes in which something goes on.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub scopes: BTreeMap<StepKey, OpenScope>,
    /// Who decided which step, for separation of duties.
    pub deciders: BTreeMap<StepKey, BTreeSet<UserId>>,
    /// How often each step was entered.
    pub attempts: BTreeMap<StepKey, u32>,
    /// How many executions of a step that is a milestone were cancelled.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub missed_milestones: BTreeMap<StepKey, u32>,
    /// The number of events so far: the version that writes compare and set.
    pub version: u64,
}

/// A step that is open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OpenStep {
    /// Which step.
    pub step: StepKey,
    /// The how many-th execution of it in this request, from 1.
    pub attempt: u32,
    /// The run of a split that it belongs to.
    #[serde(default, skip_serializing_if = "is_request")]
    pub frame: FrameId,
    /// The execution of the race that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub race: Option<RequestStepId>,
    /// What it waits for.
    pub work: Work,
    /// When it opened.
    pub started_at: Timestamp,
    /// The last instant at which it is in time.
    pub due_at: Option<Timestamp>,
    /// The escalations of its deadline.
    pub pursuit: Option<Pursuit>,
    /// The timers of its boundary events.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub timers: Vec<ArmedTimer>,
    /// Why it cannot go on by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
}

/// What an open step waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Work {
    /// A person.
    Human {
        /// Who is asked.
        candidate: Candidate,
        /// Who has taken it, so that others leave it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        claimed_by: Option<UserId>,
        /// For whom, when not for himself.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        claimed_on_behalf_of: Option<UserId>,
        /// What has been voted, in order.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        votes: Vec<Vote>,
    },
    /// An instant.
    Timer {
        /// When.
        at: Timestamp,
    },
}

impl Work {
    /// A person, with nothing done yet.
    pub const fn unclaimed(candidate: Candidate) -> Self {
        Self::Human { candidate, claimed_by: None, claimed_on_behalf_of: None, votes: Vec::new() }
    }
}

impl OpenStep {
    /// Who is asked, if a person works the step.
    pub const fn candidate(&self) -> Option<Candidate> {
        match self.work {
            Work::Human { candidate, .. } => Some(candidate),
            Work::Timer { .. } => None,
        }
    }

    /// Who has taken it.
    pub const fn claimed_by(&self) -> Option<UserId> {
        match self.work {
            Work::Human { claimed_by, .. } => claimed_by,
            Work::Timer { .. } => None,
        }
    }

    /// For whom it was taken, when not for whoever took it.
    pub const fn claimed_on_behalf_of(&self) -> Option<UserId> {
        match self.work {
            Work::Human { claimed_on_behalf_of, .. } => claimed_on_behalf_of,
            Work::Timer { .. } => None,
        }
    }

    /// Whether it was taken by somebody or on his behalf: then he may give it back, even if he could not
    /// take it any more.
    pub fn is_claim_of(&self, user: UserId) -> bool {
        self.claimed_by() == Some(user) || self.claimed_on_behalf_of() == Some(user)
    }

    /// What has been voted on it.
    pub fn votes(&self) -> &[Vote] {
        match &self.work {
            Work::Human { votes, .. } => votes,
            Work::Timer { .. } => &[],
        }
    }

    /// When its own timer fires, unless it failed.
    pub fn fires_at(&self) -> Option<Timestamp> {
        match self.work {
            Work::Timer { at } if self.failure.is_none() => Some(at),
            Work::Timer { .. } | Work::Human { .. } => None,
        }
    }
}

/// An execution to come at which tokens wait.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AwaitedStep {
    /// Which step.
    pub step: StepKey,
    /// The run of a split that a structured join gathers; else the request.
    #[serde(default, skip_serializing_if = "is_request")]
    pub frame: FrameId,
}

/// A scope in which something goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OpenScope {
    /// Since when.
    pub since: Timestamp,
    /// The timers of its boundary events.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub timers: Vec<ArmedTimer>,
}

/// The timer of a boundary event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ArmedTimer {
    /// The boundary event.
    pub boundary: StepKey,
    /// When it fires.
    pub at: Timestamp,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it by reference")]
fn is_request(frame: &FrameId) -> bool {
    *frame == FrameId::REQUEST
}

/// How far an escalation ladder has been climbed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Pursuit {
    /// The next rung, counted from 0.
    pub rung: u32,
    /// The instant after which it fires.
    pub at: Timestamp,
}

impl Pursuit {
    /// The first instant at which the rung is due: at its instant itself, one is still in time.
    pub fn fires_at(self) -> Timestamp {
        moved(self.at, TimeDelta::microseconds(1))
    }
}

impl RequestState {
    /// Where the request stands in its graph. An open step that the graph does not have is left out.
    pub fn position(&self, graph: &Graph) -> Position {
        let occupant = |open: &OpenStep| Some(Occupant { step: graph.find(&open.step)?, frame: open.frame });
        let mut open: Vec<Occupant> = self.open.values().filter_map(occupant).collect();
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
            deciders: BTreeMap::new(),
            attempts: BTreeMap::new(),
            missed_milestones: BTreeMap::new(),
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
            Lifecycle::Completed { at } | Lifecycle::Failed { at } | Lifecycle::Cancelled { at } => Some(at),
            Lifecycle::New | Lifecycle::Pending { .. } | Lifecycle::InProgress | Lifecycle::Suspended { .. } => None,
        }
    }

    /// The first instant at which time alone changes something: the start of a pending request, or a
    /// microsecond after the next rung's (at its instant itself, one is still in time). While
    /// suspended, and after the end, never.
    pub fn wakes_at(&self) -> Option<Timestamp> {
        match self.lifecycle {
            Lifecycle::Pending { starts_at } => Some(starts_at),
            Lifecycle::InProgress => {
                let pursuits = self.open.values().filter_map(|open| open.pursuit).chain(self.pursuit);
                let escalations = pursuits.map(Pursuit::fires_at);
                let waits = self.open.values().filter_map(OpenStep::fires_at);
                let timers = self.open.values().flat_map(|open| &open.timers);
                let boundaries = timers.chain(self.scopes.values().flat_map(|scope| &scope.timers));
                escalations.chain(waits).chain(boundaries.map(|timer| timer.at)).min()
            }
            Lifecycle::New
            | Lifecycle::Suspended { .. }
            | Lifecycle::Completed { .. }
            | Lifecycle::Failed { .. }
            | Lifecycle::Cancelled { .. } => None,
        }
    }
}

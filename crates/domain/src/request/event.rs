use serde::{Deserialize, Serialize};

use serde_json::Value;

use crate::ids::{MessageId, OrganizationId, RequestId, RequestStepId, UserId, WorkflowId, WorkflowVersionId};
use crate::request::{
    ArmedMessage, ArmedTimer, DeadlineClock, EscalationRecord, FailureReason, Instance, Parent, Pursuit, Work,
};
use crate::workflow::{Candidate, FrameId, Outcome, Priority, StepKey, Token, Vote};
use crate::{JsonMap, Timestamp};

/// What happened to a request. Recorded for ever: a variant's meaning never changes; what is new
/// becomes a new variant or an optional field. The time and the actor of an event stand on its
/// journal entry; an event repeats an instant only where the state needs it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE", rename_all_fields = "camelCase", tag = "type")]
pub enum RequestEvent {
    /// The request exists.
    RequestCreated {
        /// The request.
        id: RequestId,
        /// Its tenant.
        organization: OrganizationId,
        /// Its workflow.
        workflow: WorkflowId,
        /// The version it stays on.
        workflow_version: WorkflowVersionId,
        /// Who asked for it.
        requester: UserId,
        /// The execution of a step that called it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        parent: Option<Parent>,
        /// For people.
        title: String,
        /// The caller's own key.
        reference: Option<String>,
        /// How urgent.
        priority: Priority,
        /// The first variables.
        variables: JsonMap,
        /// When it is to start.
        starts_at: Timestamp,
        /// The due date the caller named.
        due_at: Option<Timestamp>,
    },
    /// The request began to run.
    RequestStarted {
        /// When.
        at: Timestamp,
        /// The last instant in time.
        due_at: Option<Timestamp>,
        /// The first rung of the due date's ladder.
        pursuit: Option<Pursuit>,
    },
    /// Tokens wait at a step, for others or for a mutex.
    StepAwaited {
        /// The execution.
        id: RequestStepId,
        /// The step.
        step: StepKey,
        /// The run of a split that a structured join gathers; else the request.
        #[serde(default, skip_serializing_if = "is_request")]
        frame: FrameId,
    },
    /// A step that waits opened.
    StepActivated {
        /// The execution.
        id: RequestStepId,
        /// The step.
        step: StepKey,
        /// The how many-th execution, from 1.
        attempt: u32,
        /// The tokens it took.
        consumed: Vec<Token>,
        /// The frame in which it runs.
        #[serde(default, skip_serializing_if = "is_request")]
        frame: FrameId,
        /// The run of a split that a join `AT_LEAST` started before its last branch came.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        joined: Option<FrameId>,
        /// The execution of the race that it belongs to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        race: Option<RequestStepId>,
        /// What it waits for.
        work: Work,
        /// What it was given, where the workflow says what.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        input: Option<JsonMap>,
        /// When.
        at: Timestamp,
        /// The last instant in time.
        due_at: Option<Timestamp>,
        /// The first rung of its ladder.
        pursuit: Option<Pursuit>,
        /// The timers of its boundary events.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        timers: Vec<ArmedTimer>,
        /// The messages of its boundary events.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        messages: Vec<ArmedMessage>,
    },
    /// One of several instances of a step opened.
    InstanceActivated {
        /// The execution.
        id: RequestStepId,
        /// The step.
        step: StepKey,
        /// Which of them.
        instance: Instance,
        /// What it waits for.
        work: Work,
        /// What it was given, where the workflow says what.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        input: Option<JsonMap>,
        /// When.
        at: Timestamp,
        /// The last instant in time.
        due_at: Option<Timestamp>,
        /// The first rung of its ladder.
        pursuit: Option<Pursuit>,
    },
    /// One of several instances of a step ended.
    InstanceCompleted {
        /// The execution.
        id: RequestStepId,
        /// The step.
        step: StepKey,
        /// With what, where the step has outcomes.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        outcome: Option<Outcome>,
        /// Who decided.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<UserId>,
        /// For whom, when not for himself.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        on_behalf_of: Option<UserId>,
        /// What they had to say.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        comment: Option<String>,
        /// What came back.
        result: JsonMap,
    },
    /// An instance was added to a step that is open.
    InstanceAdded {
        /// The execution that they all belong to.
        id: RequestStepId,
        /// The step.
        step: StepKey,
        /// What it is for.
        item: Value,
    },
    /// An operator ended a step before its instances had; its end follows.
    InstancesClosed {
        /// The execution that they all belong to.
        id: RequestStepId,
        /// The step.
        step: StepKey,
        /// Why.
        reason: String,
    },
    /// A step that does not wait was passed.
    StepRouted {
        /// The execution.
        id: RequestStepId,
        /// The step.
        step: StepKey,
        /// The how many-th execution, from 1.
        attempt: u32,
        /// The tokens it took.
        consumed: Vec<Token>,
        /// The tokens it made.
        produced: Vec<Token>,
        /// The frame in which it ran.
        #[serde(default, skip_serializing_if = "is_request")]
        frame: FrameId,
        /// The run of a split that a join `AT_LEAST` started before its last branch came.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        joined: Option<FrameId>,
        /// The frame that was opened for the tokens it made.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        opened: Option<FrameId>,
        /// Variables that it set.
        #[serde(default, skip_serializing_if = "JsonMap::is_empty")]
        variables: JsonMap,
        /// The message that it wrote.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        notice: Option<Notice>,
    },
    /// Somebody took an open step.
    StepClaimed {
        /// The execution.
        id: RequestStepId,
        /// Who.
        by: UserId,
        /// On whose behalf, if not for himself.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        on_behalf_of: Option<UserId>,
    },
    /// Somebody gave an open step back.
    StepReleased {
        /// The execution.
        id: RequestStepId,
        /// Who had it.
        by: UserId,
    },
    /// Somebody voted on an approval that several decide; a `STEP_COMPLETED` follows when that was enough.
    VoteCast {
        /// The execution.
        id: RequestStepId,
        /// The step.
        step: StepKey,
        /// Who, and for what.
        vote: Vote,
        /// What they had to say.
        comment: Option<String>,
        /// Variables set with it.
        variables: JsonMap,
    },
    /// The candidates of an approval changed, so that the votes cast so far are enough; a
    /// `STEP_COMPLETED` by nobody follows.
    VotesRecounted {
        /// The execution.
        id: RequestStepId,
        /// The step.
        step: StepKey,
        /// How many have voted.
        votes: u32,
        /// How many have voted or may still vote.
        electorate: u32,
    },
    /// A human step ended with an outcome.
    StepCompleted {
        /// The execution.
        id: RequestStepId,
        /// The step.
        step: StepKey,
        /// With what.
        outcome: Outcome,
        /// Who decided; `None` when a missed deadline or a recount did.
        by: Option<UserId>,
        /// On whose behalf, if not for himself.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        on_behalf_of: Option<UserId>,
        /// What they had to say.
        comment: Option<String>,
        /// Variables set with it.
        variables: JsonMap,
        /// The tokens it made.
        produced: Vec<Token>,
        /// The frame that was opened for the tokens it made.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        opened: Option<FrameId>,
    },
    /// A message was received by what waited for it; what that led to follows.
    MessageReceived {
        /// The message.
        message: MessageId,
        /// What kind of message.
        name: String,
        /// The open step that waited, or the host of the boundary event; `None` when a scope is its host.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        step: Option<RequestStepId>,
        /// The boundary event that it fires.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        boundary: Option<StepKey>,
        /// Variables set by the boundary event.
        #[serde(default, skip_serializing_if = "JsonMap::is_empty")]
        variables: JsonMap,
    },
    /// What a step waited for has happened.
    WaitEnded {
        /// The execution.
        id: RequestStepId,
        /// The step.
        step: StepKey,
        /// Variables set with it.
        #[serde(default, skip_serializing_if = "JsonMap::is_empty")]
        variables: JsonMap,
        /// The tokens it made.
        produced: Vec<Token>,
        /// The frame that was opened for the tokens it made.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        opened: Option<FrameId>,
    },
    /// An operator left an open step out.
    StepSkipped {
        /// The execution.
        id: RequestStepId,
        /// The step.
        step: StepKey,
        /// As if it had ended with this.
        outcome: Option<Outcome>,
        /// Why.
        reason: String,
        /// The tokens it made.
        produced: Vec<Token>,
        /// The frame that was opened for the tokens it made.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        opened: Option<FrameId>,
    },
    /// An open step cannot go on by itself; an operator must retry or skip it.
    StepFailed {
        /// The execution.
        id: RequestStepId,
        /// The step.
        step: StepKey,
        /// What went wrong, for people.
        error: String,
    },
    /// An attempt of a worker or an action failed; another follows.
    AttemptFailed {
        /// The execution.
        id: RequestStepId,
        /// The step.
        step: StepKey,
        /// What went wrong, for people.
        error: String,
        /// When the next may begin.
        run_at: Timestamp,
    },
    /// An operator lets a failed step try again.
    StepRetried {
        /// The execution.
        id: RequestStepId,
        /// The step.
        step: StepKey,
        /// What it waits for from now on, if for something else.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        work: Option<Work>,
    },
    /// A boundary event fired; a `STEP_ROUTED` of it follows.
    BoundaryFired {
        /// The boundary event.
        boundary: StepKey,
        /// The open step it is attached to; `None` when it is attached to a scope.
        host: Option<RequestStepId>,
    },
    /// A boundary event could not fire; its host stays as it is.
    BoundaryFailed {
        /// The boundary event.
        boundary: StepKey,
        /// The open step it is attached to; `None` when it is attached to a scope.
        host: Option<RequestStepId>,
        /// What went wrong, for people.
        error: String,
    },
    /// Something in a scope began.
    ScopeEntered {
        /// The scope.
        scope: StepKey,
        /// When.
        at: Timestamp,
        /// The timers of its boundary events.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        timers: Vec<ArmedTimer>,
        /// The messages of its boundary events.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        messages: Vec<ArmedMessage>,
    },
    /// Nothing in a scope goes on any more.
    ScopeLeft {
        /// The scope.
        scope: StepKey,
    },
    /// An operator ended everything in a scope; the cancellations follow.
    ScopeCancelled {
        /// The scope.
        scope: StepKey,
        /// Why.
        reason: String,
    },
    /// An operator let the request go on elsewhere; cancellations and a start follow.
    Jumped {
        /// Where.
        to: StepKey,
        /// Why.
        reason: String,
    },
    /// Tokens are gone: too late for a join, or inside what was cancelled.
    TokensWithdrawn {
        /// The tokens.
        tokens: Vec<Token>,
    },
    /// An open step, or a join that waited, ended without an outcome.
    StepCancelled {
        /// The execution.
        id: RequestStepId,
        /// The step.
        step: StepKey,
        /// Whether another step's milestone waits for its end, which this is not.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        misses_milestone: bool,
        /// Why, when an operator did it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// A deadline was missed and a rung of its ladder fired.
    Escalated(EscalationRecord),
    /// The request was stopped for a while.
    RequestSuspended {
        /// When.
        at: Timestamp,
        /// Why.
        reason: Option<String>,
        /// What happens to deadlines.
        clock: DeadlineClock,
    },
    /// The request goes on.
    RequestResumed {
        /// By how many microseconds every deadline moved.
        moved_by: i64,
    },
    /// Every branch ended.
    RequestCompleted {
        /// When.
        at: Timestamp,
    },
    /// The request ended by an error.
    RequestFailed {
        /// When.
        at: Timestamp,
        /// Why.
        reason: FailureReason,
    },
    /// A person ended the request.
    RequestCancelled {
        /// When.
        at: Timestamp,
        /// Why.
        reason: Option<String>,
    },
}

impl RequestEvent {
    /// The stable name, as in the `type` field.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::RequestCreated { .. } => "REQUEST_CREATED",
            Self::RequestStarted { .. } => "REQUEST_STARTED",
            Self::StepAwaited { .. } => "STEP_AWAITED",
            Self::StepActivated { .. } => "STEP_ACTIVATED",
            Self::InstanceActivated { .. } => "INSTANCE_ACTIVATED",
            Self::InstanceCompleted { .. } => "INSTANCE_COMPLETED",
            Self::InstanceAdded { .. } => "INSTANCE_ADDED",
            Self::InstancesClosed { .. } => "INSTANCES_CLOSED",
            Self::StepRouted { .. } => "STEP_ROUTED",
            Self::StepClaimed { .. } => "STEP_CLAIMED",
            Self::StepReleased { .. } => "STEP_RELEASED",
            Self::VoteCast { .. } => "VOTE_CAST",
            Self::VotesRecounted { .. } => "VOTES_RECOUNTED",
            Self::StepCompleted { .. } => "STEP_COMPLETED",
            Self::MessageReceived { .. } => "MESSAGE_RECEIVED",
            Self::WaitEnded { .. } => "WAIT_ENDED",
            Self::StepSkipped { .. } => "STEP_SKIPPED",
            Self::StepFailed { .. } => "STEP_FAILED",
            Self::AttemptFailed { .. } => "ATTEMPT_FAILED",
            Self::StepRetried { .. } => "STEP_RETRIED",
            Self::BoundaryFired { .. } => "BOUNDARY_FIRED",
            Self::BoundaryFailed { .. } => "BOUNDARY_FAILED",
            Self::ScopeEntered { .. } => "SCOPE_ENTERED",
            Self::ScopeLeft { .. } => "SCOPE_LEFT",
            Self::ScopeCancelled { .. } => "SCOPE_CANCELLED",
            Self::Jumped { .. } => "JUMPED",
            Self::TokensWithdrawn { .. } => "TOKENS_WITHDRAWN",
            Self::StepCancelled { .. } => "STEP_CANCELLED",
            Self::Escalated(_) => "ESCALATED",
            Self::RequestSuspended { .. } => "REQUEST_SUSPENDED",
            Self::RequestResumed { .. } => "REQUEST_RESUMED",
            Self::RequestCompleted { .. } => "REQUEST_COMPLETED",
            Self::RequestFailed { .. } => "REQUEST_FAILED",
            Self::RequestCancelled { .. } => "REQUEST_CANCELLED",
        }
    }

    /// The execution of a step that the event is about.
    pub const fn request_step(&self) -> Option<RequestStepId> {
        match self {
            Self::StepAwaited { id, .. }
            | Self::StepActivated { id, .. }
            | Self::InstanceActivated { id, .. }
            | Self::InstanceCompleted { id, .. }
            | Self::InstanceAdded { id, .. }
            | Self::InstancesClosed { id, .. }
            | Self::AttemptFailed { id, .. }
            | Self::StepRouted { id, .. }
            | Self::StepClaimed { id, .. }
            | Self::StepReleased { id, .. }
            | Self::VoteCast { id, .. }
            | Self::VotesRecounted { id, .. }
            | Self::StepCompleted { id, .. }
            | Self::WaitEnded { id, .. }
            | Self::StepSkipped { id, .. }
            | Self::StepFailed { id, .. }
            | Self::StepRetried { id, .. }
            | Self::StepCancelled { id, .. } => Some(*id),
            Self::Escalated(record) => record.request_step,
            Self::MessageReceived { step, .. } => *step,
            Self::BoundaryFired { host, .. } | Self::BoundaryFailed { host, .. } => *host,
            Self::RequestCreated { .. }
            | Self::RequestStarted { .. }
            | Self::ScopeEntered { .. }
            | Self::ScopeLeft { .. }
            | Self::ScopeCancelled { .. }
            | Self::Jumped { .. }
            | Self::TokensWithdrawn { .. }
            | Self::RequestSuspended { .. }
            | Self::RequestResumed { .. }
            | Self::RequestCompleted { .. }
            | Self::RequestFailed { .. }
            | Self::RequestCancelled { .. } => None,
        }
    }
}

/// A message that a step wrote to people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Notice {
    /// For whom.
    pub to: Candidate,
    /// Its title.
    pub title: String,
    /// What it says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it by reference")]
fn is_request(frame: &FrameId) -> bool {
    *frame == FrameId::REQUEST
}

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::access::{Actor, Principal};
use crate::duration::Duration;
use crate::ids::{
    IdSource, MessageId, OrganizationId, RequestId, RequestStepId, RoleId, UserId, WorkflowId, WorkflowVersionId,
};
use crate::request::{DeadlineClock, Parent, Subscriber};
use crate::workflow::{Outcome, Priority, StepKey};
use crate::{JsonMap, Timestamp};

/// What somebody wants of a request.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Create it, and run it unless it starts later.
    Start(StartRequest),
    /// Do what is due by now; what timers send.
    FireTimers,
    /// Take an open step.
    Claim {
        /// The execution.
        step: RequestStepId,
    },
    /// Give an open step back.
    Release {
        /// The execution.
        step: RequestStepId,
        /// Whether an operator takes it from whoever has it.
        forced: bool,
    },
    /// End an open step with an outcome.
    Complete {
        /// The execution.
        step: RequestStepId,
        /// With what.
        outcome: Outcome,
        /// What to say about it.
        comment: Option<String>,
        /// Variables to set; `null` removes one.
        variables: JsonMap,
    },
    /// Hand a message to whatever waits for it; what NexusFlow itself does.
    Deliver {
        /// Where.
        to: Subscriber,
        /// The message.
        message: MessageId,
        /// What it says.
        payload: JsonMap,
    },
    /// End an open step that waits for a call of its address; what whoever knows the address does.
    CallWebhook {
        /// The execution.
        step: RequestStepId,
        /// What was sent.
        payload: JsonMap,
    },
    /// End an open step with what a worker made; what a worker does.
    CompleteJob {
        /// The execution.
        step: RequestStepId,
        /// With what; may be left out when the step has only one outcome.
        outcome: Option<Outcome>,
        /// What came of it.
        result: JsonMap,
    },
    /// Note that a worker's attempt failed; what a worker does.
    FailJob {
        /// The execution.
        step: RequestStepId,
        /// How.
        failure: JobFailure,
    },
    /// End an open step with what an action brought back; what NexusFlow itself does.
    CompleteAction {
        /// The execution.
        step: RequestStepId,
        /// What came of it.
        result: JsonMap,
    },
    /// Note that an attempt of an action failed; what NexusFlow itself does.
    FailAction {
        /// The execution.
        step: RequestStepId,
        /// How.
        failure: ActionFailure,
    },
    /// Note that a called request has started; what NexusFlow itself does.
    CallStarted {
        /// The execution that called it.
        step: RequestStepId,
        /// The called request.
        child: RequestId,
    },
    /// Note how a called request ended; what NexusFlow itself does.
    CallEnded {
        /// The execution that called it.
        step: RequestStepId,
        /// The called request.
        child: RequestId,
        /// How.
        end: CallEnd,
    },
    /// Add an instance to an open step of several; what an operator does.
    AddInstance {
        /// The execution that they all belong to.
        step: RequestStepId,
        /// What it is for.
        item: Value,
    },
    /// End an open step of several instances with what there is; what an operator does.
    CloseInstances {
        /// The execution that they all belong to.
        step: RequestStepId,
        /// Why.
        reason: String,
    },
    /// Leave an open step out, where the workflow allows it; what an operator does.
    Skip {
        /// The execution.
        step: RequestStepId,
        /// As if it had ended with this; may be left out when the step has only one.
        outcome: Option<Outcome>,
        /// Why.
        reason: String,
    },
    /// Let a failed step try again; what an operator does.
    Retry {
        /// The execution.
        step: RequestStepId,
    },
    /// End an open step and the branch it is on; what an operator does.
    CancelStep {
        /// The execution.
        step: RequestStepId,
        /// Why.
        reason: String,
    },
    /// End everything in a scope; what an operator does.
    CancelScope {
        /// The scope.
        scope: StepKey,
        /// Why.
        reason: String,
    },
    /// End open steps and start another step instead; what an operator does.
    Jump {
        /// The executions to end; may be none.
        cancel: Vec<RequestStepId>,
        /// The step to start.
        to: StepKey,
        /// Why.
        reason: String,
    },
    /// Stop the request for a while.
    Suspend {
        /// Why.
        reason: Option<String>,
        /// What happens to deadlines.
        clock: DeadlineClock,
    },
    /// Let the request go on.
    Resume,
    /// End the request.
    Cancel {
        /// Why.
        reason: Option<String>,
    },
}

/// How a worker's attempt failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobFailure {
    /// The code of an error that the step throws: unless its workflow names the code, it is not attempted again, and
    /// fails where no boundary event catches it.
    pub code: Option<String>,
    /// What went wrong, for people.
    pub message: String,
    /// Whether another attempt is of no use.
    pub is_final: bool,
    /// When the next attempt may begin, if not as the workflow says.
    pub retry_after: Option<Duration>,
}

/// How an attempt of an action failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionFailure {
    /// The code of the error.
    pub code: String,
    /// What went wrong, for people.
    pub message: String,
    /// Whether it may be gone next time.
    pub is_transient: bool,
    /// When the other side wants to be asked again.
    pub retry_after: Option<Duration>,
}

/// How a called request ended.
#[derive(Debug, Clone, PartialEq)]
pub enum CallEnd {
    /// Every branch ended.
    Completed {
        /// Its last variables.
        variables: JsonMap,
    },
    /// It failed, was cancelled or could not be started.
    Failed {
        /// The code of the error that the step throws.
        code: String,
        /// What went wrong, for people.
        message: String,
    },
}

/// What a new request is made of.
#[derive(Debug, Clone, PartialEq)]
pub struct StartRequest {
    /// The new request's id.
    pub id: RequestId,
    /// Its tenant.
    pub organization: OrganizationId,
    /// Its workflow.
    pub workflow: WorkflowId,
    /// The version to run on.
    pub workflow_version: WorkflowVersionId,
    /// Who asks for it.
    pub requester: UserId,
    /// The execution of a step that calls it.
    pub parent: Option<Parent>,
    /// For people.
    pub title: String,
    /// The caller's own key.
    pub reference: Option<String>,
    /// How urgent.
    pub priority: Priority,
    /// The first variables.
    pub variables: JsonMap,
    /// When to start; now when `None` or past.
    pub starts_at: Option<Timestamp>,
    /// The due date; from the workflow's SLA when `None`.
    pub due_at: Option<Timestamp>,
}

/// What `decide` may know besides graph and state.
pub struct Context<'a> {
    /// The current time.
    pub now: Timestamp,
    /// The person who acts, with the roles held now; `None` when NexusFlow itself acts.
    pub principal: Option<&'a Principal>,
    /// For whom the person acts; `None` leaves it to [`crate::request::may_act`].
    pub on_behalf_of: Option<UserId>,
    /// Who holds which role now: needed to count the votes of the step that the command works.
    pub holders: &'a BTreeMap<RoleId, BTreeSet<UserId>>,
    /// Where ids of new step executions come from.
    pub ids: &'a mut dyn IdSource,
}

impl Context<'_> {
    /// Who acts, as the journal records it.
    pub fn actor(&self) -> Actor {
        self.principal.map_or(Actor::System, |principal| Actor::User(principal.user))
    }
}

use std::collections::{BTreeMap, BTreeSet};

use crate::access::{Actor, Principal};
use crate::ids::{IdSource, OrganizationId, RequestId, RequestStepId, RoleId, UserId, WorkflowId, WorkflowVersionId};
use crate::request::DeadlineClock;
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

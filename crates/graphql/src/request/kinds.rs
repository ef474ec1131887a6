use async_graphql::Enum;
use nexusflow_domain::{request, workflow};

/// Where a request is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "request::RequestStatus")]
pub enum RequestStatus {
    /// Created; starts at a later time.
    Pending,
    /// Under way.
    InProgress,
    /// Stopped for a while; nobody can act on it.
    Suspended,
    /// Every branch ended.
    Completed,
    /// Ended by an error.
    Failed,
    /// Ended by a person.
    Cancelled,
}

/// Where one execution of a step is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "request::RequestStepStatus")]
pub enum RequestStepStatus {
    /// A join that waits for further branches.
    Pending,
    /// Open: somebody is asked to act.
    Active,
    /// Ended with an outcome, or passed.
    Completed,
    /// Ended by an error.
    Failed,
    /// Left out by an operator.
    Skipped,
    /// Ended because its request ended.
    Cancelled,
}

/// What happens to deadlines while a request is suspended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "request::DeadlineClock")]
pub enum DeadlineClock {
    /// They move on by the time of the suspension.
    Stopped,
    /// They stay; what was missed meanwhile escalates on resumption.
    Running,
}

/// How urgent a request is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "workflow::Priority")]
pub enum Priority {
    /// Can wait.
    Low,
    /// The usual.
    Normal,
    /// Before the usual.
    High,
    /// Before everything.
    Urgent,
}

/// The two forms of human work; they need different permissions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "workflow::HumanKind")]
pub enum HumanKind {
    /// Work; needs `COMPLETE_TASK`.
    Task,
    /// A decision; needs `APPROVE_REQUEST`.
    Approval,
}

/// What an escalation did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum EscalationAction {
    /// Somebody was notified.
    Notify,
    /// The step was given to another role.
    Reassign,
    /// The request's priority was raised.
    Raise,
    /// The step was ended with an outcome, or it was tried.
    TakeOutcome,
}

impl EscalationAction {
    /// By its stored text.
    pub(super) fn of(text: &str) -> Option<Self> {
        match text {
            "NOTIFY" => Some(Self::Notify),
            "REASSIGN" => Some(Self::Reassign),
            "RAISE" => Some(Self::Raise),
            "TAKE_OUTCOME" => Some(Self::TakeOutcome),
            _ => None,
        }
    }
}

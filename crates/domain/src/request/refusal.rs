use crate::access::DenialReason;
use crate::ids::{RequestStepId, RoleId};
use crate::problem::Problem;
use crate::request::RequestStatus;
use crate::workflow::expression::EvaluationError;
use crate::workflow::{Outcome, StepKey};

/// Why a command leads to nothing. Data for the caller to act on, not a failure.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The actor may not act on the step.
    #[error("{reason}")]
    NotPermitted {
        /// Why not.
        reason: DenialReason,
        /// The role whose holders may act, if the step waits for a role.
        granting_role: Option<RoleId>,
    },
    /// The command does not fit the request's status.
    #[error("the request is {status}; this needs {expected}")]
    WrongStatus {
        /// What it is.
        status: RequestStatus,
        /// What the command needs, for people.
        expected: &'static str,
    },
    /// The step is not open: already decided, cancelled, or never part of this request.
    #[error("the step is not open")]
    StepNotOpen {
        /// The execution that was named.
        step: RequestStepId,
    },
    /// The step cannot end with that outcome.
    #[error("{outcome} is not an outcome of the step {step}")]
    UnknownOutcome {
        /// The step.
        step: StepKey,
        /// What was asked for.
        outcome: Outcome,
        /// What it can end with.
        expected: Vec<Outcome>,
    },
    /// Nobody has claimed the step, so it cannot be released.
    #[error("the step is not claimed")]
    NotClaimed {
        /// The execution that was named.
        step: RequestStepId,
    },
    /// Several people decide the step; nobody can take it for himself.
    #[error("several people decide the step {step}; it cannot be claimed")]
    NotClaimable {
        /// The step.
        step: StepKey,
    },
    /// The step's milestone does not hold yet.
    #[error("the step {step} can be worked once {after} has ended")]
    NotEnabled {
        /// The step.
        step: StepKey,
        /// What must have ended.
        after: StepKey,
    },
    /// Somebody works another step that has the same mutex, or something happens in another scope that
    /// has the same mutex as a scope of the step.
    #[error("the step {step} can be worked once {by} is finished or released")]
    MutexTaken {
        /// The step.
        step: StepKey,
        /// The step that is being worked, or the scope.
        by: StepKey,
    },
    /// The workflow does not allow the step to be left out.
    #[error("the step {step} is required")]
    StepRequired {
        /// The step.
        step: StepKey,
    },
    /// The step can end with several outcomes; one must be named.
    #[error("the step {step} can end with several outcomes; name one of them")]
    OutcomeNeeded {
        /// The step.
        step: StepKey,
        /// What it can end with.
        expected: Vec<Outcome>,
    },
    /// The step has not failed.
    #[error("the step has not failed")]
    NotFailed {
        /// The execution that was named.
        step: RequestStepId,
    },
    /// The request's version has no such step or scope, or none that can be started.
    #[error("the workflow has no {expected} {key}")]
    UnknownKey {
        /// What was named.
        key: StepKey,
        /// What was expected, for people.
        expected: &'static str,
    },
    /// A time that a step waits for cannot be told from the variables.
    #[error("the step {step} waits until {expression}, which is not an instant such as 2030-01-31T12:00:00Z")]
    NotAnInstant {
        /// The step.
        step: StepKey,
        /// What was to make the instant.
        expression: String,
    },
    /// What a step is given, sets, or is correlated by cannot be made from the variables and what came back.
    #[error("the step {step}, {field}: {message}")]
    NotMade {
        /// The step.
        step: StepKey,
        /// Which field of the step, such as `output.total`.
        field: String,
        /// Why not, or what was expected.
        message: String,
    },
    /// The step is open, but does not wait for what the command brings.
    #[error("the step {step} does not wait for {offered}")]
    NotAwaited {
        /// The step.
        step: StepKey,
        /// What the command brings, for people.
        offered: &'static str,
    },
    /// A worker's result is not what the workflow says it must be.
    #[error("the result is not as the step {step} says: {}", first(problems))]
    InvalidResult {
        /// The step.
        step: StepKey,
        /// What is wrong, with its place in the result.
        problems: Vec<Problem>,
    },
    /// The step has, or would have, too many instances.
    #[error("the step {step} would have {found} instances; at most {limit} are allowed")]
    TooManyInstances {
        /// The step.
        step: StepKey,
        /// How many.
        found: usize,
        /// The limit.
        limit: usize,
    },
    /// The workflow does not let instances be added to the step.
    #[error("the step {step} does not grow: its workflow does not allow instances to be added")]
    DoesNotGrow {
        /// The step.
        step: StepKey,
    },
    /// Calls would nest too deep.
    #[error("the request would be {depth} calls deep; at most {limit} are allowed")]
    CallTooDeep {
        /// How deep.
        depth: u32,
        /// The limit.
        limit: u32,
    },
    /// A condition cannot be evaluated on the variables as they would be.
    #[error("after the step {step}: {mismatch}")]
    VariableType {
        /// The step whose transitions were to be chosen.
        step: StepKey,
        /// What does not fit.
        mismatch: EvaluationError,
    },
    /// No transition can be taken; published versions cannot lead here.
    #[error("no transition of the step {step} can be taken")]
    NoTransition {
        /// The step.
        step: StepKey,
    },
    /// The command would set off an endless cycle of automatic steps.
    #[error("the step {step} lies on a cycle of automatic steps that does not come to a wait")]
    EndlessCycle {
        /// A step of the cycle.
        step: StepKey,
    },
    /// The request would have more branches under way than it may.
    #[error("the step {step} would leave more than {limit} branches under way")]
    TooManyBranches {
        /// The step that makes them too many.
        step: StepKey,
        /// The most tokens and open steps at a time.
        limit: usize,
    },
    /// So much is overdue that it is made up for in several goes, and nothing is done before it.
    #[error("what is overdue in the request is still being made up for; try again in a moment")]
    StillOverdue,
    /// The first variables are not what the workflow's input schema says.
    #[error("the variables are not as the workflow's input schema says: {}", first(problems))]
    InvalidVariables {
        /// What is wrong, with its place in the variables.
        problems: Vec<Problem>,
    },
    /// The variables would grow beyond the limit.
    #[error("the variables would take {bytes} bytes; at most {limit} are allowed")]
    VariablesTooLarge {
        /// Their size as JSON.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
}

fn first(problems: &[Problem]) -> String {
    problems.first().map(|problem| format!("{}: {}", problem.path, problem.message)).unwrap_or_default()
}

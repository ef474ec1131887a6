//! What is wrong with an input, and where. Lists of problems travel to clients as data.

use serde::{Deserialize, Serialize};

/// One thing wrong with a document, with its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// What kind of problem, stable for programs.
    pub code: ProblemCode,
    /// Where: a path into the document, such as `steps[review].sla.dueIn`.
    pub path: String,
    /// What was found and what was expected, for people.
    pub message: String,
}

impl Problem {
    /// A problem at a place.
    pub fn new(code: ProblemCode, path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code, path: path.into(), message: message.into() }
    }
}

/// The kinds of problems that validation finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ProblemCode {
    /// A value is missing, too long or not of the expected form.
    InvalidValue,
    /// The same key, transition or rung appears twice.
    Duplicate,
    /// More steps, transitions or nesting than allowed.
    TooLarge,
    /// A transition or rule names a step that does not exist.
    UnknownStep,
    /// No start step.
    NoStart,
    /// More than one start step.
    SeveralStarts,
    /// No end step.
    NoEnd,
    /// No path leads from the start to this step.
    UnreachableStep,
    /// No path leads from this step to an end.
    NoWayToEnd,
    /// A declared outcome has no transition.
    OutcomeWithoutTransition,
    /// A transition names an outcome that its step does not declare.
    UnknownOutcome,
    /// Every transition of a choice is conditional and none is the default.
    DecisionWithoutDefault,
    /// An end has transitions, or a start is entered.
    MisplacedTransition,
    /// Several unconditional transitions compete for one outcome of a split ONE.
    AmbiguousTransition,
    /// A cycle of automatic steps in which nothing waits.
    UnboundedCycle,
    /// A condition that cannot be evaluated: unknown operator, wrong type of value, bad pattern.
    InvalidCondition,
    /// An expression of a mapping, a timer, a correlation key or a list that cannot be compiled.
    InvalidExpression,
    /// A workflow that does not exist in the organization.
    UnknownWorkflow,
    /// A deadline or escalation ladder that makes no sense.
    BadSla,
    /// An escalation that would approve without a person.
    SilentApproval,
    /// A human step that nobody could ever act on: it names nobody, or separation of duties leaves nobody.
    NobodyResponsible,
    /// A role or a person that does not exist in the organization.
    UnknownCandidate,
    /// A role that nobody holds.
    RoleWithoutHolder,
    /// Some run cannot be completed, or some step never occurs; the message tells the run.
    Unsound,
    /// A warning: whether every run can be completed could not be decided.
    SoundnessUnknown,
}

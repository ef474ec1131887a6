use async_graphql::SimpleObject;

use super::code::DomainErrorCode;

/// The step is not open: already decided, cancelled, or never part of the request.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct StepNotOpenError {
    /// The kind of refusal.
    pub code: DomainErrorCode,
    /// What is wrong, for people.
    pub message: String,
    /// The input field that it is about, from the outermost.
    pub path: Vec<String>,
}

/// Nobody has claimed the step, so it cannot be released.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct NotClaimedError {
    /// The kind of refusal.
    pub code: DomainErrorCode,
    /// What is wrong, for people.
    pub message: String,
    /// The input field that it is about, from the outermost.
    pub path: Vec<String>,
}

/// The step cannot end with that outcome.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct UnknownOutcomeError {
    /// The kind of refusal.
    pub code: DomainErrorCode,
    /// What is wrong, for people.
    pub message: String,
    /// The input field that it is about, from the outermost.
    pub path: Vec<String>,
    /// The step's key.
    pub step: String,
    /// What was asked for.
    pub outcome: String,
    /// What it can end with.
    pub expected: Vec<String>,
}

/// A variable has a type that a condition cannot compare.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct VariableTypeError {
    /// The kind of refusal.
    pub code: DomainErrorCode,
    /// What is wrong, for people.
    pub message: String,
    /// The input field that it is about, from the outermost.
    pub path: Vec<String>,
    /// The variable's path.
    pub field: String,
    /// The condition's operator.
    pub operator: String,
    /// The type that the operator needs.
    pub expected: String,
    /// The type that the variable would have.
    pub found: String,
}

/// The variables would grow beyond the limit.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct VariablesTooLargeError {
    /// The kind of refusal.
    pub code: DomainErrorCode,
    /// What is wrong, for people.
    pub message: String,
    /// The input field that it is about, from the outermost.
    pub path: Vec<String>,
    /// Their size as JSON, in bytes.
    pub bytes: i32,
    /// The greatest size allowed, in bytes.
    pub limit: i32,
}

/// No transition of the step can be taken.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct NoTransitionError {
    /// The kind of refusal.
    pub code: DomainErrorCode,
    /// What is wrong, for people.
    pub message: String,
    /// The input field that it is about, from the outermost.
    pub path: Vec<String>,
    /// The step's key.
    pub step: String,
}

/// The step lies on a cycle of automatic steps that does not come to a wait.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct EndlessCycleError {
    /// The kind of refusal.
    pub code: DomainErrorCode,
    /// What is wrong, for people.
    pub message: String,
    /// The input field that it is about, from the outermost.
    pub path: Vec<String>,
    /// The step's key.
    pub step: String,
}

/// The request would have more branches under way than it may.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct TooManyBranchesError {
    /// The kind of refusal.
    pub code: DomainErrorCode,
    /// What is wrong, for people.
    pub message: String,
    /// The input field that it is about, from the outermost.
    pub path: Vec<String>,
    /// The key of the step that makes them too many.
    pub step: String,
    /// The most tokens and open steps that a request may have at a time.
    pub limit: i32,
}

/// The step cannot be worked yet: its milestone does not hold, or another step has its mutex.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct StepNotReadyError {
    /// The kind of refusal.
    pub code: DomainErrorCode,
    /// What is wrong, for people.
    pub message: String,
    /// The input field that it is about, from the outermost.
    pub path: Vec<String>,
    /// The step's key.
    pub step: String,
    /// The key of the step that must end first.
    pub waits_for: String,
}

/// The workflow does not allow the step to be left out.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct StepRequiredError {
    /// The kind of refusal.
    pub code: DomainErrorCode,
    /// What is wrong, for people.
    pub message: String,
    /// The input field that it is about, from the outermost.
    pub path: Vec<String>,
    /// The step's key.
    pub step: String,
}

/// The step can end with several outcomes; one must be named.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct OutcomeNeededError {
    /// The kind of refusal.
    pub code: DomainErrorCode,
    /// What is wrong, for people.
    pub message: String,
    /// The input field that it is about, from the outermost.
    pub path: Vec<String>,
    /// The step's key.
    pub step: String,
    /// What it can end with.
    pub expected: Vec<String>,
}

use async_graphql::SimpleObject;

use super::code::DomainErrorCode;
use crate::workflow::Problem;

/// There is no such thing in the caller's organization.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct NotFoundError {
    /// The kind of refusal.
    pub code: DomainErrorCode,
    /// What is wrong, for people.
    pub message: String,
    /// The input field that it is about, from the outermost.
    pub path: Vec<String>,
    /// What kind of thing, such as `workflow`.
    pub kind: String,
    /// The id that was given.
    pub id: String,
}

/// Fields of the input are not as expected.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct InvalidInputError {
    /// The kind of refusal.
    pub code: DomainErrorCode,
    /// What is wrong, for people.
    pub message: String,
    /// The input field that it is about, from the outermost.
    pub path: Vec<String>,
    /// Each of them.
    pub problems: Vec<Problem>,
}

/// The workflow's document cannot be published.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct InvalidGraphError {
    /// The kind of refusal.
    pub code: DomainErrorCode,
    /// What is wrong, for people.
    pub message: String,
    /// The input field that it is about, from the outermost.
    pub path: Vec<String>,
    /// Everything wrong with it.
    pub problems: Vec<Problem>,
}

/// Something unique is taken.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct AlreadyExistsError {
    /// The kind of refusal.
    pub code: DomainErrorCode,
    /// What is wrong, for people.
    pub message: String,
    /// The input field that it is about, from the outermost.
    pub path: Vec<String>,
    /// Which field must be unique.
    pub field: String,
    /// The value that is taken.
    pub value: String,
}

/// The idempotency key was used before with another input, or for another mutation.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct IdempotencyKeyReusedError {
    /// The kind of refusal.
    pub code: DomainErrorCode,
    /// What is wrong, for people.
    pub message: String,
    /// The input field that it is about, from the outermost.
    pub path: Vec<String>,
}

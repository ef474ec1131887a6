use async_graphql::SimpleObject;

use super::code::DomainErrorCode;

/// Somebody else changed it in the meantime: read it again and decide anew.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct StaleVersionError {
    /// The kind of refusal.
    pub code: DomainErrorCode,
    /// What is wrong, for people.
    pub message: String,
    /// The input field that it is about, from the outermost.
    pub path: Vec<String>,
    /// The present version.
    pub current: i32,
}

/// It is in a state that does not allow this.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct WrongStateError {
    /// The kind of refusal.
    pub code: DomainErrorCode,
    /// What is wrong, for people.
    pub message: String,
    /// The input field that it is about, from the outermost.
    pub path: Vec<String>,
    /// The present state, such as `PAUSED`.
    pub state: String,
}

/// Others refer to it.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct InUseError {
    /// The kind of refusal.
    pub code: DomainErrorCode,
    /// What is wrong, for people.
    pub message: String,
    /// The input field that it is about, from the outermost.
    pub path: Vec<String>,
}

/// The job is not the worker's any more: its lease ran out and another took it, or it is not to be done any more.
/// Nothing is recorded of what was done under the lease.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct LeaseLostError {
    /// The kind of refusal.
    pub code: DomainErrorCode,
    /// What is wrong, for people.
    pub message: String,
    /// The input field that it is about, from the outermost.
    pub path: Vec<String>,
}

/// Others keep changing it at the same time; try again.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct ContendedError {
    /// The kind of refusal.
    pub code: DomainErrorCode,
    /// What is wrong, for people.
    pub message: String,
    /// The input field that it is about, from the outermost.
    pub path: Vec<String>,
}

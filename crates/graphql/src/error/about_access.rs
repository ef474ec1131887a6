use async_graphql::SimpleObject;

use super::code::DomainErrorCode;
use crate::access::Permission;

/// The caller may not do that.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct NotPermittedError {
    /// The kind of refusal.
    pub code: DomainErrorCode,
    /// What is wrong, for people.
    pub message: String,
    /// The input field that it is about, from the outermost.
    pub path: Vec<String>,
    /// The permission that it needs; null when none would help.
    pub permission: Option<Permission>,
    /// All permissions that it needs and the caller lacks.
    pub missing_permissions: Vec<Permission>,
    /// Names of the roles that would have allowed it, sorted.
    pub roles_that_grant: Vec<String>,
}

/// Nobody active would own the organization any more.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct LastOwnerError {
    /// The kind of refusal.
    pub code: DomainErrorCode,
    /// What is wrong, for people.
    pub message: String,
    /// The input field that it is about, from the outermost.
    pub path: Vec<String>,
}

/// E-mail address, password or organization are wrong; deliberately not said which.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct InvalidCredentialsError {
    /// The kind of refusal.
    pub code: DomainErrorCode,
    /// What is wrong, for people.
    pub message: String,
    /// The input field that it is about, from the outermost.
    pub path: Vec<String>,
}

/// The refresh token is unknown, expired or used, or its session has ended; deliberately not said which. Sign in again.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct SessionEndedError {
    /// The kind of refusal.
    pub code: DomainErrorCode,
    /// What is wrong, for people.
    pub message: String,
    /// The input field that it is about, from the outermost.
    pub path: Vec<String>,
}

/// The link of a mail was used, was taken back, has expired, or never was one; deliberately not said which.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct InvalidLinkError {
    /// The kind of refusal.
    pub code: DomainErrorCode,
    /// What is wrong, for people.
    pub message: String,
    /// The input field that it is about, from the outermost.
    pub path: Vec<String>,
}

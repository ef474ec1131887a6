use crate::workflow::expression::span::Position;

/// How sure a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// The part fails, or says always the same, on all variables that fit the schema.
    Error,
    /// It fails on some, or looks like a typing error where the schema is open.
    Warning,
}

/// A problem of types, with its place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{at}: {message}")]
pub struct TypeProblem {
    /// How sure it is.
    pub severity: Severity,
    /// The part of the source, or the field of a JSON condition.
    pub at: String,
    /// Where the part begins; none in a JSON condition.
    pub position: Option<Position>,
    /// What was found and what was expected.
    pub message: String,
}

use async_graphql::{ErrorExtensionValues, Pos, ServerError};

/// What `extensions.code` of a top-level error may say; a closed set that clients can match on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// Nobody is signed in, or the token is not accepted.
    Unauthenticated,
    /// Somebody is signed in who may not do this.
    Forbidden,
    /// There is no such thing in the caller's organization.
    NotFound,
    /// The present state does not allow it.
    Conflict,
    /// The request itself is wrong.
    Validation,
    /// Too many requests in too little time.
    RateLimited,
    /// The request is larger, deeper or dearer than allowed.
    CostExceeded,
    /// Trying again later may help.
    Unavailable,
    /// Something is wrong here; the log has it under the correlation id.
    Internal,
}

const ALL: [Code; 9] = [
    Code::Unauthenticated,
    Code::Forbidden,
    Code::NotFound,
    Code::Conflict,
    Code::Validation,
    Code::RateLimited,
    Code::CostExceeded,
    Code::Unavailable,
    Code::Internal,
];

impl Code {
    /// As clients see it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::Forbidden => "FORBIDDEN",
            Self::NotFound => "NOT_FOUND",
            Self::Conflict => "CONFLICT",
            Self::Validation => "VALIDATION",
            Self::RateLimited => "RATE_LIMITED",
            Self::CostExceeded => "COST_EXCEEDED",
            Self::Unavailable => "UNAVAILABLE",
            Self::Internal => "INTERNAL",
        }
    }

    /// The code that an error already carries, if it is one of the set.
    pub(crate) fn of(error: &ServerError) -> Option<Self> {
        match error.extensions.as_ref()?.get("code")? {
            async_graphql::Value::String(code) => ALL.into_iter().find(|known| known.as_str() == code),
            _ => None,
        }
    }

    /// An error with this code.
    pub(crate) fn error(self, message: impl Into<String>) -> ServerError {
        self.on(ServerError::new(message, None))
    }

    /// An error with this code at a place in the document.
    pub(crate) fn error_at(self, message: impl Into<String>, pos: Pos) -> ServerError {
        self.on(ServerError::new(message, Some(pos)))
    }

    /// Marks an error with this code.
    pub(crate) fn on(self, mut error: ServerError) -> ServerError {
        error.extensions.get_or_insert_with(ErrorExtensionValues::default).set("code", self.as_str());
        error
    }
}

//! From use cases' errors to top-level errors. Refusals of mutations are payload data instead; see
//! [`crate::refusal`].

use std::error::Error as _;
use std::sync::Arc;

use async_graphql::ErrorExtensions;
use nexusflow_application::{Error, Refused, StoreError};

use crate::http::Code;

/// A top-level error.
pub(crate) type Failure = async_graphql::Error;

/// Nobody is signed in.
pub(crate) fn unauthenticated() -> Failure {
    with_code(Failure::new("sign in first"), Code::Unauthenticated)
}

/// An argument that is not as expected.
pub(crate) fn invalid(message: impl Into<String>) -> Failure {
    with_code(Failure::new(message), Code::Validation)
}

/// What a failed read tells its caller. What went wrong inside is logged, not told.
pub(crate) fn failure(error: &Error) -> Failure {
    match error {
        Error::Refused(refused) => refusal(refused),
        Error::Store(error) => store(error),
    }
}

/// The same for the shared error of a loader.
#[expect(clippy::needless_pass_by_value, reason = "used as a function in map_err")]
pub(crate) fn shared(error: Arc<Error>) -> Failure {
    failure(&error)
}

/// The same for a use case's own error.
#[expect(clippy::needless_pass_by_value, reason = "used as a function in map_err")]
pub(crate) fn owned(error: Error) -> Failure {
    failure(&error)
}

fn refusal(refused: &Refused) -> Failure {
    let failure = Failure::new(refused.to_string());
    match refused {
        Refused::NotPermitted(denied) => with_code(failure, Code::Forbidden).extend_with(|_, extensions| {
            extensions.set("permission", denied.permission.code());
            extensions.set("rolesThatGrant", denied.roles_that_grant.clone());
        }),
        Refused::NotFound { .. } => with_code(failure, Code::NotFound),
        Refused::InvalidInput(_) | Refused::InvalidGraph(_) => with_code(failure, Code::Validation),
        Refused::InvalidCredentials => with_code(failure, Code::Unauthenticated),
        Refused::Contended => with_code(failure, Code::Unavailable),
        Refused::StaleVersion { .. }
        | Refused::AlreadyExists { .. }
        | Refused::WrongState { .. }
        | Refused::InUse { .. }
        | Refused::Request(_)
        | Refused::IdempotencyKeyReused => with_code(failure, Code::Conflict),
    }
}

fn store(error: &StoreError) -> Failure {
    match error {
        StoreError::Unavailable(_) => {
            tracing::warn!(error = error as &dyn std::error::Error, source = ?error.source(), "not available");
            with_code(Failure::new("the database is not available; try again later"), Code::Unavailable)
        }
        StoreError::Corrupt { .. } | StoreError::Failed(_) => {
            tracing::error!(error = error as &dyn std::error::Error, source = ?error.source(), "storage failed");
            with_code(Failure::new("something went wrong"), Code::Internal)
        }
    }
}

fn with_code(failure: Failure, code: Code) -> Failure {
    failure.extend_with(|_, extensions| extensions.set("code", code.as_str()))
}

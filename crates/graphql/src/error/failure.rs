use std::fmt::Display;
use std::str::FromStr;

use async_graphql::{ErrorExtensionValues, ErrorExtensions, Value};
use nexusflow_application::{Error, Refused, StoreError};

use crate::http::Code;

/// A use case's answer as a top-level error. `INTERNAL` ones carry the whole chain of causes: the
/// transport logs it once, under the correlation id, and masks it.
#[expect(clippy::needless_pass_by_value, reason = "it is handed to `map_err`")]
pub fn failure(error: Error) -> async_graphql::Error {
    failure_of(&error)
}

/// The same of a borrowed one.
pub fn failure_of(error: &Error) -> async_graphql::Error {
    match error {
        Error::Refused(refused) => refusal(refused),
        Error::Store(StoreError::Unavailable(cause)) => {
            tracing::warn!(cause = %chain(&**cause), "the database is not available");
            coded(Code::Unavailable, "the database is not available; try again later")
        }
        Error::Store(store @ StoreError::Overloaded { retry_after }) => {
            let wait = u64::try_from(retry_after.as_millis()).unwrap_or(u64::MAX);
            coded(Code::Unavailable, store.to_string()).extend_with(|_, values| values.set("retryAfterMs", wait))
        }
        Error::Store(store @ (StoreError::Corrupt { .. } | StoreError::Failed(_))) => {
            coded(Code::Internal, chain(store))
        }
    }
}

/// An argument that cannot be used, named.
pub fn bad_argument(argument: &'static str, message: impl Into<String>) -> async_graphql::Error {
    let message = format!("{argument}: {}", message.into());
    coded(Code::Validation, message).extend_with(|_, values| values.set("argument", argument))
}

/// Reads an id given as an argument; a `VALIDATION` error that names the argument when it is none.
pub fn argument_id<T: FromStr<Err: Display>>(text: &str, argument: &'static str) -> async_graphql::Result<T> {
    text.parse().map_err(|error: T::Err| bad_argument(argument, error.to_string()))
}

/// Something that was named and is not there.
pub fn missing(kind: &str, id: &str) -> async_graphql::Error {
    coded(Code::NotFound, format!("there is no {kind} {id}"))
}

fn refusal(refused: &Refused) -> async_graphql::Error {
    coded(code(refused), refused.to_string()).extend_with(|_, values| detail(refused, values))
}

const fn code(refused: &Refused) -> Code {
    match refused {
        Refused::NotPermitted(_) => Code::Forbidden,
        Refused::NotFound { .. } | Refused::InvalidLink => Code::NotFound,
        Refused::InvalidInput(_) | Refused::InvalidGraph(_) => Code::Validation,
        Refused::InvalidCredentials | Refused::SessionEnded => Code::Unauthenticated,
        Refused::StaleVersion { .. }
        | Refused::AlreadyExists { .. }
        | Refused::WrongState { .. }
        | Refused::InUse { .. }
        | Refused::LastOwner
        | Refused::Request(_)
        | Refused::LeaseLost { .. }
        | Refused::IdempotencyKeyReused
        | Refused::Contended => Code::Conflict,
    }
}

fn detail(refused: &Refused, values: &mut ErrorExtensionValues) {
    if let Refused::NotPermitted(denied) = refused {
        values.set("permission", denied.permission.code());
        let roles = denied.roles_that_grant.iter().map(|role| Value::from(role.as_str()));
        values.set("rolesThatGrant", roles.collect::<Vec<_>>());
    }
}

fn coded(code: Code, message: impl Into<String>) -> async_graphql::Error {
    async_graphql::Error::new(message).extend_with(|_, values| values.set("code", code.as_str()))
}

/// An error with its causes.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

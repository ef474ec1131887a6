//! Refusals as payload data: typed errors that carry what a client can act on.

use async_graphql::{Interface, SimpleObject};
use nexusflow_application::{Error, Refused};
use nexusflow_domain::request::Refusal;

use crate::access::Permission;
use crate::failure::{Failure, failure};
use crate::request::RequestStatus;

/// Something in a document or an input that is not as it must be.
#[derive(Debug, Clone, SimpleObject)]
pub struct Problem {
    /// What kind of problem, such as `UNREACHABLE_STEP`; stable.
    pub code: String,
    /// Where: a path into the document or input, such as `steps[review].sla.dueIn`.
    pub path: String,
    /// What was found and what was expected, for people.
    pub message: String,
}

macro_rules! domain_errors {
    ($($(#[$doc:meta])* $name:ident $code:literal { $($(#[$field_doc:meta])* $field:ident: $type:ty,)* })*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, SimpleObject)]
            pub struct $name {
                /// The stable code of this kind of refusal.
                pub code: String,
                /// What happened, for people.
                pub message: String,
                /// The input field that it is about, from the outside in; empty when it is about the whole.
                pub path: Vec<String>,
                $($(#[$field_doc])* pub $field: $type,)*
            }

            impl From<$name> for DomainError {
                fn from(error: $name) -> Self {
                    Self::$name(error)
                }
            }
        )*

        /// A refusal: the answer to a mutation that was understood and not carried out.
        #[derive(Debug, Clone, Interface)]
        #[graphql(
            field(name = "code", ty = "&String", desc = "The stable code of this kind of refusal."),
            field(name = "message", ty = "&String", desc = "What happened, for people."),
            field(name = "path", ty = "&Vec<String>", desc = "The input field that it is about, from the outside in; empty when it is about the whole.")
        )]
        pub enum DomainError {
            $($(#[$doc])* $name($name),)*
        }

        fn code_of(name: &str) -> String {
            match name { $(stringify!($name) => $code.to_owned(),)* _ => String::new() }
        }
    };
}

domain_errors! {
    /// The caller may not do that.
    NotPermittedError "NOT_PERMITTED" {
        /// The permission that it needs.
        permission: Permission,
        /// Names of the roles that would have allowed it.
        roles_that_grant: Vec<String>,
    }
    /// There is no such thing in the caller's organization.
    NotFoundError "NOT_FOUND" {
        /// What kind of thing, such as `workflow`.
        kind: String,
        /// The id that was given.
        id: String,
    }
    /// Somebody else changed it in the meantime.
    StaleVersionError "STALE_VERSION" {
        /// The version to start from.
        current: i32,
    }
    /// Input fields are not as expected.
    InvalidInputError "INVALID_INPUT" {
        /// Every field that is wrong.
        problems: Vec<Problem>,
    }
    /// The workflow cannot be published.
    InvalidGraphError "INVALID_GRAPH" {
        /// Every problem, with its place.
        problems: Vec<Problem>,
    }
    /// A value that must be unique is taken.
    AlreadyExistsError "ALREADY_EXISTS" {
        /// Which field.
        field: String,
        /// The value that was given.
        value: String,
    }
    /// The thing is in a state that does not allow it.
    WrongStateError "WRONG_STATE" {
        /// The present state, such as `PAUSED`.
        state: String,
    }
    /// Others use the thing.
    InUseError "IN_USE" {}
    /// The request's status does not allow it.
    WrongStatusError "WRONG_STATUS" {
        /// The present status.
        status: RequestStatus,
    }
    /// The step is not open: already decided, cancelled, or never part of the request.
    StepNotOpenError "STEP_NOT_OPEN" {}
    /// The step cannot end with that outcome.
    UnknownOutcomeError "UNKNOWN_OUTCOME" {
        /// What it can end with.
        expected: Vec<String>,
    }
    /// The variables do not fit the conditions that come next.
    VariableTypeError "VARIABLE_TYPE" {
        /// The variable's path.
        field: String,
        /// The operator that reads it.
        operator: String,
        /// The type that the operator needs.
        expected: String,
        /// The type that was found.
        found: String,
    }
    /// The variables would take too much room.
    VariablesTooLargeError "VARIABLES_TOO_LARGE" {
        /// The most bytes of JSON that they may take.
        limit: i32,
    }
    /// The workflow leads nowhere from here; its definition is at fault.
    RoutingError "ROUTING" {}
    /// The idempotency key was used before for another input.
    IdempotencyKeyReusedError "IDEMPOTENCY_KEY_REUSED" {}
    /// The e-mail address or the password is wrong.
    InvalidCredentialsError "INVALID_CREDENTIALS" {}
    /// Too many others change the same thing at the same time; try again.
    ContendedError "CONTENDED" {}
}

macro_rules! refuse {
    ($name:ident, $message:expr, $path:expr $(, $field:ident: $value:expr)*) => {
        $name { code: code_of(stringify!($name)), message: $message, path: $path $(, $field: $value)* }.into()
    };
}

/// What was done, or why it was not, as payload data; an error is a failure.
pub(crate) fn refusable<T>(result: Result<T, Error>) -> Result<Result<T, Vec<DomainError>>, Failure> {
    match result {
        Ok(value) => Ok(Ok(value)),
        Err(Error::Refused(refused)) => Ok(Err(vec![domain_error(*refused)])),
        Err(error @ Error::Store(_)) => Err(failure(&error)),
    }
}

/// An input field that is not of the expected form.
pub(crate) fn invalid_input(field: &str, message: impl Into<String>) -> DomainError {
    let message = message.into();
    let problem = Problem { code: "INVALID_VALUE".to_owned(), path: field.to_owned(), message: message.clone() };
    let path = vec!["input".to_owned(), field.to_owned()];
    refuse!(InvalidInputError, message, path, problems: vec![problem])
}

fn domain_error(refused: Refused) -> DomainError {
    let message = refused.to_string();
    let none = Vec::new;
    match refused {
        Refused::NotPermitted(denied) => refuse!(
            NotPermittedError, message, none(),
            permission: denied.permission.into(), roles_that_grant: denied.roles_that_grant
        ),
        Refused::NotFound { kind, id } => refuse!(NotFoundError, message, none(), kind: kind.to_owned(), id: id),
        Refused::StaleVersion { current } => refuse!(StaleVersionError, message, none(), current: int(current)),
        Refused::InvalidInput(problems) => {
            let path = match problems.as_slice() {
                [only] => vec!["input".to_owned(), only.path.clone()],
                _ => none(),
            };
            refuse!(InvalidInputError, message, path, problems: problems.into_iter().map(Problem::from).collect())
        }
        Refused::InvalidGraph(problems) => {
            let problems = problems.into_iter().map(Problem::from).collect();
            refuse!(InvalidGraphError, message, none(), problems: problems)
        }
        Refused::AlreadyExists { field, value } => {
            let path = vec!["input".to_owned(), field.to_owned()];
            refuse!(AlreadyExistsError, message, path, field: field.to_owned(), value: value)
        }
        Refused::WrongState { state, .. } => refuse!(WrongStateError, message, none(), state: state),
        Refused::InUse { .. } => refuse!(InUseError, message, none()),
        Refused::Request(refusal) => request_error(refusal, message),
        Refused::IdempotencyKeyReused => {
            let path = vec!["input".to_owned(), "idempotencyKey".to_owned()];
            refuse!(IdempotencyKeyReusedError, message, path)
        }
        Refused::InvalidCredentials => refuse!(InvalidCredentialsError, message, none()),
        Refused::Contended => refuse!(ContendedError, message, none()),
    }
}

fn request_error(refusal: Refusal, message: String) -> DomainError {
    let at = |field: &str| vec!["input".to_owned(), field.to_owned()];
    match refusal {
        Refusal::NotPermitted { .. } => refuse!(StepNotOpenError, message, at("stepId")),
        Refusal::WrongStatus { status, .. } => refuse!(WrongStatusError, message, Vec::new(), status: status.into()),
        Refusal::StepNotOpen { .. } | Refusal::NotClaimed { .. } => refuse!(StepNotOpenError, message, at("stepId")),
        Refusal::UnknownOutcome { expected, .. } => {
            let expected = expected.iter().map(ToString::to_string).collect();
            refuse!(UnknownOutcomeError, message, at("outcome"), expected: expected)
        }
        Refusal::VariableType { mismatch, .. } => refuse!(
            VariableTypeError, message, at("variables"),
            field: mismatch.field, operator: mismatch.operator.to_owned(),
            expected: mismatch.expected.to_owned(), found: mismatch.found.to_owned()
        ),
        Refusal::VariablesTooLarge { limit, .. } => {
            refuse!(VariablesTooLargeError, message, at("variables"), limit: int(limit as u64))
        }
        Refusal::NoTransition { .. } | Refusal::EndlessCycle { .. } => refuse!(RoutingError, message, Vec::new()),
    }
}

impl From<nexusflow_domain::problem::Problem> for Problem {
    fn from(problem: nexusflow_domain::problem::Problem) -> Self {
        let code = serde_json::to_value(problem.code).ok().and_then(|code| code.as_str().map(str::to_owned));
        Self { code: code.unwrap_or_default(), path: problem.path, message: problem.message }
    }
}

/// A count as GraphQL's Int holds it.
pub(crate) fn int(number: u64) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

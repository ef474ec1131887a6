//! Refusals as data, failures as top-level errors.
//!
//! A use case that answers a mutation with a refusal gives a [`DomainError`] in the payload;
//! everything else, and every refusal of a query, becomes a top-level error with a code. To add a
//! refusal: a struct in `error/`, a variant of [`DomainError`] and its arm in `refused` or
//! `refusal`.

mod about_access;
mod about_input;
mod about_request;
mod about_state;
mod code;
mod declined;
mod domain_error;
mod failure;
mod refusal;
mod refused;

pub use about_access::{
    InvalidCredentialsError, InvalidLinkError, LastOwnerError, NotPermittedError, SessionEndedError,
};
pub use about_input::{
    AlreadyExistsError, IdempotencyKeyReusedError, InvalidGraphError, InvalidInputError, NotFoundError,
};
pub use about_request::{
    EndlessCycleError, NoTransitionError, NotClaimedError, StepNotOpenError, TooManyBranchesError, UnknownOutcomeError,
    VariableTypeError, VariablesTooLargeError,
};
pub use about_state::{ContendedError, InUseError, LeaseLostError, StaleVersionError, WrongStateError};
pub use code::DomainErrorCode;
pub(crate) use declined::{Answer, Declined, parsed, settle};
pub use domain_error::DomainError;
pub(crate) use failure::{argument_id, bad_argument, failure, failure_of, missing};

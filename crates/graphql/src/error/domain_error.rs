use async_graphql::Interface;

use super::about_access::{
    InvalidCredentialsError, InvalidLinkError, LastOwnerError, NotPermittedError, SessionEndedError,
};
use super::about_input::{
    AlreadyExistsError, IdempotencyKeyReusedError, InvalidGraphError, InvalidInputError, NotFoundError,
};
use super::about_request::{
    EndlessCycleError, NoTransitionError, NotClaimedError, OutcomeNeededError, StepNotOpenError, StepNotReadyError,
    StepRequiredError, TooManyBranchesError, UnknownOutcomeError, VariableTypeError, VariablesTooLargeError,
};
use super::about_state::{ContendedError, InUseError, LeaseLostError, StaleVersionError, WrongStateError};
use super::code::DomainErrorCode;

/// Why a mutation did nothing. The implementations carry what a client can act on; new ones may be
/// added, so ask for the interface's fields too.
#[derive(Debug, Clone, PartialEq, Eq, Interface)]
#[graphql(
    field(name = "code", ty = "&DomainErrorCode", desc = "The kind of refusal."),
    field(name = "message", ty = "&String", desc = "What is wrong, for people."),
    field(name = "path", ty = "&Vec<String>", desc = "The input field that it is about, from the outermost.")
)]
#[expect(missing_docs, reason = "each variant is what its type documents")]
pub enum DomainError {
    NotPermitted(NotPermittedError),
    LastOwner(LastOwnerError),
    InvalidCredentials(InvalidCredentialsError),
    SessionEnded(SessionEndedError),
    InvalidLink(InvalidLinkError),
    NotFound(NotFoundError),
    InvalidInput(InvalidInputError),
    InvalidGraph(InvalidGraphError),
    AlreadyExists(AlreadyExistsError),
    IdempotencyKeyReused(IdempotencyKeyReusedError),
    StaleVersion(StaleVersionError),
    WrongState(WrongStateError),
    InUse(InUseError),
    Contended(ContendedError),
    LeaseLost(LeaseLostError),
    StepNotOpen(StepNotOpenError),
    NotClaimed(NotClaimedError),
    UnknownOutcome(UnknownOutcomeError),
    VariableType(VariableTypeError),
    VariablesTooLarge(VariablesTooLargeError),
    NoTransition(NoTransitionError),
    EndlessCycle(EndlessCycleError),
    TooManyBranches(TooManyBranchesError),
    StepNotReady(StepNotReadyError),
    StepRequired(StepRequiredError),
    OutcomeNeeded(OutcomeNeededError),
}

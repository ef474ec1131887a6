use nexusflow_domain::problem::Problem;
use nexusflow_domain::request::{Refusal, RequestStepStatus};

use super::about_access::NotPermittedError;
use super::about_input::NotFoundError;
use super::about_request::{
    EndlessCycleError, NoTransitionError, NotClaimedError, OutcomeNeededError, StepNotOpenError, StepNotReadyError,
    StepRequiredError, TooManyBranchesError, UnknownOutcomeError, VariableTypeError, VariablesTooLargeError,
};
use super::about_state::{ContendedError, WrongStateError};
use super::code::DomainErrorCode as Code;
use super::domain_error::DomainError;
use super::refused::{input, invalid_input, whole_input};
use crate::scalar::int;

/// What the engine refused.
pub(super) fn of_request(refusal: Refusal, message: String) -> DomainError {
    match refusal {
        Refusal::NotPermitted { .. } => {
            let (code, path) = (Code::NotPermitted, whole_input());
            let (missing_permissions, roles_that_grant) = (Vec::new(), Vec::new());
            NotPermittedError { code, message, path, permission: None, missing_permissions, roles_that_grant }.into()
        }
        Refusal::WrongStatus { status, .. } => {
            let (code, path) = (Code::WrongState, whole_input());
            WrongStateError { code, message, path, state: status.to_string() }.into()
        }
        Refusal::StepNotOpen { .. } => {
            StepNotOpenError { code: Code::StepNotOpen, message, path: input("stepId") }.into()
        }
        Refusal::NotClaimed { .. } => NotClaimedError { code: Code::NotClaimed, message, path: input("stepId") }.into(),
        Refusal::UnknownOutcome { step, outcome, expected } => {
            let (code, path) = (Code::UnknownOutcome, input("outcome"));
            let expected = expected.into_iter().map(Into::into).collect();
            UnknownOutcomeError { code, message, path, step: step.into(), outcome: outcome.into(), expected }.into()
        }
        Refusal::VariableType { mismatch, .. } => {
            let (code, path) = (Code::VariableType, input("variables"));
            let [operator, expected, found] =
                [mismatch.operator, mismatch.expected, mismatch.found].map(ToOwned::to_owned);
            VariableTypeError { code, message, path, field: mismatch.field, operator, expected, found }.into()
        }
        Refusal::VariablesTooLarge { bytes, limit } => {
            let (code, path) = (Code::VariablesTooLarge, input("variables"));
            VariablesTooLargeError { code, message, path, bytes: int(bytes), limit: int(limit) }.into()
        }
        Refusal::NoTransition { step } => {
            NoTransitionError { code: Code::NoTransition, message, path: whole_input(), step: step.into() }.into()
        }
        Refusal::EndlessCycle { step } => {
            EndlessCycleError { code: Code::EndlessCycle, message, path: whole_input(), step: step.into() }.into()
        }
        Refusal::TooManyBranches { step, limit } => {
            let (code, path) = (Code::TooManyBranches, whole_input());
            TooManyBranchesError { code, message, path, step: step.into(), limit: int(limit) }.into()
        }
        Refusal::StillOverdue => ContendedError { code: Code::Contended, message, path: whole_input() }.into(),
        Refusal::InvalidVariables { problems } => {
            let below = |problem: Problem| Problem { path: format!("variables.{}", problem.path), ..problem };
            invalid_input(problems.into_iter().map(below).collect(), message)
        }
        Refusal::NotEnabled { step, after: other } | Refusal::MutexTaken { step, by: other } => {
            let (code, path) = (Code::StepNotReady, input("stepId"));
            StepNotReadyError { code, message, path, step: step.into(), waits_for: other.into() }.into()
        }
        Refusal::StepRequired { step } => {
            StepRequiredError { code: Code::StepRequired, message, path: input("stepId"), step: step.into() }.into()
        }
        Refusal::OutcomeNeeded { step, expected } => {
            let (code, path) = (Code::OutcomeNeeded, input("outcome"));
            let expected = expected.into_iter().map(Into::into).collect();
            OutcomeNeededError { code, message, path, step: step.into(), expected }.into()
        }
        Refusal::NotFailed { .. } | Refusal::NotClaimable { .. } => {
            let (code, path) = (Code::WrongState, input("stepId"));
            WrongStateError { code, message, path, state: RequestStepStatus::Active.to_string() }.into()
        }
        Refusal::UnknownKey { key, expected } => {
            let (code, path) = (Code::NotFound, whole_input());
            NotFoundError { code, message, path, kind: expected.to_owned(), id: key.as_str().into() }.into()
        }
        Refusal::NotAnInstant { expression: field, .. } => {
            let (code, path) = (Code::VariableType, input("variables"));
            let [operator, expected, found] = ["until", "an instant", "something else"].map(ToOwned::to_owned);
            VariableTypeError { code, message, path, field, operator, expected, found }.into()
        }
        Refusal::NotMade { field, message: found, .. } => {
            let (code, path) = (Code::VariableType, input("variables"));
            let [operator, expected] = ["=", "a value"].map(ToOwned::to_owned);
            VariableTypeError { code, message, path, field, operator, expected, found }.into()
        }
        Refusal::InvalidResult { problems, .. } => {
            let below = |problem: Problem| Problem { path: format!("result.{}", problem.path), ..problem };
            invalid_input(problems.into_iter().map(below).collect(), message)
        }
        Refusal::NotAwaited { .. }
        | Refusal::DoesNotGrow { .. }
        | Refusal::TooManyInstances { .. }
        | Refusal::CallTooDeep { .. } => {
            let (code, path) = (Code::WrongState, whole_input());
            WrongStateError { code, message, path, state: RequestStepStatus::Active.to_string() }.into()
        }
    }
}

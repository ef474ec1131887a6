use nexusflow_application::Refused;
use nexusflow_domain::access::Denied;
use nexusflow_domain::problem::Problem;

use super::about_access::{
    InvalidCredentialsError, InvalidLinkError, LastOwnerError, NotPermittedError, SessionEndedError,
};
use super::about_input::{
    AlreadyExistsError, IdempotencyKeyReusedError, InvalidGraphError, InvalidInputError, NotFoundError,
};
use super::about_state::{ContendedError, InUseError, LeaseLostError, StaleVersionError, WrongStateError};
use super::code::DomainErrorCode as Code;
use super::domain_error::DomainError;
use super::refusal::of_request;
use crate::scalar::int;

impl From<Refused> for DomainError {
    fn from(refused: Refused) -> Self {
        let message = refused.to_string();
        match refused {
            Refused::NotPermitted(denied) => not_permitted(denied, message),
            Refused::NotFound { kind, id } => not_found(kind, id, message),
            Refused::StaleVersion { current } => {
                let (code, path) = (Code::StaleVersion, input("expectedVersion"));
                StaleVersionError { code, message, path, current: int(current) }.into()
            }
            Refused::InvalidInput(problems) => invalid_input(problems, message),
            Refused::InvalidGraph(problems) => {
                let problems = problems.into_iter().map(Into::into).collect();
                InvalidGraphError { code: Code::InvalidGraph, message, path: input("workflowId"), problems }.into()
            }
            Refused::AlreadyExists { field, value } => {
                let (code, path) = (Code::AlreadyExists, input(field));
                AlreadyExistsError { code, message, path, field: field.to_owned(), value }.into()
            }
            Refused::WrongState { state, .. } => {
                WrongStateError { code: Code::WrongState, message, path: whole_input(), state }.into()
            }
            Refused::LastOwner => LastOwnerError { code: Code::LastOwner, message, path: input("userId") }.into(),
            Refused::InUse { .. } => InUseError { code: Code::InUse, message, path: whole_input() }.into(),
            Refused::Request(refusal) => of_request(refusal, message),
            Refused::LeaseLost { .. } => LeaseLostError { code: Code::LeaseLost, message, path: input("fence") }.into(),
            Refused::IdempotencyKeyReused => {
                let (code, path) = (Code::IdempotencyKeyReused, input("idempotencyKey"));
                IdempotencyKeyReusedError { code, message, path }.into()
            }
            Refused::InvalidCredentials => {
                InvalidCredentialsError { code: Code::InvalidCredentials, message, path: whole_input() }.into()
            }
            Refused::SessionEnded => {
                SessionEndedError { code: Code::SessionEnded, message, path: input("refreshToken") }.into()
            }
            Refused::InvalidLink => InvalidLinkError { code: Code::InvalidLink, message, path: input("token") }.into(),
            Refused::Contended => ContendedError { code: Code::Contended, message, path: whole_input() }.into(),
        }
    }
}

/// The path of an input field.
pub(super) fn input(field: &str) -> Vec<String> {
    vec!["input".to_owned(), field.to_owned()]
}

/// The path of what no single field is to blame for.
pub(super) fn whole_input() -> Vec<String> {
    vec!["input".to_owned()]
}

fn not_permitted(denied: Denied, message: String) -> DomainError {
    let Denied { permission, roles_that_grant, reason } = denied;
    let (code, path, permission) = (Code::NotPermitted, whole_input(), Some(permission.into()));
    let missing_permissions = reason.missing_permissions().into_iter().map(Into::into).collect();
    NotPermittedError { code, message, path, permission, missing_permissions, roles_that_grant }.into()
}

fn not_found(kind: &'static str, id: String, message: String) -> DomainError {
    let path = match kind {
        "workflow" => input("workflowId"),
        "workflow version" => input("versionId"),
        "request" => input("requestId"),
        "job" => input("jobId"),
        "request step" => input("stepId"),
        "user" => input("userId"),
        "session" => input("sessionId"),
        "organization" => input("organization"),
        "role" => input("roleId"),
        _ => whole_input(),
    };
    NotFoundError { code: Code::NotFound, message, path, kind: kind.to_owned(), id }.into()
}

pub(super) fn invalid_input(problems: Vec<Problem>, message: String) -> DomainError {
    let (path, message) = match problems.as_slice() {
        [problem] => (input(outermost(&problem.path)), format!("{}: {}", problem.path, problem.message)),
        _ => (whole_input(), message),
    };
    let problems = problems.into_iter().map(Into::into).collect();
    InvalidInputError { code: Code::InvalidInput, message, path, problems }.into()
}

/// The input field of a path into the input.
fn outermost(path: &str) -> &str {
    path.split(['.', '[']).next().unwrap_or(path)
}

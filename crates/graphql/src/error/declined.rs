use std::fmt::Display;
use std::str::FromStr;

use async_graphql::{Context, Result};
use nexusflow_application::{Error, Refused};
use nexusflow_domain::problem::{Problem, ProblemCode};

use super::domain_error::DomainError;
use super::failure::failure;
use crate::context::renew_loaders;

/// What carrying out a mutation gives.
pub type Answer<T> = std::result::Result<T, Declined>;

/// Why a mutation gives nothing.
pub enum Declined {
    /// A refusal: data for the client.
    Refused(Box<DomainError>),
    /// A failure: a top-level error.
    Failed(async_graphql::Error),
}

/// Splits an answer into what was done and why nothing was; fails only on failures.
pub fn settle<T>(ctx: &Context<'_>, answer: Answer<T>) -> Result<(Option<T>, Vec<DomainError>)> {
    renew_loaders(ctx);
    match answer {
        Ok(done) => Ok((Some(done), Vec::new())),
        Err(Declined::Refused(error)) => Ok((None, vec![*error])),
        Err(Declined::Failed(error)) => Err(error),
    }
}

/// Reads an input field, such as an id; a refusal that names the field when it cannot be read.
pub fn parsed<T: FromStr<Err: Display>>(text: &str, field: &str) -> Answer<T> {
    text.parse().map_err(|error: T::Err| Declined::input(field, error.to_string()))
}

impl Declined {
    /// A field of the input is not as expected.
    pub fn input(field: &str, message: impl Into<String>) -> Self {
        Refused::InvalidInput(vec![Problem::new(ProblemCode::InvalidValue, field, message)]).into()
    }
}

impl From<Refused> for Declined {
    fn from(refused: Refused) -> Self {
        Self::Refused(Box::new(refused.into()))
    }
}

impl From<Error> for Declined {
    fn from(error: Error) -> Self {
        match error {
            Error::Refused(refused) => (*refused).into(),
            Error::Store(_) => Self::Failed(failure(error)),
        }
    }
}

impl From<async_graphql::Error> for Declined {
    fn from(error: async_graphql::Error) -> Self {
        Self::Failed(error)
    }
}

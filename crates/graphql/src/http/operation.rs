use std::sync::Arc;

use async_graphql::parser::types::{ExecutableDocument, OperationDefinition, OperationType};
use async_graphql::{Name, Positioned, Request, ServerError, Value, Variables};

use super::code::Code;
use super::documents::Documents;
use crate::limits::{Introspection, Limits, Progress, check_document};

/// One operation that is parsed and within the limits, not yet validated against the schema.
pub(super) struct Operation {
    pub(super) request: Request,
    pub(super) kind: OperationType,
    /// For the log, cut to 100 characters.
    pub(super) name: Option<String>,
    pub(super) progress: Arc<Progress>,
}

/// Why a request holds no operation that could be run.
#[derive(Debug)]
pub(super) enum Unusable {
    /// The parameters do not fit the document; the request is not well formed.
    Parameters(ServerError),
    /// The document is wrong or too large.
    Document(ServerError),
}

impl Unusable {
    pub(super) fn into_error(self) -> ServerError {
        match self {
            Self::Parameters(error) | Self::Document(error) => error,
        }
    }
}

/// Parses a request and checks all that can be checked without the schema.
pub(super) fn prepare(
    mut request: Request,
    documents: &Documents,
    limits: &Limits,
    introspection: Introspection,
) -> Result<Operation, Unusable> {
    let document = documents.parse(&mut request, limits).map_err(Unusable::Document)?;
    check_document(&document, limits, introspection).map_err(Unusable::Document)?;
    let (name, operation) = select(&document, request.operation_name.as_deref()).map_err(Unusable::Parameters)?;
    let (kind, name) = (operation.node.ty, name.map(|name| name.chars().take(100).collect()));
    check_variables(operation, &request.variables).map_err(Unusable::Document)?;
    Ok(Operation { request, kind, name, progress: Arc::default() })
}

/// Refuses an operation that misses a variable (`CoerceVariableValues`, section 6.1.2); the values
/// themselves are checked against their types during validation and coercion.
fn check_variables(operation: &Positioned<OperationDefinition>, given: &Variables) -> Result<(), ServerError> {
    for definition in &operation.node.variable_definitions {
        let definition = &definition.node;
        let value = given.get(&definition.name.node);
        let is_missing = value.map_or(definition.default_value.is_none(), |value| *value == Value::Null);
        if is_missing && !definition.var_type.node.nullable {
            let (name, var_type) = (&definition.name, &definition.var_type.node);
            let message = format!("the variable ${} of type {var_type} is required", name.node);
            return Err(Code::Validation.error_at(message, name.pos));
        }
    }
    Ok(())
}

/// The operation to run (`GetOperation` of the GraphQL specification, section 6.1).
fn select<'a>(
    document: &'a ExecutableDocument,
    name: Option<&str>,
) -> Result<(Option<&'a str>, &'a Positioned<OperationDefinition>), ServerError> {
    let mut operations = document.operations.iter();
    match name {
        Some(wanted) => operations
            .find(|(name, _)| name.is_some_and(|name| name.as_str() == wanted))
            .map(|(name, operation)| (name.map(Name::as_str), operation))
            .ok_or_else(|| Code::Validation.error(format!("there is no operation named {wanted:?}"))),
        None => match (operations.next(), operations.next()) {
            (Some((name, operation)), None) => Ok((name.map(Name::as_str), operation)),
            _ => Err(Code::Validation.error("the document has several operations; say which in \"operationName\"")),
        },
    }
}

use async_graphql::{ErrorExtensionValues, Response, ServerError, value};
use nexusflow_domain::insight::Origin;

use super::code::Code;
use crate::limits::{Limits, Progress};

/// What a client learns about what it cannot help.
pub(super) const MASKED: &str = "an internal error; the log has it under the correlation id";

/// Makes a result presentable: every error has a code of the closed set and the correlation id,
/// internals are logged and masked, and the cost is told.
pub(super) fn finish(mut response: Response, progress: &Progress, origin: &Origin, limits: &Limits) -> Response {
    let is_executing = progress.is_executing();
    response.errors = response
        .errors
        .into_iter()
        .map(|error| {
            let code = Code::of(&error).unwrap_or_else(|| classify(&error, is_executing));
            with_correlation_id(masked(code.on(error), code, origin), origin)
        })
        .collect();
    if let Some(cost) = progress.cost() {
        response.extensions.insert("cost".to_owned(), value!({ "requested": cost, "limit": limits.complexity }));
    }
    response
}

/// Adds the correlation id.
pub(super) fn with_correlation_id(mut error: ServerError, origin: &Origin) -> ServerError {
    if let Some(id) = &origin.correlation_id {
        error.extensions.get_or_insert_with(ErrorExtensionValues::default).set("correlationId", id.as_str());
    }
    error
}

/// The code of an error that names none. Before execution it is about the request. During execution
/// it is internal, unless an argument could not be read: scalars are only parsed by then, and the
/// library marks such errors by nothing but their wording.
fn classify(error: &ServerError, is_executing: bool) -> Code {
    const COERCION: [&str; 4] =
        ["Failed to parse \"", "Invalid value for argument", "Expected input type \"", "Variable "];
    let is_coercion = error.source.is_none() && COERCION.iter().any(|start| error.message.starts_with(start));
    if !is_executing || is_coercion { Code::Validation } else { Code::Internal }
}

/// Logs what happened here, once, and keeps it from the client.
fn masked(mut error: ServerError, code: Code, origin: &Origin) -> ServerError {
    let correlation_id = origin.correlation_id.as_deref();
    match code {
        Code::Internal => {
            tracing::error!(correlation_id, path = %path(&error), "{}", error.message);
            MASKED.clone_into(&mut error.message);
        }
        Code::Unavailable => tracing::warn!(correlation_id, path = %path(&error), "{}", error.message),
        _ => tracing::debug!(correlation_id, code = code.as_str(), "the request was not carried out"),
    }
    error
}

fn path(error: &ServerError) -> String {
    use async_graphql::PathSegment::{Field, Index};
    let segments = error.path.iter().map(|segment| match segment {
        Field(name) => name.clone(),
        Index(index) => index.to_string(),
    });
    segments.collect::<Vec<_>>().join(".")
}

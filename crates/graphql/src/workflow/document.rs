use nexusflow_domain::problem::{Problem, ProblemCode};
use nexusflow_domain::workflow::WorkflowDocument;

use crate::scalar::Json;

/// Reads a document; its first problem of form, with its place, when it is no workflow document.
pub(super) fn read(document: &Json) -> Result<WorkflowDocument, Problem> {
    serde_path_to_error::deserialize(&document.0).map_err(|error| {
        let place = error.path().to_string();
        let path = if place == "." { "document".to_owned() } else { format!("document.{place}") };
        Problem::new(ProblemCode::InvalidValue, path, error.into_inner().to_string())
    })
}

use serde_json::Value as Json;

use crate::workflow::expression::cel::{self, InvalidCel};
use crate::workflow::expression::evaluate::Evaluation;
use crate::workflow::expression::fault::{EvaluationError, refused};
use crate::workflow::expression::fuel::Fuel;
use crate::workflow::expression::json::to_json;
use crate::workflow::expression::scope::Scope;
use crate::workflow::expression::tree::Node;

/// A compiled expression: what guards, mappings and completion conditions evaluate. Immutable; made once
/// per workflow version, evaluated often and by several threads.
#[derive(Debug, Clone)]
pub struct Expression {
    source: Box<str>,
    pub(crate) root: Node,
}

impl Expression {
    /// Compiles a CEL source.
    pub fn from_cel(source: &str) -> Result<Self, InvalidCel> {
        cel::compile(source).map(|root| Self { source: source.into(), root })
    }

    /// An expression of the JSON form.
    pub(crate) fn of_tree(source: String, root: Node) -> Self {
        Self { source: source.into(), root }
    }

    /// What it was compiled from: the CEL source, or the canonical JSON.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The value, as JSON: times as texts (RFC 3339; seconds such as `90s`), keys of maps as texts.
    pub fn evaluate(&self, scope: &Scope<'_>, fuel: &mut Fuel) -> Result<Json, EvaluationError> {
        let value = Evaluation::new(*scope, fuel).value(&self.root).map_err(|fault| fault.to_error(&self.source))?;
        to_json(&value, fuel).map_err(|cause| refused(&self.root, "JSON", cause).to_error(&self.source))
    }

    /// Whether it is true. Any value but true and false is an error.
    pub fn holds(&self, scope: &Scope<'_>, fuel: &mut Fuel) -> Result<bool, EvaluationError> {
        Evaluation::new(*scope, fuel).truth(&self.root, "a condition").map_err(|fault| fault.to_error(&self.source))
    }
}

/// Two expressions are the same when they were written the same.
impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

use crate::workflow::expression::refused::Refused;
use crate::workflow::expression::tree::{Form, Node};
use crate::workflow::expression::value::Value;

/// What went wrong, without a text of its own: most errors are absorbed by a `||` or `&&`. Boxed, so that
/// what is passed on at every node is small.
#[derive(Debug)]
pub(crate) struct Fault<'a>(Box<Cause<'a>>);

#[derive(Debug)]
struct Cause<'a> {
    /// The part that cannot be evaluated.
    at: &'a Node,
    /// The operator or function that asked for something else.
    operator: &'static str,
    kind: EvaluationErrorKind,
    expected: &'static str,
    found: &'static str,
}

/// Why an expression cannot be evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EvaluationErrorKind {
    /// A value is of a type that the operator or function cannot take.
    Type,
    /// The scope has no variable of this name.
    UnknownVariable,
    /// The object has no such field or key.
    NoSuchField,
    /// The list has no element of this index.
    IndexOutside,
    /// A divisor is 0.
    DivisionByZero,
    /// A result does not fit: 64 bits, or the range of times.
    Overflow,
    /// A value of the right type that cannot be converted.
    Conversion,
    /// A map is made with the same key twice.
    DuplicateKey,
    /// The result has no form in JSON.
    NotJson,
    /// The evaluation took more than its limit.
    CostExceeded,
}

/// An expression cannot be evaluated on these variables.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{field:?} is {found}, but {operator} needs {expected}", if is_variable(field) { "the variable " } else { "" })]
pub struct EvaluationError {
    /// The part of the source that cannot be evaluated; of a JSON condition, the variable's path.
    pub field: String,
    /// The operator or function that asked for something else.
    pub operator: &'static str,
    /// Why.
    pub kind: EvaluationErrorKind,
    /// What it needs.
    pub expected: &'static str,
    /// What it found.
    pub found: &'static str,
}

/// Whether the part is spelt as a variable or a field of one.
fn is_variable(part: &str) -> bool {
    let name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '[' | ']');
    part.starts_with(|c: char| c.is_alphabetic() || c == '_') && part.chars().all(name)
}

impl<'a> Fault<'a> {
    pub fn new(
        at: &'a Node,
        operator: &'static str,
        kind: EvaluationErrorKind,
        expected: &'static str,
        found: &'static str,
    ) -> Self {
        Self(Box::new(Cause { at, operator, kind, expected, found }))
    }

    pub fn kind(&self) -> EvaluationErrorKind {
        self.0.kind
    }

    /// The public error, of an expression from this source.
    pub fn to_error(&self, source: &str) -> EvaluationError {
        let Cause { at, operator, kind, expected, found } = *self.0;
        let field = match &at.form {
            Form::Leaf(leaf) => leaf.field.clone(),
            _ => at.span.of(source).to_owned(),
        };
        EvaluationError { field, operator, kind, expected, found }
    }
}

/// What refuses the operands of a part, said of the part or of the operand.
pub(super) fn of_operands<'a>(
    node: &'a Node,
    operator: &'static str,
    cause: Refused,
    operands: impl IntoIterator<Item = &'a Node>,
    kinds: &[&'static str],
) -> Fault<'a> {
    match cause {
        Refused::Operand { index, expected } => {
            let at = operands.into_iter().nth(index).unwrap_or(node);
            Fault::new(
                at,
                operator,
                EvaluationErrorKind::Type,
                expected,
                kinds.get(index).copied().unwrap_or("another type"),
            )
        }
        other => refused(node, operator, other),
    }
}

pub(super) fn refused<'a>(at: &'a Node, operator: &'static str, cause: Refused) -> Fault<'a> {
    match cause {
        Refused::Operand { expected, .. } => {
            Fault::new(at, operator, EvaluationErrorKind::Type, expected, "another type")
        }
        Refused::Values { kind, expected, found } => Fault::new(at, operator, kind, expected, found),
        Refused::Cost => too_costly(at),
    }
}

pub(super) fn misfit<'a>(at: &'a Node, operator: &'static str, expected: &'static str, found: &Value<'_>) -> Fault<'a> {
    Fault::new(at, operator, EvaluationErrorKind::Type, expected, found.kind())
}

pub(super) fn missing<'a>(at: &'a Node, kind: EvaluationErrorKind, operator: &'static str) -> Fault<'a> {
    Fault::new(at, operator, kind, "a value", "missing")
}

pub(super) fn too_costly(at: &Node) -> Fault<'_> {
    Fault::new(at, "the cost limit", EvaluationErrorKind::CostExceeded, "less work", "too costly")
}

use serde_json::{Map, Value};

use super::{Leaf, Operator};
use crate::workflow::expression::{Form, Node, Pattern, Span};

/// How deep combinations may nest.
pub const MAX_DEPTH: usize = 16;
/// How many leaves one condition may have.
pub const MAX_LEAVES: usize = 200;
const MAX_FIELD_BYTES: usize = 256;

/// A condition that cannot be compiled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {message}")]
pub struct InvalidCondition {
    /// Where in the condition, such as `all[1].value`.
    pub path: String,
    /// What was found and what was expected.
    pub message: String,
}

/// Compiles the JSON form.
pub(super) fn tree(json: &Value) -> Result<Node, InvalidCondition> {
    combination(json, "condition", 0, &mut 0)
}

fn combination(json: &Value, path: &str, depth: usize, leaves: &mut usize) -> Result<Node, InvalidCondition> {
    if depth > MAX_DEPTH {
        return Err(invalid(path, format!("nested deeper than {MAX_DEPTH}")));
    }
    let object = json.as_object().ok_or_else(|| {
        invalid(
            path,
            format!("expected a CEL expression as a text, or an object with field, operator and value, or all, any or not; found {}", kind(json)),
        )
    })?;
    let form = match sole_entry(object) {
        Some(("all", parts)) => Form::AllInOrder(list(parts, &format!("{path}.all"), depth, leaves)?),
        Some(("any", parts)) => Form::AnyInOrder(list(parts, &format!("{path}.any"), depth, leaves)?),
        Some(("not", part)) => Form::Not(Box::new(combination(part, &format!("{path}.not"), depth + 1, leaves)?)),
        _ => {
            *leaves += 1;
            if *leaves > MAX_LEAVES {
                return Err(invalid(path, format!("more than {MAX_LEAVES} comparisons")));
            }
            Form::Leaf(Box::new(leaf(object, path)?))
        }
    };
    Ok(Node { form, span: Span::default() })
}

fn sole_entry(object: &Map<String, Value>) -> Option<(&str, &Value)> {
    let mut entries = object.iter();
    match (entries.next(), entries.next()) {
        (Some((key, value)), None) => Some((key.as_str(), value)),
        _ => None,
    }
}

fn list(parts: &Value, path: &str, depth: usize, leaves: &mut usize) -> Result<Vec<Node>, InvalidCondition> {
    let parts = parts.as_array().ok_or_else(|| invalid(path, format!("expected a list, found {}", kind(parts))))?;
    if parts.is_empty() {
        return Err(invalid(path, "expected at least one condition"));
    }
    parts.iter().enumerate().map(|(i, part)| combination(part, &format!("{path}[{i}]"), depth + 1, leaves)).collect()
}

fn leaf(object: &Map<String, Value>, path: &str) -> Result<Leaf, InvalidCondition> {
    if let Some(unknown) = object.keys().find(|k| !matches!(k.as_str(), "field" | "operator" | "value")) {
        return Err(invalid(
            path,
            format!("unknown field {unknown:?}; expected field, operator and value, or one of all, any, not"),
        ));
    }
    let text = |name: &str| {
        object.get(name).and_then(Value::as_str).ok_or_else(|| invalid(&format!("{path}.{name}"), "expected a text"))
    };
    let field = text("field")?;
    if field.is_empty() || field.len() > MAX_FIELD_BYTES || field.split('.').any(str::is_empty) {
        return Err(invalid(&format!("{path}.field"), "expected names separated by dots, at most 256 bytes"));
    }
    let operator: Operator = text("operator")?.parse().map_err(|_| {
        let known: Vec<_> = Operator::ALL.iter().map(|o| o.as_str()).collect();
        invalid(&format!("{path}.operator"), format!("expected one of {}", known.join(", ")))
    })?;
    let value = operand(operator, object.get("value"), &format!("{path}.value"))?;
    let pattern = match (operator, value.as_str()) {
        (Operator::Matches, Some(pattern)) => {
            Some(Pattern::compile(pattern).map_err(|why| invalid(&format!("{path}.value"), why))?)
        }
        _ => None,
    };
    Ok(Leaf { field: field.to_owned(), operator, value, pattern })
}

/// Checks that the value is of a type that the operator can use.
fn operand(operator: Operator, value: Option<&Value>, path: &str) -> Result<Value, InvalidCondition> {
    let expected = |what: &str, found: &Value| {
        Err(invalid(path, format!("{} needs {what}, found {}", operator.as_str(), kind(found))))
    };
    let value = match (operator, value) {
        (Operator::Exists, None) => return Ok(Value::Bool(true)),
        (_, None) => return Err(invalid(path, format!("{} needs a value", operator.as_str()))),
        (_, Some(value)) => value,
    };
    match operator {
        Operator::Equals | Operator::NotEquals => Ok(value.clone()),
        Operator::Greater | Operator::GreaterOrEqual | Operator::Less | Operator::LessOrEqual => match value {
            Value::Number(_) | Value::String(_) => Ok(value.clone()),
            other => expected("a number or a text", other),
        },
        Operator::Contains => match value {
            Value::Array(_) | Value::Object(_) => expected("a text, number, boolean or null", value),
            _ => Ok(value.clone()),
        },
        Operator::In => {
            if value.is_array() {
                Ok(value.clone())
            } else {
                expected("a list", value)
            }
        }
        Operator::Exists => {
            if value.is_boolean() {
                Ok(value.clone())
            } else {
                expected("true or false", value)
            }
        }
        Operator::StartsWith | Operator::EndsWith | Operator::Matches => {
            if value.is_string() {
                Ok(value.clone())
            } else {
                expected("a text", value)
            }
        }
    }
}

pub(super) fn invalid(path: &str, message: impl Into<String>) -> InvalidCondition {
    InvalidCondition { path: path.to_owned(), message: message.into() }
}

/// The JSON type's name, for messages.
pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

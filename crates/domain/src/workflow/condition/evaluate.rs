use std::cmp::Ordering;

use chrono::DateTime;
use serde_json::{Number, Value};

use super::parse::kind;
use super::{Condition, Leaf, Operator};
use crate::JsonMap;

/// A variable has a type that the condition's operator cannot compare.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the variable {field:?} is {found}, but {operator} needs {expected}")]
pub struct TypeMismatch {
    /// The variable's path.
    pub field: String,
    /// The operator's name.
    pub operator: &'static str,
    /// The type it needs.
    pub expected: &'static str,
    /// The type it found.
    pub found: &'static str,
}

impl Condition {
    /// Whether the condition holds. Parts are evaluated in order and only as far as needed.
    pub fn holds(&self, variables: &JsonMap) -> Result<bool, TypeMismatch> {
        match self {
            Self::All(parts) => {
                for part in parts {
                    if !part.holds(variables)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Self::Any(parts) => {
                for part in parts {
                    if part.holds(variables)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Self::Not(part) => part.holds(variables).map(|held| !held),
            Self::Leaf(leaf) => leaf.holds(variables),
        }
    }
}

impl Leaf {
    fn holds(&self, variables: &JsonMap) -> Result<bool, TypeMismatch> {
        let found = lookup(variables, &self.field).unwrap_or(&Value::Null);
        match self.operator {
            Operator::Equals => Ok(same(found, &self.value)),
            Operator::NotEquals => Ok(!same(found, &self.value)),
            Operator::Exists => Ok(found.is_null() != self.value.as_bool().unwrap_or(true)),
            Operator::In => Ok(self.value.as_array().is_some_and(|items| items.iter().any(|item| same(found, item)))),
            _ if found.is_null() => Ok(false),
            Operator::Greater => self.compare(found).map(Ordering::is_gt),
            Operator::GreaterOrEqual => self.compare(found).map(Ordering::is_ge),
            Operator::Less => self.compare(found).map(Ordering::is_lt),
            Operator::LessOrEqual => self.compare(found).map(Ordering::is_le),
            Operator::Contains => match (found, &self.value) {
                (Value::Array(items), value) => Ok(items.iter().any(|item| same(item, value))),
                (Value::String(text), Value::String(part)) => Ok(text.contains(part.as_str())),
                (Value::String(_), _) => Err(self.mismatch(found, "a list")),
                _ => Err(self.mismatch(found, "a text or a list")),
            },
            Operator::StartsWith => Ok(self.text(found)?.starts_with(self.operand())),
            Operator::EndsWith => Ok(self.text(found)?.ends_with(self.operand())),
            Operator::Matches => {
                let text = self.text(found)?;
                Ok(self.pattern.as_ref().is_some_and(|pattern| pattern.is_match(text)))
            }
        }
    }

    fn compare(&self, found: &Value) -> Result<Ordering, TypeMismatch> {
        match (found, &self.value) {
            (Value::Number(a), Value::Number(b)) => Ok(compare_numbers(a, b)),
            (Value::String(a), Value::String(b)) => Ok(compare_texts(a, b)),
            (_, Value::Number(_)) => Err(self.mismatch(found, "a number")),
            _ => Err(self.mismatch(found, "a text")),
        }
    }

    fn text<'a>(&self, found: &'a Value) -> Result<&'a str, TypeMismatch> {
        found.as_str().ok_or_else(|| self.mismatch(found, "a text"))
    }

    fn operand(&self) -> &str {
        self.value.as_str().unwrap_or_default()
    }

    fn mismatch(&self, found: &Value, expected: &'static str) -> TypeMismatch {
        TypeMismatch { field: self.field.clone(), operator: self.operator.as_str(), expected, found: kind(found) }
    }
}

fn lookup<'a>(variables: &'a JsonMap, path: &str) -> Option<&'a Value> {
    let mut names = path.split('.');
    let first = variables.get(names.next()?)?;
    names.try_fold(first, |value, name| match value {
        Value::Object(object) => object.get(name),
        Value::Array(items) if name.bytes().all(|b| b.is_ascii_digit()) => items.get(name.parse::<usize>().ok()?),
        _ => None,
    })
}

/// JSON equality in which 1 and 1.0 are the same number.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => compare_numbers(a, b).is_eq(),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        _ => a == b,
    }
}

/// By value, exactly. Whole numbers compare as integers. A number that is left is either a fraction,
/// hence below 2^53 and compared with a whole number without loss by rounding that one, or so large
/// that rounding cannot reach it.
fn compare_numbers(a: &Number, b: &Number) -> Ordering {
    match (whole(a), whole(b)) {
        (Some(a), Some(b)) => a.cmp(&b),
        _ => a.as_f64().unwrap_or(f64::NAN).total_cmp(&b.as_f64().unwrap_or(f64::NAN)),
    }
}

fn whole(number: &Number) -> Option<i128> {
    let integer = number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from));
    integer.or_else(|| number.as_f64().and_then(whole_double))
}

/// A double without a fraction (1.0, -0.0) below 2^100.
#[expect(clippy::cast_possible_truncation, reason = "whole and within the range of i128, hence exact")]
fn whole_double(double: f64) -> Option<i128> {
    (double.fract() == 0.0 && double.abs() < 2f64.powi(100)).then_some(double as i128)
}

/// Two RFC 3339 instants compare in time, whatever their offsets; other texts by code point.
fn compare_texts(a: &str, b: &str) -> Ordering {
    match (DateTime::parse_from_rfc3339(a), DateTime::parse_from_rfc3339(b)) {
        (Ok(a), Ok(b)) => a.cmp(&b),
        _ => a.cmp(b),
    }
}

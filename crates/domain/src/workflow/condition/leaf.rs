//! One comparison of the JSON form.

use std::cmp::Ordering;

use chrono::DateTime;
use serde_json::{Number, Value};

use super::Operator;
use super::parse::kind;
use crate::workflow::expression::{Fuel, Pattern, Refused, Scope};

const NOT_TEXT: Refused = Refused::operand(0, "a text");

/// One comparison.
#[derive(Debug, Clone)]
pub(crate) struct Leaf {
    /// A dotted path into the variables.
    pub field: String,
    /// How to compare.
    pub operator: Operator,
    /// With what.
    pub value: Value,
    /// The compiled pattern of `matches`.
    pub pattern: Option<Pattern>,
}

/// Why a leaf has no answer, and the type of what it found.
pub(crate) struct Unanswered {
    pub refused: Refused,
    pub found: &'static str,
}

impl Leaf {
    /// Whether the comparison holds; texts and lists that it compares count as they do in CEL.
    pub fn holds(&self, scope: &Scope<'_>, fuel: &mut Fuel) -> Result<bool, Unanswered> {
        let found = scope.find(&self.field).unwrap_or(&Value::Null);
        self.holds_on(found, fuel).map_err(|refused| Unanswered { refused, found: kind(found) })
    }

    fn holds_on(&self, found: &Value, fuel: &mut Fuel) -> Result<bool, Refused> {
        match self.operator {
            Operator::Equals => same(found, &self.value, fuel),
            Operator::NotEquals => same(found, &self.value, fuel).map(|same| !same),
            Operator::Exists => Ok(found.is_null() != self.value.as_bool().unwrap_or(true)),
            Operator::In => has_item(self.value.as_array().map_or(&[], Vec::as_slice), found, fuel),
            _ if found.is_null() => Ok(false),
            Operator::Greater => self.compare(found, fuel).map(Ordering::is_gt),
            Operator::GreaterOrEqual => self.compare(found, fuel).map(Ordering::is_ge),
            Operator::Less => self.compare(found, fuel).map(Ordering::is_lt),
            Operator::LessOrEqual => self.compare(found, fuel).map(Ordering::is_le),
            Operator::Contains => match (found, &self.value) {
                (Value::Array(items), value) => has_item(items, value, fuel),
                (Value::String(text), Value::String(part)) => {
                    fuel.spend(text.len())?;
                    Ok(text.contains(part.as_str()))
                }
                (Value::String(_), _) => Err(Refused::operand(0, "a list")),
                _ => Err(Refused::operand(0, "a text or a list")),
            },
            Operator::StartsWith => Ok(text(found, fuel)?.starts_with(self.operand())),
            Operator::EndsWith => Ok(text(found, fuel)?.ends_with(self.operand())),
            Operator::Matches => match &self.pattern {
                Some(pattern) => Ok(pattern.is_match(found.as_str().ok_or(NOT_TEXT)?, fuel)?),
                None => Ok(false),
            },
        }
    }

    fn compare(&self, found: &Value, fuel: &mut Fuel) -> Result<Ordering, Refused> {
        match (found, &self.value) {
            (Value::Number(a), Value::Number(b)) => Ok(compare_numbers(a, b)),
            (Value::String(a), Value::String(b)) => {
                fuel.spend(a.len().min(b.len()))?;
                Ok(compare_texts(a, b))
            }
            (_, Value::Number(_)) => Err(Refused::operand(0, "a number")),
            _ => Err(NOT_TEXT),
        }
    }

    fn operand(&self) -> &str {
        self.value.as_str().unwrap_or_default()
    }
}

fn text<'a>(found: &'a Value, fuel: &mut Fuel) -> Result<&'a str, Refused> {
    let text = found.as_str().ok_or(NOT_TEXT)?;
    fuel.spend(text.len())?;
    Ok(text)
}

fn has_item(items: &[Value], wanted: &Value, fuel: &mut Fuel) -> Result<bool, Refused> {
    for item in items {
        if same(item, wanted, fuel)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// JSON equality in which 1 and 1.0 are the same number.
fn same(a: &Value, b: &Value, fuel: &mut Fuel) -> Result<bool, Refused> {
    fuel.spend(1)?;
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => Ok(compare_numbers(a, b).is_eq()),
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (a, b) in a.iter().zip(b) {
                if !same(a, b, fuel)? {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        (Value::Object(a), Value::Object(b)) if a.len() == b.len() => {
            for (key, a) in a {
                fuel.spend(key.len())?;
                match b.get(key) {
                    Some(b) if same(a, b, fuel)? => {}
                    _ => return Ok(false),
                }
            }
            Ok(true)
        }
        (Value::String(a), Value::String(b)) if a.len() == b.len() => {
            fuel.spend(a.len())?;
            Ok(a == b)
        }
        (Value::Null, Value::Null) => Ok(true),
        (Value::Bool(a), Value::Bool(b)) => Ok(a == b),
        _ => Ok(false),
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

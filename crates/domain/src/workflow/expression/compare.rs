//! Equality and order of CEL, across its types of numbers by value.

use std::cmp::Ordering;

use crate::workflow::expression::fuel::{Fuel, Spent};
use crate::workflow::expression::value::{List, Map, Value};

/// Whether two values are the same. Values of different types are not, but numbers compare by value;
/// no double is the same as NaN.
pub(crate) fn same(a: &Value<'_>, b: &Value<'_>, fuel: &mut Fuel) -> Result<bool, Spent> {
    fuel.spend(1)?;
    Ok(match (a, b) {
        (Value::Null, Value::Null) => true,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Text(a), Value::Text(b)) => {
            let (a, b) = (a.as_str(), b.as_str());
            if a.len() == b.len() {
                fuel.spend(a.len())?;
            }
            a == b
        }
        (Value::List(a), Value::List(b)) => return same_lists(a, b, fuel),
        (Value::Map(a), Value::Map(b)) => return same_maps(a, b, fuel),
        (Value::Timestamp(a), Value::Timestamp(b)) => a == b,
        (Value::Duration(a), Value::Duration(b)) => a == b,
        (Value::Type(a), Value::Type(b)) => a == b,
        _ => numbers(a, b).is_some_and(|order| order == Some(Ordering::Equal)),
    })
}

fn same_lists(a: &List<'_>, b: &List<'_>, fuel: &mut Fuel) -> Result<bool, Spent> {
    if a.len() != b.len() {
        return Ok(false);
    }
    for (a, b) in a.iter().zip(b.iter()) {
        if !same(&a, &b, fuel)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn same_maps(a: &Map<'_>, b: &Map<'_>, fuel: &mut Fuel) -> Result<bool, Spent> {
    if a.len() != b.len() {
        return Ok(false);
    }
    for (key, value) in a.entries() {
        match entry(b, &key, fuel)? {
            Some(other) if same(&value, &other, fuel)? => {}
            _ => return Ok(false),
        }
    }
    Ok(true)
}

/// The value of a key; numeric keys are found by value.
pub(crate) fn entry<'a>(map: &Map<'a>, key: &Value<'_>, fuel: &mut Fuel) -> Result<Option<Value<'a>>, Spent> {
    match (map, key) {
        (Map::Found(_), Value::Text(name)) => {
            fuel.spend(name.as_str().len())?;
            Ok(map.field(name.as_str()))
        }
        (Map::Found(_), _) => Ok(None),
        (Map::Made(entries), _) => {
            for (candidate, value) in entries.iter() {
                if same(candidate, key, fuel)? {
                    return Ok(Some(value.clone()));
                }
            }
            Ok(None)
        }
    }
}

/// The order of two values: none if their types have none, `Some(None)` if one is NaN.
pub(crate) fn order(a: &Value<'_>, b: &Value<'_>, fuel: &mut Fuel) -> Result<Option<Option<Ordering>>, Spent> {
    fuel.spend(1)?;
    Ok(match (a, b) {
        (Value::Bool(a), Value::Bool(b)) => Some(Some(a.cmp(b))),
        (Value::Text(a), Value::Text(b)) => {
            let (a, b) = (a.as_str(), b.as_str());
            fuel.spend(a.len().min(b.len()))?;
            Some(Some(a.cmp(b)))
        }
        (Value::Timestamp(a), Value::Timestamp(b)) => Some(Some(a.cmp(b))),
        (Value::Duration(a), Value::Duration(b)) => Some(Some(a.cmp(b))),
        _ => numbers(a, b),
    })
}

/// The order of two numbers on one number line; none if one is no number.
fn numbers(a: &Value<'_>, b: &Value<'_>) -> Option<Option<Ordering>> {
    Some(match (whole(a), whole(b)) {
        (Some(a), Some(b)) => Some(a.cmp(&b)),
        (Some(a), None) => double(b)?.and_then(|b| whole_and_double(a, b)),
        (None, Some(b)) => double(a)?.and_then(|a| whole_and_double(b, a)).map(Ordering::reverse),
        (None, None) => match (double(a)?, double(b)?) {
            (Some(a), Some(b)) => a.partial_cmp(&b),
            _ => None,
        },
    })
}

fn whole(value: &Value<'_>) -> Option<i128> {
    match value {
        Value::Int(value) => Some(i128::from(*value)),
        Value::Uint(value) => Some(i128::from(*value)),
        _ => None,
    }
}

/// A double; `Some(None)` if it is NaN, none if the value is no double.
#[expect(clippy::option_option, reason = "no number at all and no order are different answers")]
fn double(value: &Value<'_>) -> Option<Option<f64>> {
    match value {
        Value::Double(value) => Some((!value.is_nan()).then_some(*value)),
        _ => None,
    }
}

/// Exact: a double beyond 2^100 is beyond every 64-bit number, any other is compared by its whole part,
/// then by its fraction.
#[expect(clippy::cast_possible_truncation, reason = "the whole part of a double within 2^100 fits")]
fn whole_and_double(whole: i128, double: f64) -> Option<Ordering> {
    if double.abs() >= 2f64.powi(100) {
        return 0f64.partial_cmp(&double);
    }
    let order = whole.cmp(&(double.trunc() as i128));
    if order.is_eq() { 0f64.partial_cmp(&double.fract()) } else { Some(order) }
}

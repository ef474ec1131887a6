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
        _ => numbers(a, b) == Order::Known(Ordering::Equal),
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

/// How two values lie to one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    Known(Ordering),
    /// One is NaN.
    Unordered,
    /// Their types have no order.
    Incomparable,
}

impl Order {
    fn of_doubles(a: f64, b: f64) -> Self {
        a.partial_cmp(&b).map_or(Self::Unordered, Self::Known)
    }

    fn reverse(self) -> Self {
        match self {
            Self::Known(order) => Self::Known(order.reverse()),
            other => other,
        }
    }
}

/// The order of two values.
pub(crate) fn order(a: &Value<'_>, b: &Value<'_>, fuel: &mut Fuel) -> Result<Order, Spent> {
    fuel.spend(1)?;
    Ok(match (a, b) {
        (Value::Bool(a), Value::Bool(b)) => Order::Known(a.cmp(b)),
        (Value::Text(a), Value::Text(b)) => {
            let (a, b) = (a.as_str(), b.as_str());
            fuel.spend(a.len().min(b.len()))?;
            Order::Known(a.cmp(b))
        }
        (Value::Timestamp(a), Value::Timestamp(b)) => Order::Known(a.cmp(b)),
        (Value::Duration(a), Value::Duration(b)) => Order::Known(a.cmp(b)),
        _ => numbers(a, b),
    })
}

/// The order of two numbers on one number line.
fn numbers(a: &Value<'_>, b: &Value<'_>) -> Order {
    match (a, b) {
        (Value::Double(a), Value::Double(b)) => Order::of_doubles(*a, *b),
        (_, Value::Double(b)) => whole(a).map_or(Order::Incomparable, |a| whole_and_double(a, *b)),
        (Value::Double(a), _) => whole(b).map_or(Order::Incomparable, |b| whole_and_double(b, *a).reverse()),
        _ => match (whole(a), whole(b)) {
            (Some(a), Some(b)) => Order::Known(a.cmp(&b)),
            _ => Order::Incomparable,
        },
    }
}

fn whole(value: &Value<'_>) -> Option<i128> {
    match value {
        Value::Int(value) => Some(i128::from(*value)),
        Value::Uint(value) => Some(i128::from(*value)),
        _ => None,
    }
}

/// Exact: a double beyond 2^100 is beyond every 64-bit number, any other is compared by its whole part,
/// then by its fraction.
#[expect(clippy::cast_possible_truncation, reason = "the whole part of a double within 2^100 fits")]
fn whole_and_double(whole: i128, double: f64) -> Order {
    if double.is_nan() || double.abs() >= 2f64.powi(100) {
        return Order::of_doubles(0.0, double);
    }
    match whole.cmp(&(double.trunc() as i128)) {
        Ordering::Equal => Order::of_doubles(0.0, double.fract()),
        order => Order::Known(order),
    }
}

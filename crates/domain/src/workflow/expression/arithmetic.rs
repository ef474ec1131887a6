//! CEL's arithmetic: checked, never between types but with times.

use crate::workflow::expression::fuel::Fuel;
use crate::workflow::expression::function::Operator;
use crate::workflow::expression::refused::Refused;
use crate::workflow::expression::time;
use crate::workflow::expression::value::{List, Value};

type Computed<'a> = Result<Value<'a>, Refused>;

/// The result of `+`, `-`, `*`, `/` or `%`.
pub(crate) fn compute<'a>(operator: Operator, a: Value<'a>, b: Value<'a>, fuel: &mut Fuel) -> Computed<'a> {
    match (a, b) {
        (Value::Int(a), Value::Int(b)) => ints(operator, a, b).map(Value::Int),
        (Value::Uint(a), Value::Uint(b)) => uints(operator, a, b).map(Value::Uint),
        (Value::Double(a), Value::Double(b)) => doubles(operator, a, b).map(Value::Double),
        (a, b) => match operator {
            Operator::Add => add(&a, &b, fuel),
            Operator::Subtract => subtract(&a, &b),
            _ => Err(misfit(operator, &a)),
        },
    }
}

fn ints(operator: Operator, a: i64, b: i64) -> Result<i64, Refused> {
    let result = match operator {
        Operator::Add => a.checked_add(b),
        Operator::Subtract => a.checked_sub(b),
        Operator::Multiply => a.checked_mul(b),
        Operator::Divide | Operator::Remainder if b == 0 => return Err(Refused::DIVISION_BY_ZERO),
        Operator::Divide => a.checked_div(b),
        Operator::Remainder => a.checked_rem(b),
        _ => return Err(Refused::operand(0, "another operator")),
    };
    result.ok_or(Refused::OVERFLOW)
}

fn uints(operator: Operator, a: u64, b: u64) -> Result<u64, Refused> {
    let result = match operator {
        Operator::Add => a.checked_add(b),
        Operator::Subtract => a.checked_sub(b),
        Operator::Multiply => a.checked_mul(b),
        Operator::Divide | Operator::Remainder if b == 0 => return Err(Refused::DIVISION_BY_ZERO),
        Operator::Divide => a.checked_div(b),
        Operator::Remainder => a.checked_rem(b),
        _ => return Err(Refused::operand(0, "another operator")),
    };
    result.ok_or(Refused::OVERFLOW)
}

fn doubles(operator: Operator, a: f64, b: f64) -> Result<f64, Refused> {
    Ok(match operator {
        Operator::Add => a + b,
        Operator::Subtract => a - b,
        Operator::Multiply => a * b,
        Operator::Divide => a / b,
        _ => return Err(Refused::operand(0, "an integer")),
    })
}

fn add<'a>(a: &Value<'a>, b: &Value<'a>, fuel: &mut Fuel) -> Computed<'a> {
    match (a, b) {
        (Value::Text(a), Value::Text(b)) => {
            let (a, b) = (a.as_str(), b.as_str());
            fuel.spend(a.len() + b.len())?;
            Ok(Value::made_text([a, b].concat()))
        }
        (Value::List(a), Value::List(b)) => {
            fuel.spend(a.len() + b.len())?;
            Ok(Value::List(List::Made(a.iter().chain(b.iter()).collect())))
        }
        (Value::Timestamp(time), Value::Duration(duration)) | (Value::Duration(duration), Value::Timestamp(time)) => {
            time.checked_add_signed(*duration)
                .and_then(time::within_range)
                .map(Value::Timestamp)
                .ok_or(Refused::OVERFLOW)
        }
        (Value::Duration(a), Value::Duration(b)) => a.checked_add(b).map(Value::Duration).ok_or(Refused::OVERFLOW),
        _ => Err(misfit(Operator::Add, a)),
    }
}

fn subtract<'a>(a: &Value<'_>, b: &Value<'_>) -> Computed<'a> {
    match (a, b) {
        (Value::Timestamp(a), Value::Timestamp(b)) => Ok(Value::Duration(a.signed_duration_since(b))),
        (Value::Timestamp(time), Value::Duration(duration)) => time
            .checked_sub_signed(*duration)
            .and_then(time::within_range)
            .map(Value::Timestamp)
            .ok_or(Refused::OVERFLOW),
        (Value::Duration(a), Value::Duration(b)) => a.checked_sub(b).map(Value::Duration).ok_or(Refused::OVERFLOW),
        _ => Err(misfit(Operator::Subtract, a)),
    }
}

/// Which of two operands does not fit: the right one, if something fits the left one.
fn misfit(operator: Operator, a: &Value<'_>) -> Refused {
    let additive = matches!(operator, Operator::Add | Operator::Subtract);
    match a {
        Value::Double(_) if operator == Operator::Remainder => Refused::operand(0, "an integer"),
        Value::Int(_) | Value::Uint(_) | Value::Double(_) => Refused::operand(1, a.kind()),
        Value::Timestamp(_) | Value::Duration(_) if additive => Refused::operand(1, "a duration"),
        Value::Text(_) | Value::List(_) if operator == Operator::Add => Refused::operand(1, a.kind()),
        _ => Refused::operand(0, "a number"),
    }
}

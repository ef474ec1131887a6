//! The functions on values that are already there.

use crate::workflow::expression::conversions::{
    to_bool, to_double, to_duration, to_int, to_text, to_timestamp, to_uint,
};
use crate::workflow::expression::fuel::Fuel;
use crate::workflow::expression::function::Function;
use crate::workflow::expression::refused::Refused;
use crate::workflow::expression::time;
use crate::workflow::expression::value::Value;

/// The result of a function with one argument, the receiver of a method included.
pub(crate) fn unary<'a>(function: Function, value: &Value<'a>, fuel: &mut Fuel) -> Result<Value<'a>, Refused> {
    match function {
        Function::Size => size(value, fuel),
        Function::ToInt => to_int(value),
        Function::ToUint => to_uint(value),
        Function::ToDouble => to_double(value),
        Function::ToText => to_text(value, fuel),
        Function::ToBool => to_bool(value),
        Function::ToTimestamp => to_timestamp(value),
        Function::ToDuration => to_duration(value),
        Function::ToType => Ok(Value::Type(value.type_name())),
        Function::ToDynamic => Ok(value.clone()),
        _ => time::part(function, value),
    }
}

/// Of a text its code points.
fn size<'a>(value: &Value<'_>, fuel: &mut Fuel) -> Result<Value<'a>, Refused> {
    let size = match value {
        Value::Text(text) => {
            fuel.spend(text.as_str().len())?;
            text.as_str().chars().count()
        }
        Value::List(list) => list.len(),
        Value::Map(map) => map.len(),
        _ => return Err(Refused::operand(0, "a text, a list or an object")),
    };
    i64::try_from(size).map(Value::Int).map_err(|_| Refused::OVERFLOW)
}

/// The result of `contains`, `startsWith` or `endsWith`.
pub(crate) fn search<'a>(
    function: Function,
    text: &Value<'_>,
    part: &Value<'_>,
    fuel: &mut Fuel,
) -> Result<Value<'a>, Refused> {
    let Value::Text(text) = text else { return Err(Refused::operand(0, "a text")) };
    let Value::Text(part) = part else { return Err(Refused::operand(1, "a text")) };
    let (text, part) = (text.as_str(), part.as_str());
    fuel.spend(text.len().max(part.len()))?;
    Ok(Value::Bool(match function {
        Function::StartsWith => text.starts_with(part),
        Function::EndsWith => text.ends_with(part),
        _ => text.contains(part),
    }))
}

//! CEL's conversions: `int`, `uint`, `double`, `string`, `bool`, `timestamp`, `duration`.

use crate::workflow::expression::fuel::Fuel;
use crate::workflow::expression::refused::Refused;
use crate::workflow::expression::time;
use crate::workflow::expression::value::{Text, Value};

type Converted<'a> = Result<Value<'a>, Refused>;

const TWO_TO_63: f64 = 9_223_372_036_854_775_808.0;
const TWO_TO_64: f64 = 18_446_744_073_709_551_616.0;

/// Rounds towards 0.
#[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
pub(crate) fn to_int<'a>(value: &Value<'_>) -> Converted<'a> {
    let int = match value {
        Value::Int(value) => Some(*value),
        Value::Uint(value) => i64::try_from(*value).ok(),
        Value::Double(value) => (*value > -TWO_TO_63 && *value < TWO_TO_63).then_some(*value as i64),
        Value::Text(text) => {
            let parsed =
                text.as_str().parse().map_err(|_| Refused::conversion("the text of an integer", "another text"));
            return parsed.map(Value::Int);
        }
        Value::Timestamp(time) => Some(time.timestamp()),
        _ => return Err(Refused::operand(0, "a number, a text or a timestamp")),
    };
    int.map(Value::Int).ok_or(Refused::OVERFLOW)
}

/// Rounds towards 0.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked")]
pub(crate) fn to_uint<'a>(value: &Value<'_>) -> Converted<'a> {
    let uint = match value {
        Value::Int(value) => u64::try_from(*value).ok(),
        Value::Uint(value) => Some(*value),
        Value::Double(value) => (*value >= 0.0 && *value < TWO_TO_64).then_some(*value as u64),
        Value::Text(text) => {
            let parsed = text
                .as_str()
                .parse()
                .map_err(|_| Refused::conversion("the text of an unsigned integer", "another text"));
            return parsed.map(Value::Uint);
        }
        _ => return Err(Refused::operand(0, "a number or a text")),
    };
    uint.map(Value::Uint).ok_or(Refused::OVERFLOW)
}

/// Rounds to the nearest double.
#[expect(clippy::cast_precision_loss, reason = "CEL rounds")]
pub(crate) fn to_double<'a>(value: &Value<'_>) -> Converted<'a> {
    match value {
        Value::Int(value) => Ok(Value::Double(*value as f64)),
        Value::Uint(value) => Ok(Value::Double(*value as f64)),
        Value::Double(value) => Ok(Value::Double(*value)),
        Value::Text(text) => {
            let parsed = text.as_str().parse().map_err(|_| Refused::conversion("the text of a number", "another text"));
            parsed.map(Value::Double)
        }
        _ => Err(Refused::operand(0, "a number or a text")),
    }
}

/// The texts are those that CEL names.
pub(crate) fn to_bool<'a>(value: &Value<'_>) -> Converted<'a> {
    match value {
        Value::Bool(value) => Ok(Value::Bool(*value)),
        Value::Text(text) => match text.as_str() {
            "1" | "t" | "true" | "TRUE" | "True" => Ok(Value::Bool(true)),
            "0" | "f" | "false" | "FALSE" | "False" => Ok(Value::Bool(false)),
            _ => Err(Refused::conversion("the text true or false", "another text")),
        },
        _ => Err(Refused::operand(0, "a boolean or a text")),
    }
}

pub(crate) fn to_text<'a>(value: &Value<'a>, fuel: &mut Fuel) -> Converted<'a> {
    let text = match value {
        Value::Text(text) => return Ok(Value::Text(text.clone())),
        Value::Bool(value) => return Ok(Value::Text(Text::Found(if *value { "true" } else { "false" }))),
        Value::Int(value) => value.to_string(),
        Value::Uint(value) => value.to_string(),
        Value::Double(value) => value.to_string(),
        Value::Timestamp(time) => time::timestamp_text(time),
        Value::Duration(duration) => time::duration_text(duration),
        _ => return Err(Refused::operand(0, "a boolean, a number, a text or a time")),
    };
    fuel.spend(text.len())?;
    Ok(Value::made_text(text))
}

pub(crate) fn to_timestamp<'a>(value: &Value<'_>) -> Converted<'a> {
    match value {
        Value::Timestamp(time) => Ok(Value::Timestamp(*time)),
        Value::Int(seconds) => time::timestamp_of_seconds(*seconds).map(Value::Timestamp).ok_or(Refused::OVERFLOW),
        Value::Text(text) => time::parse_timestamp(text.as_str())
            .map(Value::Timestamp)
            .ok_or(Refused::conversion("an instant of RFC 3339", "another text")),
        _ => Err(Refused::operand(0, "a text, or seconds since 1970")),
    }
}

pub(crate) fn to_duration<'a>(value: &Value<'_>) -> Converted<'a> {
    match value {
        Value::Duration(duration) => Ok(Value::Duration(*duration)),
        Value::Text(text) => time::parse_duration(text.as_str())
            .map(Value::Duration)
            .ok_or(Refused::conversion("a duration such as 1h30m", "another text")),
        _ => Err(Refused::operand(0, "a text")),
    }
}

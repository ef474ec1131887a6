//! A value's form in JSON, as protobuf maps CEL's types to it: times as texts, keys as texts.

use serde_json::{Number, Value as Json};

use crate::JsonMap;
use crate::workflow::expression::fault::EvaluationErrorKind;
use crate::workflow::expression::fuel::Fuel;
use crate::workflow::expression::refused::Refused;
use crate::workflow::expression::time;
use crate::workflow::expression::value::Value;

/// How deep a result may nest: what an expression makes must be readable again.
pub const MAX_JSON_DEPTH: usize = 64;

/// The JSON form; copying counts.
pub(crate) fn to_json(value: &Value<'_>, fuel: &mut Fuel) -> Result<Json, Refused> {
    nested(value, 0, fuel)
}

fn nested(value: &Value<'_>, depth: usize, fuel: &mut Fuel) -> Result<Json, Refused> {
    if depth > MAX_JSON_DEPTH {
        return Err(not_json("at most 64 levels", "nested deeper"));
    }
    fuel.spend(1)?;
    Ok(match value {
        Value::Null => Json::Null,
        Value::Bool(value) => Json::Bool(*value),
        Value::Int(value) => Json::from(*value),
        Value::Uint(value) => Json::from(*value),
        Value::Double(value) => {
            Number::from_f64(*value).map(Json::Number).ok_or(not_json("a finite number", "infinite or no number"))?
        }
        Value::Text(text) => copied(text.as_str(), fuel)?,
        Value::List(list) => list.iter().map(|item| nested(&item, depth + 1, fuel)).collect::<Result<_, _>>()?,
        Value::Map(map) => {
            let mut object = JsonMap::new();
            for (key, value) in map.entries() {
                object.insert(key_text(&key, fuel)?, nested(&value, depth + 1, fuel)?);
            }
            Json::Object(object)
        }
        Value::Timestamp(value) => copied(&time::timestamp_text(value), fuel)?,
        Value::Duration(value) => copied(&time::duration_text(value), fuel)?,
        Value::Type(name) => copied(name.name(), fuel)?,
    })
}

fn copied(text: &str, fuel: &mut Fuel) -> Result<Json, Refused> {
    fuel.spend(text.len())?;
    Ok(Json::String(text.to_owned()))
}

fn key_text(key: &Value<'_>, fuel: &mut Fuel) -> Result<String, Refused> {
    let text = match key {
        Value::Text(text) => text.as_str().to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::Uint(value) => value.to_string(),
        _ => return Err(not_json("texts as keys", "another key")),
    };
    fuel.spend(text.len())?;
    Ok(text)
}

const fn not_json(expected: &'static str, found: &'static str) -> Refused {
    Refused::Values { kind: EvaluationErrorKind::NotJson, expected, found }
}

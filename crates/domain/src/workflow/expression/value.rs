//! What an evaluation works with. Whatever the scope or the expression holds is borrowed; what is made
//! on the way is shared, so that a copy is cheap.

use std::rc::Rc;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value as Json;

use crate::JsonMap;
use crate::workflow::expression::tree::{Constant, TypeName};

/// A value of CEL.
#[derive(Debug, Clone)]
pub(crate) enum Value<'a> {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Double(f64),
    Text(Text<'a>),
    List(List<'a>),
    Map(Map<'a>),
    Timestamp(DateTime<Utc>),
    Duration(TimeDelta),
    Type(TypeName),
}

/// A text, found or made.
#[derive(Debug, Clone)]
pub(crate) enum Text<'a> {
    Found(&'a str),
    Made(Rc<str>),
}

/// A list, found or made.
#[derive(Debug, Clone)]
pub(crate) enum List<'a> {
    Found(&'a [Json]),
    Made(Rc<[Value<'a>]>),
}

/// A map, found or made. Keys of a made one differ from one another.
#[derive(Debug, Clone)]
pub(crate) enum Map<'a> {
    Found(&'a JsonMap),
    Made(Rc<[(Value<'a>, Value<'a>)]>),
}

impl<'a> Value<'a> {
    /// A JSON value. Whole numbers are ints, beyond 2^63 - 1 uints; all others are doubles.
    pub fn of_json(json: &'a Json) -> Self {
        match json {
            Json::Null => Self::Null,
            Json::Bool(value) => Self::Bool(*value),
            Json::Number(number) => match (number.as_i64(), number.as_u64()) {
                (Some(int), _) => Self::Int(int),
                (None, Some(uint)) => Self::Uint(uint),
                (None, None) => Self::Double(number.as_f64().unwrap_or(f64::NAN)),
            },
            Json::String(text) => Self::Text(Text::Found(text)),
            Json::Array(items) => Self::List(List::Found(items)),
            Json::Object(map) => Self::Map(Map::Found(map)),
        }
    }

    pub fn of_constant(constant: &'a Constant) -> Self {
        match constant {
            Constant::Null => Self::Null,
            Constant::Bool(value) => Self::Bool(*value),
            Constant::Int(value) => Self::Int(*value),
            Constant::Uint(value) => Self::Uint(*value),
            Constant::Double(value) => Self::Double(*value),
            Constant::Text(text) => Self::Text(Text::Found(text)),
        }
    }

    pub fn made_text(text: impl Into<Rc<str>>) -> Self {
        Self::Text(Text::Made(text.into()))
    }

    pub fn made_list(items: Vec<Self>) -> Self {
        Self::List(List::Made(items.into()))
    }

    pub fn type_name(&self) -> TypeName {
        match self {
            Self::Null => TypeName::Null,
            Self::Bool(_) => TypeName::Bool,
            Self::Int(_) => TypeName::Int,
            Self::Uint(_) => TypeName::Uint,
            Self::Double(_) => TypeName::Double,
            Self::Text(_) => TypeName::Text,
            Self::List(_) => TypeName::List,
            Self::Map(_) => TypeName::Map,
            Self::Timestamp(_) => TypeName::Timestamp,
            Self::Duration(_) => TypeName::Duration,
            Self::Type(_) => TypeName::Type,
        }
    }

    /// The type's name, for messages.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Int(_) => "an integer",
            Self::Uint(_) => "an unsigned integer",
            Self::Double(_) => "a fraction",
            Self::Text(_) => "a text",
            Self::List(_) => "a list",
            Self::Map(_) => "an object",
            Self::Timestamp(_) => "a timestamp",
            Self::Duration(_) => "a duration",
            Self::Type(_) => "a type",
        }
    }
}

impl Text<'_> {
    pub fn as_str(&self) -> &str {
        match self {
            Self::Found(text) => text,
            Self::Made(text) => text,
        }
    }
}

impl<'a> List<'a> {
    pub fn len(&self) -> usize {
        match self {
            Self::Found(items) => items.len(),
            Self::Made(items) => items.len(),
        }
    }

    pub fn get(&self, index: usize) -> Option<Value<'a>> {
        match self {
            Self::Found(items) => items.get(index).map(Value::of_json),
            Self::Made(items) => items.get(index).cloned(),
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = Value<'a>> + '_ {
        (0..self.len()).filter_map(|index| self.get(index))
    }
}

impl<'a> Map<'a> {
    pub fn len(&self) -> usize {
        match self {
            Self::Found(map) => map.len(),
            Self::Made(entries) => entries.len(),
        }
    }

    /// The value of a field.
    pub fn field(&self, name: &str) -> Option<Value<'a>> {
        match self {
            Self::Found(map) => map.get(name).map(Value::of_json),
            Self::Made(entries) => entries.iter().find_map(|(key, value)| match key {
                Value::Text(text) if text.as_str() == name => Some(value.clone()),
                _ => None,
            }),
        }
    }

    pub fn entries(&self) -> Box<dyn Iterator<Item = (Value<'a>, Value<'a>)> + '_> {
        match self {
            Self::Found(map) => {
                Box::new(map.iter().map(|(key, value)| (Value::Text(Text::Found(key)), Value::of_json(value))))
            }
            Self::Made(entries) => Box::new(entries.iter().cloned()),
        }
    }
}

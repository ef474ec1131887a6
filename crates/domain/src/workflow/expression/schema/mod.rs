//! A workflow's input schema: what a request's variables look like at its start, which of them are
//! secret, and what expressions may rely on.
//!
//! The form is a subset of JSON Schema (draft 2020-12) that is checked in full: a keyword that asserts
//! something and is not listed in [`InputSchema::parse`] is refused, never ignored. `"x-secret": true`
//! marks values that explanations must not show.

mod check;
mod keywords;
mod parse;
mod redact;

pub use parse::{MAX_SCHEMA_DEPTH, MAX_SCHEMA_NODES};
pub use redact::SECRET;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use crate::JsonMap;
use crate::problem::Problem;
use crate::workflow::expression::Pattern;

/// A compiled input schema.
#[derive(Debug, Clone)]
pub struct InputSchema {
    written: Json,
    pub(crate) root: Schema,
}

/// Two schemas are the same when they were written the same.
impl PartialEq for InputSchema {
    fn eq(&self, other: &Self) -> bool {
        self.written == other.written
    }
}

/// What is known of one place.
#[derive(Debug, Clone, Default)]
pub(crate) struct Schema {
    /// None: any type.
    pub types: Option<Vec<JsonType>>,
    pub properties: BTreeMap<String, Schema>,
    pub required: BTreeSet<String>,
    pub additional: Additional,
    pub items: Option<Box<Schema>>,
    /// The values of `enum`, or the one of `const`.
    pub values: Option<Vec<Json>>,
    /// `format` is `date-time`: an instant of RFC 3339.
    pub date_time: bool,
    pub secret: bool,
    pub limits: Limits,
}

/// What may stand beside the named properties.
#[derive(Debug, Clone, Default)]
pub(crate) enum Additional {
    #[default]
    Anything,
    Nothing,
    Fitting(Box<Schema>),
}

/// Limits of size. Texts are measured in code points.
#[derive(Debug, Clone, Default)]
pub(crate) struct Limits {
    pub minimum: Option<Json>,
    pub maximum: Option<Json>,
    pub min_length: Option<u64>,
    pub max_length: Option<u64>,
    pub min_items: Option<u64>,
    pub max_items: Option<u64>,
    pub pattern: Option<Pattern>,
}

/// JSON's types, integers apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum JsonType {
    Null,
    Boolean,
    Integer,
    Number,
    String,
    Array,
    Object,
}

impl JsonType {
    const ALL: [Self; 7] =
        [Self::Null, Self::Boolean, Self::Integer, Self::Number, Self::String, Self::Array, Self::Object];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean => "boolean",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::String => "string",
            Self::Array => "array",
            Self::Object => "object",
        }
    }

    fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|candidate| candidate.name() == name)
    }

    /// The narrowest type of a value.
    pub fn of(value: &Json) -> Self {
        match value {
            Json::Null => Self::Null,
            Json::Bool(_) => Self::Boolean,
            Json::Number(number) if number.is_f64() => Self::Number,
            Json::Number(_) => Self::Integer,
            Json::String(_) => Self::String,
            Json::Array(_) => Self::Array,
            Json::Object(_) => Self::Object,
        }
    }

    /// Whether a value of the type `found` may stand here.
    fn takes(self, found: Self) -> bool {
        self == found || (self == Self::Number && found == Self::Integer)
    }
}

impl InputSchema {
    /// Compiles a schema. Known keywords: `type` (one or several, `null` among them), `properties`,
    /// `required`, `additionalProperties`, `items`, `enum`, `const`, `minimum`, `maximum`, `minLength`,
    /// `maxLength`, `minItems`, `maxItems`, `pattern` (searched within the cost limit of one evaluation), `format` (`date-time` is
    /// checked, others describe), `x-secret`, and those that only describe. An integer is a number
    /// written without a fraction or exponent, stricter than the draft: expressions calculate with it.
    pub fn parse(json: &Json) -> Result<Self, Vec<Problem>> {
        parse::root(json).map(|root| Self { written: json.clone(), root })
    }

    /// What it was compiled from.
    pub const fn to_json(&self) -> &Json {
        &self.written
    }

    /// Whether a variable is declared by its name.
    pub fn declares(&self, variable: &str) -> bool {
        self.root.properties.contains_key(variable)
    }

    /// Everything about the variables that does not fit, with its place. No message repeats a value.
    pub fn check(&self, variables: &JsonMap) -> Vec<Problem> {
        check::variables(&self.root, variables)
    }
}

impl Schema {
    /// What is known of a property; none if there is no such one.
    pub fn property(&self, name: &str) -> Option<Known<'_>> {
        match (self.properties.get(name), &self.additional) {
            (Some(schema), _) => Some(Known::Schema(schema)),
            (None, Additional::Fitting(schema)) => Some(Known::Schema(schema)),
            (None, Additional::Anything) => Some(Known::Nothing),
            (None, Additional::Nothing) => None,
        }
    }
}

/// What a schema says about a place.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Known<'s> {
    Schema(&'s Schema),
    /// Anything may stand there.
    Nothing,
}

/// The path of a field or keyword below a path, which is empty at the root.
fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

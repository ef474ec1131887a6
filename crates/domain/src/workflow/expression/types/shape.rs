use serde_json::Value as Json;

use crate::workflow::expression::schema::{JsonType, Known, Schema};

/// What is known of a value: the shapes it may have; with none it is dynamic.
#[derive(Debug, Clone, Default)]
pub(super) struct Type<'s> {
    pub shapes: Vec<Shape<'s>>,
}

/// One shape.
#[derive(Debug, Clone)]
pub(super) enum Shape<'s> {
    Null,
    Bool,
    Int,
    Uint,
    Double,
    /// With the values it may have, if they are listed.
    Text(Option<&'s [Json]>),
    List(Box<Type<'s>>),
    Object(&'s Schema),
    /// The object that holds all variables.
    Variables,
    /// A map of which only the values' type is known.
    Map(Box<Type<'s>>),
    Timestamp,
    Duration,
    Type,
}

impl<'s> Type<'s> {
    pub const DYNAMIC: Self = Self { shapes: Vec::new() };

    pub fn of(shape: Shape<'s>) -> Self {
        Self { shapes: vec![shape] }
    }

    pub fn is_dynamic(&self) -> bool {
        self.shapes.is_empty()
    }

    /// What may stand where a schema says this.
    pub fn of_known(known: Known<'s>) -> Self {
        match known {
            Known::Nothing => Self::DYNAMIC,
            Known::Schema(schema) => Self::of_schema(schema),
        }
    }

    fn of_schema(schema: &'s Schema) -> Self {
        let from_values = || {
            let mut types: Vec<JsonType> = Vec::new();
            for found in schema.values.iter().flatten().map(JsonType::of) {
                if !types.contains(&found) {
                    types.push(found);
                }
            }
            types
        };
        let types = schema.types.clone().unwrap_or_else(from_values);
        Self { shapes: types.into_iter().flat_map(|json_type| shapes(json_type, schema)).collect() }
    }

    /// What is one or the other.
    pub fn or(mut self, other: Self) -> Self {
        if self.is_dynamic() || other.is_dynamic() {
            return Self::DYNAMIC;
        }
        self.shapes.extend(other.shapes);
        self
    }

    /// Whether it may be whole or a fraction: JSON's `number`.
    pub fn is_any_number(&self) -> bool {
        let has = |wanted: fn(&Shape<'_>) -> bool| self.shapes.iter().any(wanted);
        has(|shape| matches!(shape, Shape::Int)) && has(|shape| matches!(shape, Shape::Double))
    }

    /// The name for messages.
    pub fn name(&self) -> String {
        if self.is_any_number() && self.shapes.len() == 2 {
            return "number".to_owned();
        }
        let mut names: Vec<&str> = Vec::new();
        for name in self.shapes.iter().map(Shape::name) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        if names.is_empty() { "anything".to_owned() } else { names.join(" or ") }
    }
}

fn shapes(json_type: JsonType, schema: &Schema) -> Vec<Shape<'_>> {
    match json_type {
        JsonType::Null => vec![Shape::Null],
        JsonType::Boolean => vec![Shape::Bool],
        JsonType::Integer => vec![Shape::Int],
        JsonType::Number => vec![Shape::Int, Shape::Double],
        JsonType::String => vec![Shape::Text(schema.values.as_deref())],
        JsonType::Array => {
            let items = schema.items.as_deref().map_or(Type::DYNAMIC, Type::of_schema);
            vec![Shape::List(Box::new(items))]
        }
        JsonType::Object => vec![Shape::Object(schema)],
    }
}

impl Shape<'_> {
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool => "boolean",
            Self::Int => "integer",
            Self::Uint => "unsigned integer",
            Self::Double => "fraction",
            Self::Text(_) => "string",
            Self::List(_) => "array",
            Self::Object(_) | Self::Variables | Self::Map(_) => "object",
            Self::Timestamp => "timestamp",
            Self::Duration => "duration",
            Self::Type => "type",
        }
    }

    pub const fn is_number(&self) -> bool {
        matches!(self, Self::Int | Self::Uint | Self::Double)
    }

    /// Whether values of both shapes can be the same.
    pub fn comparable(&self, other: &Self) -> bool {
        (self.is_number() && other.is_number()) || self.name() == other.name()
    }

    /// Whether values of both shapes have an order.
    pub fn ordered(&self, other: &Self) -> bool {
        let has_order = matches!(self, Self::Bool | Self::Text(_) | Self::Timestamp | Self::Duration);
        (self.is_number() && other.is_number()) || (has_order && self.name() == other.name())
    }
}

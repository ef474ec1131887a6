use serde_json::Value as Json;

use super::problem::Severity;
use super::shape::{Shape, Type};
use super::suggest::nearest;
use crate::workflow::expression::schema::{InputSchema, Known};
use crate::workflow::expression::scope::VARIABLES;

/// What is known of the names that an expression may use.
#[derive(Debug, Clone)]
pub struct Declarations<'s> {
    schema: &'s InputSchema,
    others: Vec<(&'s str, Option<&'s InputSchema>)>,
}

/// What a name or field means.
pub(super) enum Meaning<'s> {
    Known(Type<'s>),
    /// There is none, for sure.
    Unknown(Option<String>),
    /// There may be one, but a declared one has nearly the same name.
    Doubtful(String),
}

impl<'s> Meaning<'s> {
    /// The type of the variable or field, and the problem there may be.
    pub fn read(self, what: &str, name: &str) -> (Type<'s>, Option<(Severity, String)>) {
        let unknown = format!("unknown {what} {name}");
        let problem = match self {
            Self::Known(known) => return (known, None),
            Self::Unknown(None) => (Severity::Error, unknown),
            Self::Unknown(Some(near)) => (Severity::Error, format!("{unknown}, did you mean {near}?")),
            Self::Doubtful(near) => (Severity::Warning, format!("{unknown}, did you mean {near}?")),
        };
        (Type::DYNAMIC, Some(problem))
    }
}

impl<'s> Declarations<'s> {
    /// The variables of a schema.
    pub const fn new(schema: &'s InputSchema) -> Self {
        Self { schema, others: Vec::new() }
    }

    /// Adds a name: a root of the caller, or a variable that a step sets. Without a schema it is dynamic.
    #[must_use]
    pub fn with(mut self, name: &'s str, schema: Option<&'s InputSchema>) -> Self {
        self.others.push((name, schema));
        self
    }

    /// A copy of what a path leads to, without its secrets.
    pub(crate) fn redacted(&self, path: &[String], value: &Json) -> Json {
        let Some((first, rest)) = path.split_first() else { return value.clone() };
        let others = self.others.iter().rev();
        match others.into_iter().find(|(other, _)| other == first) {
            Some((_, Some(schema))) => schema.redacted(rest, value),
            _ if first == VARIABLES && !self.schema.root.properties.contains_key(first) => {
                self.schema.redacted(rest, value)
            }
            _ => self.schema.redacted(path, value),
        }
    }

    pub(super) fn variable(&self, name: &str) -> Meaning<'s> {
        if let Some((_, schema)) = self.others.iter().rev().find(|(other, _)| *other == name) {
            return Meaning::Known(schema.map_or(Type::DYNAMIC, |schema| Type::of(Shape::Object(&schema.root))));
        }
        if name == VARIABLES && !self.schema.root.properties.contains_key(name) {
            return Meaning::Known(Type::of(Shape::Variables));
        }
        self.meaning(&Shape::Object(&self.schema.root), name)
    }

    /// What a field of an object means.
    pub(super) fn field(&self, shape: &Shape<'s>, name: &str) -> Meaning<'s> {
        match shape {
            Shape::Variables if self.others.iter().any(|(other, _)| *other == name) => Meaning::Known(Type::DYNAMIC),
            Shape::Variables => self.meaning(&Shape::Object(&self.schema.root), name),
            _ => self.meaning(shape, name),
        }
    }

    fn meaning(&self, shape: &Shape<'s>, name: &str) -> Meaning<'s> {
        let schema = match shape {
            Shape::Object(schema) => *schema,
            Shape::Map(values) => return Meaning::Known(values.as_ref().clone()),
            _ => return Meaning::Known(Type::DYNAMIC),
        };
        let is_root = std::ptr::eq(schema, &raw const self.schema.root);
        let others = self.others.iter().map(|(other, _)| *other).filter(|_| is_root);
        let suggestion = || nearest(name, schema.properties.keys().map(String::as_str).chain(others));
        match schema.property(name) {
            Some(known @ Known::Schema(_)) => Meaning::Known(Type::of_known(known)),
            Some(Known::Nothing) => suggestion()
                .map_or(Meaning::Known(Type::DYNAMIC), |suggestion| Meaning::Doubtful(suggestion.to_owned())),
            None => Meaning::Unknown(suggestion().map(str::to_owned)),
        }
    }
}

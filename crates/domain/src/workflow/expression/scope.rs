use std::borrow::Cow;

use serde_json::Value as Json;

use crate::JsonMap;
use crate::workflow::expression::value::{Map, Value};

/// The root that holds all variables, so that `has(variables.amount)` can ask whether one is there.
pub const VARIABLES: &str = "variables";

/// What the names of an expression mean: the request's variables by their own names, and roots that the
/// caller adds, such as `result` or `item`. A root hides a variable of its name.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    variables: &'a JsonMap,
    roots: &'a [(&'a str, &'a Json)],
}

impl<'a> Scope<'a> {
    /// The variables alone.
    pub const fn new(variables: &'a JsonMap) -> Self {
        Self { variables, roots: &[] }
    }

    /// The variables and further roots.
    pub const fn with_roots(variables: &'a JsonMap, roots: &'a [(&'a str, &'a Json)]) -> Self {
        Self { variables, roots }
    }

    /// The variables.
    pub const fn variables(&self) -> &'a JsonMap {
        self.variables
    }

    /// What a name means.
    pub(crate) fn get(&self, name: &str) -> Option<Value<'a>> {
        match self.json(name) {
            Some(json) => Some(Value::of_json(json)),
            None => (name == VARIABLES).then_some(Value::Map(Map::Found(self.variables))),
        }
    }

    /// What a dotted path leads to; a number in it indexes a list, from 0.
    pub(crate) fn find(&self, path: &str) -> Option<&'a Json> {
        let mut names = path.split('.');
        let first = self.json(names.next()?)?;
        names.try_fold(first, step)
    }

    /// What the names of a path lead to, as [`Self::find`] does; the first may be [`VARIABLES`].
    pub(crate) fn look_up(&self, names: &[String]) -> Option<Cow<'a, Json>> {
        let (first, rest) = names.split_first()?;
        let follow = |from: &'a Json, rest: &[String]| rest.iter().map(String::as_str).try_fold(from, step);
        match (self.json(first), rest.split_first()) {
            (Some(root), _) => follow(root, rest).map(Cow::Borrowed),
            (None, _) if first != VARIABLES => None,
            (None, Some((variable, rest))) => follow(self.variables.get(variable)?, rest).map(Cow::Borrowed),
            (None, None) => Some(Cow::Owned(Json::Object(self.variables.clone()))),
        }
    }

    fn json(&self, name: &str) -> Option<&'a Json> {
        let root = self.roots.iter().find(|(root, _)| *root == name).map(|(_, value)| *value);
        root.or_else(|| self.variables.get(name))
    }
}

fn step<'a>(value: &'a Json, name: &str) -> Option<&'a Json> {
    match value {
        Json::Object(object) => object.get(name),
        Json::Array(items) if name.bytes().all(|b| b.is_ascii_digit()) => items.get(name.parse::<usize>().ok()?),
        _ => None,
    }
}

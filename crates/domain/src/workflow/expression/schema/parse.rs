use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::keywords::is_known;
use super::{Additional, JsonType, Limits, Schema, join};
use crate::JsonMap;
use crate::problem::{Problem, ProblemCode};
use crate::workflow::expression::Pattern;

/// How deep a schema may nest.
pub const MAX_SCHEMA_DEPTH: usize = 32;

/// How many places a schema may describe.
pub const MAX_SCHEMA_NODES: usize = 2000;

/// Compiles the schema of an object.
pub(super) fn root(json: &Json) -> Result<Schema, Vec<Problem>> {
    let mut parser = Parser { problems: Vec::new(), nodes: 0 };
    let root = parser.schema(json, "", 0);
    if root.types.as_ref().is_some_and(|types| types.as_slice() != [JsonType::Object]) {
        parser.problem("type", "the variables are an object");
    }
    if parser.problems.is_empty() { Ok(root) } else { Err(parser.problems) }
}

struct Parser {
    problems: Vec<Problem>,
    nodes: usize,
}

impl Parser {
    fn problem(&mut self, path: &str, message: impl Into<String>) {
        self.problems.push(Problem::new(ProblemCode::InvalidValue, path, message));
    }

    fn schema(&mut self, json: &Json, path: &str, depth: usize) -> Schema {
        self.nodes += 1;
        if depth > MAX_SCHEMA_DEPTH || self.nodes > MAX_SCHEMA_NODES {
            if self.nodes <= MAX_SCHEMA_NODES + 1 {
                let message = format!("more than {MAX_SCHEMA_DEPTH} levels or {MAX_SCHEMA_NODES} places");
                self.problems.push(Problem::new(ProblemCode::TooLarge, path, message));
            }
            return Schema::default();
        }
        match json {
            Json::Bool(true) => Schema::default(),
            Json::Object(object) => self.object(object, path, depth),
            _ => {
                self.problem(path, "expected a schema: an object, or true");
                Schema::default()
            }
        }
    }

    fn object(&mut self, object: &JsonMap, path: &str, depth: usize) -> Schema {
        for keyword in object.keys().filter(|keyword| !is_known(keyword)) {
            self.problem(&join(path, keyword), format!("the keyword {keyword:?} is not supported"));
        }
        Schema {
            types: object.get("type").and_then(|json| self.types(json, &join(path, "type"))),
            properties: self.properties(object, path, depth),
            required: self.required(object, path),
            additional: self.additional(object, path, depth),
            items: object.get("items").map(|items| Box::new(self.schema(items, &join(path, "items"), depth + 1))),
            values: self.values(object, path),
            date_time: self.text(object, "format", path).is_some_and(|format| format == "date-time"),
            secret: self.flag(object, "x-secret", path),
            limits: self.limits(object, path),
        }
    }

    fn types(&mut self, json: &Json, path: &str) -> Option<Vec<JsonType>> {
        let names: Vec<&Json> = match json {
            Json::Array(names) if !names.is_empty() => names.iter().collect(),
            single => vec![single],
        };
        let types: Option<Vec<_>> = names.into_iter().map(|name| name.as_str().and_then(JsonType::of_name)).collect();
        if types.is_none() {
            let known = JsonType::ALL.map(JsonType::name).join(", ");
            self.problem(path, format!("expected one or several of {known}"));
        }
        types
    }

    fn properties(&mut self, object: &JsonMap, path: &str, depth: usize) -> BTreeMap<String, Schema> {
        let path = join(path, "properties");
        match object.get("properties") {
            None => BTreeMap::new(),
            Some(Json::Object(properties)) => properties
                .iter()
                .map(|(name, json)| (name.clone(), self.schema(json, &join(&path, name), depth + 1)))
                .collect(),
            Some(_) => {
                self.problem(&path, "expected an object of schemas");
                BTreeMap::new()
            }
        }
    }

    fn required(&mut self, object: &JsonMap, path: &str) -> BTreeSet<String> {
        let Some(json) = object.get("required") else { return BTreeSet::new() };
        let names =
            json.as_array().and_then(|names| names.iter().map(|name| name.as_str().map(str::to_owned)).collect());
        names.unwrap_or_else(|| {
            self.problem(&join(path, "required"), "expected a list of names");
            BTreeSet::new()
        })
    }

    fn additional(&mut self, object: &JsonMap, path: &str, depth: usize) -> Additional {
        match object.get("additionalProperties") {
            None | Some(Json::Bool(true)) => Additional::Anything,
            Some(Json::Bool(false)) => Additional::Nothing,
            Some(json) => {
                Additional::Fitting(Box::new(self.schema(json, &join(path, "additionalProperties"), depth + 1)))
            }
        }
    }

    fn values(&mut self, object: &JsonMap, path: &str) -> Option<Vec<Json>> {
        match (object.get("enum"), object.get("const")) {
            (None, None) => None,
            (None, Some(value)) => Some(vec![value.clone()]),
            (Some(Json::Array(values)), None) if !values.is_empty() => Some(values.clone()),
            (Some(_), None) => {
                self.problem(&join(path, "enum"), "expected a list of values");
                None
            }
            (Some(_), Some(_)) => {
                self.problem(&join(path, "const"), "expected either enum or const");
                None
            }
        }
    }

    fn limits(&mut self, object: &JsonMap, path: &str) -> Limits {
        Limits {
            minimum: self.number(object, "minimum", path),
            maximum: self.number(object, "maximum", path),
            min_length: self.count(object, "minLength", path),
            max_length: self.count(object, "maxLength", path),
            min_items: self.count(object, "minItems", path),
            max_items: self.count(object, "maxItems", path),
            pattern: self.pattern(object, path),
        }
    }

    fn number(&mut self, object: &JsonMap, keyword: &str, path: &str) -> Option<Json> {
        self.read(object, keyword, path, "a number", |json| json.is_number().then(|| json.clone()))
    }

    fn count(&mut self, object: &JsonMap, keyword: &str, path: &str) -> Option<u64> {
        self.read(object, keyword, path, "a whole number from 0", Json::as_u64)
    }

    fn text<'j>(&mut self, object: &'j JsonMap, keyword: &str, path: &str) -> Option<&'j str> {
        self.read(object, keyword, path, "a text", Json::as_str)
    }

    fn flag(&mut self, object: &JsonMap, keyword: &str, path: &str) -> bool {
        self.read(object, keyword, path, "true or false", Json::as_bool).unwrap_or(false)
    }

    fn pattern(&mut self, object: &JsonMap, path: &str) -> Option<Pattern> {
        let compiled = Pattern::compile(self.text(object, "pattern", path)?);
        compiled.map_err(|why| self.problem(&join(path, "pattern"), why)).ok()
    }

    fn read<'j, T>(
        &mut self,
        object: &'j JsonMap,
        keyword: &str,
        path: &str,
        expected: &str,
        read: impl FnOnce(&'j Json) -> Option<T>,
    ) -> Option<T> {
        let value = read(object.get(keyword)?);
        if value.is_none() {
            self.problem(&join(path, keyword), format!("expected {expected}"));
        }
        value
    }
}

//! Whether values fit a schema.

use std::cmp::Ordering;

use serde_json::Value as Json;

use super::{Additional, JsonType, Limits, Schema, join};
use crate::JsonMap;
use crate::problem::{Problem, ProblemCode};
use crate::workflow::expression::compare::{Order, order, same};
use crate::workflow::expression::fuel::{Fuel, Spent};
use crate::workflow::expression::time::parse_timestamp;
use crate::workflow::expression::value::Value;

/// Everything that does not fit.
pub(super) fn variables(schema: &Schema, variables: &JsonMap) -> Vec<Problem> {
    let mut checker = Checker { problems: Vec::new(), fuel: Fuel::default() };
    checker.object(schema, variables, "");
    checker.problems
}

struct Checker {
    problems: Vec<Problem>,
    /// What all searches of patterns together may cost.
    fuel: Fuel,
}

impl Checker {
    fn problem(&mut self, path: &str, message: impl Into<String>) {
        self.problems.push(Problem::new(ProblemCode::InvalidValue, path, message));
    }

    fn value(&mut self, schema: &Schema, value: &Json, path: &str) {
        let found = JsonType::of(value);
        if let Some(types) = &schema.types
            && !types.iter().any(|expected| expected.takes(found))
        {
            let expected: Vec<_> = types.iter().map(|expected| expected.name()).collect();
            self.problem(path, format!("expected {}, found {}", expected.join(" or "), found.name()));
            return;
        }
        if schema.values.as_ref().is_some_and(|values| !values.iter().any(|expected| equal(expected, value))) {
            self.problem(path, "expected one of the values of the schema");
        }
        match value {
            Json::Number(_) => self.number(&schema.limits, value, path),
            Json::String(text) => self.text(schema, text, path),
            Json::Array(items) => self.list(schema, items, path),
            Json::Object(object) => self.object(schema, object, path),
            Json::Null | Json::Bool(_) => {}
        }
    }

    fn number(&mut self, limits: &Limits, value: &Json, path: &str) {
        if let Some(minimum) = &limits.minimum
            && compared(value, minimum) == Some(Ordering::Less)
        {
            self.problem(path, format!("expected at least {minimum}"));
        }
        if let Some(maximum) = &limits.maximum
            && compared(value, maximum) == Some(Ordering::Greater)
        {
            self.problem(path, format!("expected at most {maximum}"));
        }
    }

    fn text(&mut self, schema: &Schema, text: &str, path: &str) {
        let limits = &schema.limits;
        self.count(text.chars().count(), limits.min_length, limits.max_length, "characters", path);
        match limits.pattern.as_ref().map(|pattern| pattern.is_match(text, &mut self.fuel)) {
            Some(Ok(false)) => self.problem(path, "expected a text that matches the pattern of the schema"),
            Some(Err(Spent)) => self.problem(path, "expected less text where the schema has patterns"),
            Some(Ok(true)) | None => {}
        }
        if schema.date_time && parse_timestamp(text).is_none() {
            self.problem(path, "expected an instant such as 2026-03-01T12:00:00Z");
        }
    }

    fn list(&mut self, schema: &Schema, items: &[Json], path: &str) {
        self.count(items.len(), schema.limits.min_items, schema.limits.max_items, "items", path);
        if let Some(item_schema) = &schema.items {
            for (index, item) in items.iter().enumerate() {
                self.value(item_schema, item, &format!("{path}[{index}]"));
            }
        }
    }

    fn object(&mut self, schema: &Schema, object: &JsonMap, path: &str) {
        for name in schema.required.iter().filter(|name| !object.contains_key(*name)) {
            self.problem(&join(path, name), "required, but missing");
        }
        for (name, value) in object {
            match (schema.properties.get(name), &schema.additional) {
                (Some(schema), _) => self.value(schema, value, &join(path, name)),
                (None, Additional::Fitting(schema)) => self.value(schema, value, &join(path, name)),
                (None, Additional::Nothing) => self.problem(&join(path, name), "the schema has no such field"),
                (None, Additional::Anything) => {}
            }
        }
    }

    fn count(&mut self, found: usize, least: Option<u64>, most: Option<u64>, what: &str, path: &str) {
        let found = u64::try_from(found).unwrap_or(u64::MAX);
        if let Some(least) = least.filter(|least| found < *least) {
            self.problem(path, format!("expected at least {least} {what}, found {found}"));
        }
        if let Some(most) = most.filter(|most| found > *most) {
            self.problem(path, format!("expected at most {most} {what}, found {found}"));
        }
    }
}

fn equal(a: &Json, b: &Json) -> bool {
    same(&Value::of_json(a), &Value::of_json(b), &mut Fuel::new(u64::MAX)).unwrap_or(false)
}

fn compared(a: &Json, b: &Json) -> Option<Ordering> {
    match order(&Value::of_json(a), &Value::of_json(b), &mut Fuel::new(u64::MAX)) {
        Ok(Order::Known(order)) => Some(order),
        _ => None,
    }
}

//! What an input schema may say, and what it says of variables.

pub mod support;

use nexusflow_domain::problem::ProblemCode;
use nexusflow_domain::workflow::expression::{InputSchema, MAX_SCHEMA_DEPTH, MAX_SCHEMA_NODES};
use serde_json::{Value, json};
use support::map;

fn schema() -> InputSchema {
    InputSchema::parse(&json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A permit",
        "type": "object",
        "required": ["customer", "amount"],
        "additionalProperties": false,
        "properties": {
            "amount": { "type": "number", "minimum": 0, "maximum": 1e6 },
            "count": { "type": "integer", "description": "whole" },
            "region": { "enum": ["EU", "US"] },
            "version": { "const": 1 },
            "due": { "type": ["string", "null"], "format": "date-time" },
            "mail": { "type": "string", "format": "email", "minLength": 3, "maxLength": 10, "pattern": "@" },
            "anything": true,
            "customer": {
                "type": "object",
                "required": ["name"],
                "properties": { "name": { "type": "string" }, "code": { "type": "string", "x-secret": true } },
                "additionalProperties": { "type": "integer" },
            },
            "items": {
                "type": "array", "minItems": 1, "maxItems": 3,
                "items": { "type": "object", "properties": { "sku": { "type": "string" } }, "required": ["sku"] },
            },
        },
    }))
    .expect("a schema")
}

/// The problems of variables that are right but for these.
fn problems(changes: &Value) -> Vec<(String, String)> {
    let mut variables = map(&json!({ "amount": 1, "customer": { "name": "Ada" } }));
    variables.extend(map(changes));
    variables.retain(|_, value| *value != json!("absent"));
    schema().check(&variables).into_iter().map(|problem| (problem.path, problem.message)).collect()
}

#[test]
fn variables_that_fit_have_no_problem() {
    for changes in [
        json!({}),
        json!({ "amount": 0.5, "count": -3, "region": "US", "version": 1.0, "due": null, "anything": [1, {}] }),
        json!({ "due": "2026-03-01T12:00:00+02:00", "mail": "a@b", "customer": { "name": "", "age": 4 } }),
        json!({ "items": [{ "sku": "a", "more": true }] }),
    ] {
        assert_eq!(problems(&changes), [], "{changes}");
    }
}

#[test]
fn everything_that_does_not_fit_is_listed_with_its_place() {
    for (changes, path, message) in [
        (json!({ "amount": "absent" }), "amount", "required, but missing"),
        (json!({ "amount": "5" }), "amount", "expected number, found string"),
        (json!({ "amount": null }), "amount", "expected number, found null"),
        (json!({ "amount": -0.5 }), "amount", "expected at least 0"),
        (json!({ "amount": 1_000_001 }), "amount", "expected at most 1000000.0"),
        (json!({ "count": 1.0 }), "count", "expected integer, found number"),
        (json!({ "region": "eu" }), "region", "expected one of the values of the schema"),
        (json!({ "version": 2 }), "version", "expected one of the values of the schema"),
        (json!({ "due": 5 }), "due", "expected string or null, found integer"),
        (json!({ "due": "tomorrow" }), "due", "expected an instant such as 2026-03-01T12:00:00Z"),
        (json!({ "mail": "@é" }), "mail", "expected at least 3 characters, found 2"),
        (json!({ "mail": "@234567890é" }), "mail", "expected at most 10 characters, found 11"),
        (json!({ "mail": "abc" }), "mail", "expected a text that matches the pattern of the schema"),
        (json!({ "customer": [] }), "customer", "expected object, found array"),
        (json!({ "customer": {} }), "customer.name", "required, but missing"),
        (json!({ "customer": { "name": "a", "age": "4" } }), "customer.age", "expected integer, found string"),
        (json!({ "items": [] }), "items", "expected at least 1 items, found 0"),
        (json!({ "items": [{ "sku": "a" }, { "sku": 1 }] }), "items[1].sku", "expected string, found integer"),
        (json!({ "items": [{}] }), "items[0].sku", "required, but missing"),
        (json!({ "colour": 1 }), "colour", "the schema has no such field"),
    ] {
        assert_eq!(problems(&changes), [(path.to_owned(), message.to_owned())], "{changes}");
    }
    assert_eq!(problems(&json!({ "amount": "absent", "count": "1", "colour": 1 })).len(), 3);
}

#[test]
fn searching_patterns_is_bounded() {
    let pattern = json!({ "properties": { "t": { "pattern": "(a|b)*a(a|b){1000}c" } } });
    let found = InputSchema::parse(&pattern).unwrap().check(&map(&json!({ "t": "ab".repeat(30_000) })));
    assert_eq!(found[0].message, "expected less text where the schema has patterns");
}

#[test]
fn no_problem_repeats_a_value() {
    let (secret, schema) = ("hunter2", schema());
    for variables in [
        json!({ "amount": secret, "region": secret, "due": secret, "mail": secret, "customer": secret }),
        json!({ "amount": 1, "customer": { "code": [secret] }, "items": secret }),
    ] {
        let problems = schema.check(&map(&variables));
        assert!(!problems.is_empty() && problems.iter().all(|problem| !problem.message.contains(secret)));
    }
}

#[test]
fn what_a_schema_cannot_say_is_refused_with_its_place() {
    for (json, path) in [
        (json!("object"), ""),
        (json!(false), ""),
        (json!({ "type": "array" }), "type"),
        (json!({ "oneOf": [] }), "oneOf"),
        (json!({ "properties": { "a": { "$ref": "#" } } }), "properties.a.$ref"),
        (json!({ "properties": { "a": { "multipleOf": 2 } } }), "properties.a.multipleOf"),
        (json!({ "properties": { "a": { "type": "decimal" } } }), "properties.a.type"),
        (json!({ "properties": { "a": { "type": [] } } }), "properties.a.type"),
        (json!({ "properties": { "a": { "items": [] } } }), "properties.a.items"),
        (json!({ "properties": { "a": { "items": { "tpye": "string" } } } }), "properties.a.items.tpye"),
        (json!({ "properties": [] }), "properties"),
        (json!({ "required": "a" }), "required"),
        (json!({ "required": [1] }), "required"),
        (json!({ "additionalProperties": 1 }), "additionalProperties"),
        (json!({ "properties": { "a": { "enum": [] } } }), "properties.a.enum"),
        (json!({ "properties": { "a": { "enum": [1], "const": 1 } } }), "properties.a.const"),
        (json!({ "properties": { "a": { "minimum": "1" } } }), "properties.a.minimum"),
        (json!({ "properties": { "a": { "maxLength": -1 } } }), "properties.a.maxLength"),
        (json!({ "properties": { "a": { "pattern": "(" } } }), "properties.a.pattern"),
        (json!({ "properties": { "a": { "format": 1 } } }), "properties.a.format"),
        (json!({ "properties": { "a": { "x-secret": "yes" } } }), "properties.a.x-secret"),
    ] {
        let problems = InputSchema::parse(&json).expect_err("cannot be said");
        assert_eq!(problems.first().map(|problem| problem.path.as_str()), Some(path), "{json}: {problems:?}");
    }
    let two = json!({ "oneOf": [], "properties": { "a": { "not": {} } } });
    assert_eq!(InputSchema::parse(&two).unwrap_err().len(), 2);
    assert!(InputSchema::parse(&json!({ "x-order": ["a"], "default": {}, "examples": [] })).is_ok());
}

#[test]
fn depth_and_size_of_a_schema_are_limited() {
    let nested = |depth: usize| (0..depth).fold(json!({}), |inner, _| json!({ "items": inner }));
    let at = |depth: usize| json!({ "properties": { "a": nested(depth - 1) } });
    assert!(InputSchema::parse(&at(MAX_SCHEMA_DEPTH)).is_ok());
    let codes = |json: &Value| InputSchema::parse(json).unwrap_err().into_iter().map(|problem| problem.code);
    assert_eq!(codes(&at(MAX_SCHEMA_DEPTH + 1)).collect::<Vec<_>>(), [ProblemCode::TooLarge]);
    let wide = |places: usize| {
        let properties: serde_json::Map<_, _> = (1..places).map(|n| (format!("p{n}"), json!({}))).collect();
        json!({ "properties": properties })
    };
    assert!(InputSchema::parse(&wide(MAX_SCHEMA_NODES)).is_ok());
    assert_eq!(codes(&wide(MAX_SCHEMA_NODES + 100)).collect::<Vec<_>>(), [ProblemCode::TooLarge]);
}

#[test]
fn a_schema_is_given_back_as_it_was_written() {
    let written = json!({ "type": "object", "x-hint": 1, "properties": { "a": { "const": null } } });
    assert_eq!(InputSchema::parse(&written).unwrap().to_json(), &written);
}

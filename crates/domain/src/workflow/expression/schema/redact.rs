//! What explanations may show of a value.

use serde_json::Value as Json;

use super::{InputSchema, Known, Schema};

/// What stands for a secret.
pub const SECRET: &str = "<secret>";

impl InputSchema {
    /// A copy of the value at a path with every secret replaced by [`SECRET`]. A path names fields and, by
    /// number, elements; below a secret everything is secret.
    pub fn redacted(&self, path: &[String], value: &Json) -> Json {
        let mut known = Known::Schema(&self.root);
        for name in path {
            let Known::Schema(schema) = known else { break };
            if schema.secret {
                return secret();
            }
            known = step(schema, name);
        }
        match known {
            Known::Schema(schema) => masked(schema, value),
            Known::Nothing => value.clone(),
        }
    }
}

/// What is known of a field, or of an element if the name is a number and items are described.
fn step<'s>(schema: &'s Schema, name: &str) -> Known<'s> {
    let is_index = !name.is_empty() && name.bytes().all(|b| b.is_ascii_digit());
    match (&schema.items, schema.properties.get(name)) {
        (_, Some(property)) => Known::Schema(property),
        (Some(items), None) if is_index => Known::Schema(items),
        _ => schema.property(name).unwrap_or(Known::Nothing),
    }
}

fn masked(schema: &Schema, value: &Json) -> Json {
    match value {
        _ if schema.secret => secret(),
        Json::Object(object) => object
            .iter()
            .map(|(name, value)| match schema.property(name) {
                Some(Known::Schema(schema)) => (name.clone(), masked(schema, value)),
                Some(Known::Nothing) | None => (name.clone(), value.clone()),
            })
            .collect(),
        Json::Array(items) => match &schema.items {
            Some(schema) => items.iter().map(|item| masked(schema, item)).collect(),
            None => value.clone(),
        },
        _ => value.clone(),
    }
}

fn secret() -> Json {
    Json::String(SECRET.to_owned())
}

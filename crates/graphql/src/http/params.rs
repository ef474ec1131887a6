use std::collections::HashMap;

use async_graphql::{Request, Variables};
use axum::extract::Query;
use axum::http::Uri;
use serde_json::{Map, Value};

use super::failure::Failure;

/// Reads the parameters of a request from JSON (GraphQL over HTTP, section "Request Parameters").
pub(super) fn from_json(json: Value) -> Result<Request, Failure> {
    let mut object = match json {
        Value::Object(object) => object,
        Value::Array(_) => return Err(Failure::bad_request("batches are not supported; send one request at a time")),
        _ => return Err(Failure::bad_request("expected a JSON object with the field \"query\"")),
    };
    let query = match object.remove("query") {
        Some(Value::String(query)) => query,
        None => return Err(Failure::bad_request("the parameter \"query\" is missing")),
        Some(_) => return Err(Failure::bad_request("the parameter \"query\" must be a string")),
    };
    let operation_name = match object.remove("operationName") {
        Some(Value::String(name)) => Some(name),
        None | Some(Value::Null) => None,
        Some(_) => return Err(Failure::bad_request("the parameter \"operationName\" must be a string")),
    };
    let variables = optional_map(&mut object, "variables")?;
    // Read by nobody, but the specification says what it must be.
    optional_map(&mut object, "extensions")?;
    Ok(request(query, operation_name, variables))
}

/// Reads the parameters of a GET from the query string; variables are URL-encoded JSON.
pub(super) fn from_uri(uri: &Uri) -> Result<Request, Failure> {
    let Query(mut fields) = Query::<HashMap<String, String>>::try_from_uri(uri)
        .map_err(|_| Failure::bad_request("the query string is not valid"))?;
    // Decoding replaces what is not UTF-8; a client that means the replacement character encodes it.
    let is_replaced = fields.values().any(|value| value.contains('\u{fffd}'));
    if is_replaced && !uri.query().unwrap_or_default().to_ascii_lowercase().contains("%ef%bf%bd") {
        return Err(Failure::bad_request("the query string is not valid UTF-8"));
    }
    let Some(query) = fields.remove("query") else {
        return Err(Failure::bad_request("the parameter \"query\" is missing"));
    };
    let mut object = Map::new();
    for name in ["variables", "extensions"] {
        if let Some(text) = fields.remove(name).filter(|text| !text.is_empty()) {
            let value = serde_json::from_str(&text)
                .map_err(|error| Failure::bad_request(format!("the parameter {name:?} is not JSON: {error}")))?;
            object.insert(name.to_owned(), value);
        }
    }
    let variables = optional_map(&mut object, "variables")?;
    optional_map(&mut object, "extensions")?;
    Ok(request(query, fields.remove("operationName"), variables))
}

fn optional_map(object: &mut Map<String, Value>, name: &str) -> Result<Value, Failure> {
    match object.remove(name) {
        None | Some(Value::Null) => Ok(Value::Object(Map::new())),
        Some(map @ Value::Object(_)) => Ok(map),
        Some(_) => Err(Failure::bad_request(format!("the parameter {name:?} must be an object"))),
    }
}

fn request(query: String, operation_name: Option<String>, variables: Value) -> Request {
    let mut request = Request::new(query).variables(Variables::from_json(variables));
    request.operation_name = operation_name.filter(|name| !name.is_empty());
    request
}

//! Tables of CEL sources and what they give on one set of variables.
#![expect(missing_docs, reason = "names of test helpers say it; the module is public so that each test may use a part")]
#![expect(clippy::missing_panics_doc, reason = "helpers of tests fail by panicking")]

use nexusflow_domain::workflow::expression::{EvaluationErrorKind as Kind, Expression, Fuel, Scope};
use serde_json::{Value, json};

use crate::support::map;

pub fn variables() -> Value {
    json!({
        "amount": 1500, "rate": 0.25, "region": "EU", "approved": true, "nothing": null, "big": u64::MAX, "least": i64::MIN,
        "customer": { "name": "Ada", "age": 36, "tags": ["gold", "eu"], "address": { "city": "Oslo", "zip": null } },
        "items": [{ "sku": "a", "quantity": 2, "price": 1.5 }, { "sku": "b", "quantity": 0, "price": 3.0 }],
        "mixed": [1, "two", 3.0], "empty": [], "list": [1, 2, 3], "type": "a variable may be called that",
    })
}

pub fn evaluate(source: &str) -> Result<Value, Kind> {
    let expression = Expression::from_cel(source).unwrap_or_else(|error| panic!("{source}: {error}"));
    expression.evaluate(&Scope::new(&map(&variables())), &mut Fuel::default()).map_err(|error| error.kind)
}

/// Every source has the value beside it.
pub fn values(table: &[(&str, Value)]) {
    for (source, expected) in table {
        assert_eq!(evaluate(source), Ok(expected.clone()), "{source}");
    }
}

/// Every source is true.
pub fn holds(sources: &[&str]) {
    for source in sources {
        assert_eq!(evaluate(source), Ok(json!(true)), "{source}");
    }
}

/// Every source fails with the kind beside it.
pub fn fails(table: &[(&str, Kind)]) {
    for (source, expected) in table {
        assert_eq!(evaluate(source), Err(*expected), "{source}");
    }
}

//! What the types of an input schema say of expressions and conditions.

pub mod support;

use nexusflow_domain::workflow::condition::Condition;
use nexusflow_domain::workflow::expression::{Declarations, Expression, InputSchema, Severity, TypeProblem};
use serde_json::{Value, json};

fn schema(additional: bool) -> InputSchema {
    InputSchema::parse(&json!({
        "additionalProperties": additional,
        "properties": {
            "amount": { "type": "number" },
            "count": { "type": "integer" },
            "region": { "type": "string", "enum": ["EU", "US"] },
            "approved": { "type": "boolean" },
            "due": { "type": "string", "format": "date-time" },
            "note": { "type": ["string", "null"] },
            "free": {},
            "tags": { "type": "array", "items": { "type": "string" } },
            "customer": {
                "type": "object",
                "properties": { "name": { "type": "string" }, "age": { "type": "integer" } },
                "additionalProperties": false,
            },
            "items": {
                "type": "array",
                "items": {
                    "type": "object", "additionalProperties": false,
                    "properties": { "sku": { "type": "string" }, "price": { "type": "number" } },
                },
            },
        },
    }))
    .expect("a schema")
}

fn problems(source: &str) -> Vec<String> {
    check(source, &schema(false)).iter().map(ToString::to_string).collect()
}

fn check(source: &str, schema: &InputSchema) -> Vec<TypeProblem> {
    let declarations = Declarations::new(schema).with("result", None);
    Expression::from_cel(source).unwrap_or_else(|error| panic!("{source}: {error}")).check_types(&declarations)
}

#[test]
fn expressions_that_can_be_evaluated_have_no_problem() {
    for source in [
        "amount > 1000 && region == 'EU'",
        "amount > 10.5 || count < 3",
        "count + 1 == 2 && count % 2 == 0",
        "customer.age >= 18 && customer['name'].startsWith('A')",
        "tags.all(tag, tag.size() < 10) && 'gold' in tags && tags[0] == 'a'",
        "items.filter(item, item.price > 1).map(item, item.sku)[0] == 'a'",
        "items.map(item, double(item.price) * 1.5)",
        "timestamp(due) - duration('24h') < timestamp('2026-01-01T00:00:00Z')",
        "timestamp(due).getFullYear() + 1",
        "note == null || note.contains('a')",
        "customer.age != null",
        "has(customer.age) && has(variables.count) && variables.count > 1",
        "free.anything[0] + 1 > free",
        "free == 'x' || free == 1",
        "result.whatever > 1",
        "variables.result.whatever > 1",
        "approved ? 1 : 'a'",
        "(approved ? 1 : 2) + 1",
        "type(count) == int && dyn(count) == 'a'",
        "{'a': count}.a + 1",
        "region in ['EU', 'US']",
        "customer.all(name, name != '')",
        "string(count) + region",
        "tags + ['x'] == tags",
    ] {
        assert_eq!(problems(source), Vec::<String>::new(), "{source}");
    }
}

#[test]
fn every_problem_of_types_is_listed_with_its_place() {
    for (source, expected) in [
        ("customer.age == 'old'", "customer.age: integer compared with string"),
        ("'old' != customer.age", "'old': string compared with integer"),
        ("customer.age < customer.name", "customer.age: integer compared with string"),
        ("approved < 1", "approved: boolean compared with integer"),
        ("tags < tags", "tags: array compared with array"),
        ("note > 5", "note: string or null compared with integer"),
        ("customerr.age > 1", "customerr: unknown variable customerr, did you mean customer?"),
        ("xyz", "xyz: unknown variable xyz"),
        ("customer.aeg > 1", "customer.aeg: unknown field aeg, did you mean age?"),
        ("customer.height > 1", "customer.height: unknown field height"),
        ("customer['height'] > 1", "'height': unknown field height"),
        ("has(customer.height)", "has(customer.height): unknown field height"),
        ("variables.amonut > 1", "variables.amonut: unknown variable amonut, did you mean amount?"),
        ("count.size", "count: integer, but .size needs an object"),
        ("count[0]", "count: integer, but [] needs an array or an object"),
        ("tags['a']", "'a': string, but a list is indexed by an integer"),
        ("count + 'a'", "count + 'a': integer + string is not defined"),
        ("count * 1.5", "count * 1.5: integer * fraction is not defined; convert one with int() or double()"),
        ("amount * 1.5", "amount: number, whole or not; write double(amount)"),
        ("-region", "region: string, but - needs a signed number"),
        ("!count", "count: integer, but ! needs true or false"),
        ("count && true", "count: integer, but && needs true or false"),
        ("true || region", "region: string, but || needs true or false"),
        ("count ? 1 : 2", "count: integer, but ?: needs true or false"),
        ("region == 'UE'", "region: \"UE\" is none of \"EU\", \"US\""),
        ("'UE' == region", "region: \"UE\" is none of \"EU\", \"US\""),
        ("region in ['EU', 'UK']", "region: \"UK\" is none of \"EU\", \"US\""),
        ("count in tags", "count: integer compared with string"),
        ("count in region", "region: string, but in needs an array or an object"),
        ("count.startsWith('a')", "count: integer, but startsWith needs string"),
        ("region.contains(count)", "count: integer, but contains needs string"),
        ("count.matches('a')", "count: integer, but matches needs a string"),
        ("size(count)", "count: integer, but size needs string or array or object"),
        (
            "int(approved)",
            "approved: boolean, but int needs string or integer or unsigned integer or fraction or timestamp",
        ),
        ("due.getFullYear()", "due: string, but getFullYear needs timestamp"),
        ("timestamp(due) > due", "timestamp(due): timestamp compared with string"),
        ("count.all(x, true)", "count: integer, but all needs an array or an object"),
        ("items.all(item, item.sku)", "item.sku: string, but all needs true or false"),
        ("items.all(item, item.skuu == 'a')", "item.skuu: unknown field skuu, did you mean sku?"),
        ("tags.map(tag, tag + 1)", "tag + 1: string + integer is not defined"),
        ("{tags: 1}", "tags: array, but a key is a string, an integer or a boolean"),
        ("now > timestamp(due)", "now: unknown variable now"),
    ] {
        assert_eq!(problems(source), [expected], "{source}");
    }
    assert_eq!(problems("count == 'a' && region > 1 || xyz").len(), 3);
}

#[test]
fn a_guard_is_a_boolean_or_dynamic() {
    let schema = schema(false);
    let guard = |source| Expression::from_cel(source).unwrap().check_guard(&Declarations::new(&schema));
    for source in ["approved", "free", "count > 1", "free.deeper", "dyn(count)", "tags.exists(t, true)"] {
        assert_eq!(guard(source), [], "{source}");
    }
    for (source, expected) in [
        ("count", "count: integer, but a guard is true or false"),
        ("region + 'a'", "region + 'a': string, but a guard is true or false"),
        ("approved ? 1 : 2", "approved ? 1 : 2: integer, but a guard is true or false"),
    ] {
        assert_eq!(guard(source).iter().map(ToString::to_string).collect::<Vec<_>>(), [expected]);
    }
}

#[test]
fn where_the_schema_is_open_a_likely_typing_error_is_a_warning_and_the_rest_is_dynamic() {
    let open = schema(true);
    assert_eq!(check("anything.goes > 1 && other == 'x'", &open), []);
    let found = check("customerr.age > 1", &open);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].severity, Severity::Warning);
    assert_eq!(found[0].message, "unknown variable customerr, did you mean customer?");
    let sure = check("customer.agee > 1", &open);
    assert_eq!(sure[0].severity, Severity::Error);
    assert_eq!(check("amount * 2", &open)[0].severity, Severity::Warning);
    let nothing = InputSchema::parse(&json!({})).unwrap();
    assert_eq!(check("customerr.age > 1 && !x || y[0]", &nothing), []);
}

#[test]
fn a_problem_has_its_line_and_column() {
    let schema = schema(false);
    let found = check("approved &&\n  region == 'EU' && count == 'é' && xyz", &schema);
    let places: Vec<_> = found.iter().map(|problem| problem.position.map(|position| position.to_string())).collect();
    assert_eq!(places, [Some("2:21".to_owned()), Some("2:37".to_owned())]);
}

#[test]
fn roots_with_a_schema_are_typed_by_it() {
    let (schema, result) = (schema(false), json!({ "properties": { "code": { "type": "integer" } } }));
    let result = InputSchema::parse(&result).unwrap();
    let declarations = Declarations::new(&schema).with("result", Some(&result));
    let expression = Expression::from_cel("result.code == 'a'").unwrap();
    let found: Vec<_> = expression.check_types(&declarations).iter().map(ToString::to_string).collect();
    assert_eq!(found, ["result.code: integer compared with string"]);
}

#[test]
fn json_conditions_are_typed_by_the_same_schema() {
    let schema = schema(false);
    let problems = |json: &Value| -> Vec<String> {
        let condition = Condition::parse(json).unwrap();
        let found = condition.expression().check_guard(&Declarations::new(&schema));
        found.iter().map(ToString::to_string).collect()
    };
    let leaf =
        |field: &str, operator: &str, value: Value| json!({ "field": field, "operator": operator, "value": value });
    for json in [
        leaf("amount", "greater", json!(5)),
        leaf("customer.age", "equals", json!(5.0)),
        leaf("region", "in", json!(["EU"])),
        leaf("customer.age", "equals", Value::Null),
        leaf("tags", "contains", json!("a")),
        leaf("tags.0", "starts_with", json!("a")),
        leaf("items.0.sku", "equals", json!("a")),
        leaf("note", "matches", json!("a")),
        leaf("free.x.y", "less", json!("a")),
        leaf("due", "less", json!("2026-01-01T00:00:00Z")),
        json!({ "all": [leaf("approved", "equals", json!(true)), { "not": leaf("count", "exists", json!(true)) }] }),
    ] {
        assert_eq!(problems(&json), Vec::<String>::new(), "{json}");
    }
    for (json, expected) in [
        (leaf("customer.age", "equals", json!("5")), "customer.age: integer compared with string"),
        (leaf("customer.age", "less", json!("5")), "customer.age: integer compared with string"),
        (leaf("tags", "greater", json!(5)), "tags: array compared with integer"),
        (leaf("region", "equals", json!("UE")), "region: \"UE\" is none of \"EU\", \"US\""),
        (leaf("region", "in", json!(["EU", "UK"])), "region: \"UK\" is none of \"EU\", \"US\""),
        (leaf("count", "starts_with", json!("a")), "count: integer, but starts_with needs a string"),
        (leaf("count", "contains", json!("a")), "count: integer, but contains needs a string or an array"),
        (
            leaf("customerr.age", "exists", json!(true)),
            "customerr.age: unknown variable customerr, did you mean customer?",
        ),
        (leaf("customer.aeg", "exists", json!(true)), "customer.aeg: unknown field aeg, did you mean age?"),
        (leaf("items.0.skuu", "exists", json!(true)), "items.0.skuu: unknown field skuu, did you mean sku?"),
    ] {
        assert_eq!(problems(&json), [expected], "{json}");
    }
}

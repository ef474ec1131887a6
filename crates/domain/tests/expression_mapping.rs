//! Mappings, and conditions that are written in CEL.

pub mod support;

use nexusflow_domain::workflow::condition::Condition;
use nexusflow_domain::workflow::expression::{
    Declarations, EvaluationErrorKind as Kind, Fuel, InputSchema, MAX_TARGETS, Mapping, Scope,
};
use serde_json::{Map, Value, json};
use support::map;

#[test]
fn a_mapping_makes_variables_from_the_scope_as_it_was() {
    let mapping = Mapping::parse(&json!({
        "amount": "result.total * 2", "before": "amount", "tags": "votes.filter(v, v.yes).map(v, v.by)", "index": "index",
    }));
    let (variables, result) = (map(&json!({ "amount": 1 })), json!({ "total": 21 }));
    let (votes, index) = (json!([{ "by": "a", "yes": true }, { "by": "b", "yes": false }]), json!(7));
    let roots = [("result", &result), ("votes", &votes), ("index", &index)];
    let made = mapping.unwrap().evaluate(&Scope::with_roots(&variables, &roots), &mut Fuel::default()).unwrap();
    assert_eq!(Value::Object(made), json!({ "amount": 42, "before": 1, "tags": ["a"], "index": 7 }));
}

#[test]
fn an_error_names_the_variable_that_was_to_be_made() {
    let mapping = Mapping::parse(&json!({ "a": "1", "b": "x.y + 1" })).unwrap();
    let error = mapping.evaluate(&Scope::new(&map(&json!({ "x": {} }))), &mut Fuel::default()).unwrap_err();
    assert_eq!((error.target.as_str(), error.error.kind), ("b", Kind::NoSuchField));
    assert_eq!(error.to_string(), "b: the variable \"x.y\" is missing, but . needs a value");
}

#[test]
fn all_expressions_of_a_mapping_share_the_fuel() {
    let mapping = Mapping::parse(&json!({ "a": "t + t", "b": "t + t" })).unwrap();
    let variables = map(&json!({ "t": "x".repeat(100) }));
    let mut fuel = Fuel::default();
    mapping.evaluate(&Scope::new(&variables), &mut fuel).unwrap();
    let error = mapping.evaluate(&Scope::new(&variables), &mut Fuel::new(fuel.used() - 1)).unwrap_err();
    assert_eq!((error.target.as_str(), error.error.kind), ("b", Kind::CostExceeded));
}

#[test]
fn every_problem_of_a_mapping_is_listed() {
    let problems =
        Mapping::parse(&json!({ "a": "1 +", "b": 5, "c d": "1", "": "1", "9": "1", "fine": "1" })).unwrap_err();
    let paths: Vec<_> = problems.iter().map(|problem| problem.path.as_str()).collect();
    assert_eq!(paths, ["", "9", "a", "b", "c d"]);
    assert!(Mapping::parse(&json!(["a"])).is_err());
    let many = |count: usize| Value::Object((0..count).map(|n| (format!("v{n}"), json!("1"))).collect::<Map<_, _>>());
    assert!(Mapping::parse(&many(MAX_TARGETS)).is_ok());
    assert!(Mapping::parse(&many(MAX_TARGETS + 1)).is_err());
}

#[test]
fn a_mapping_is_given_back_as_it_was_written_and_typed() {
    let written = json!({ "a": "count + 1 // more", "b": "count + 'x'" });
    let mapping = Mapping::parse(&written).unwrap();
    assert_eq!(mapping.to_json(), written);
    let schema = InputSchema::parse(&json!({ "properties": { "count": { "type": "integer" } } })).unwrap();
    let problems: Vec<_> = mapping
        .check_types(&Declarations::new(&schema))
        .into_iter()
        .map(|(target, problem)| format!("{target}: {problem}"))
        .collect();
    assert_eq!(problems, ["b: count + 'x': integer + string is not defined"]);
}

#[test]
fn a_condition_is_a_cel_source_if_it_is_a_text() {
    let parse = |source: &str| Condition::parse(&json!(source));
    let condition = parse("amount > 1000 && region == 'EU'").unwrap();
    assert_eq!(condition.holds(&map(&json!({ "amount": 1001, "region": "EU" }))), Ok(true));
    assert_eq!(condition.holds(&map(&json!({ "amount": 1000, "region": "EU" }))), Ok(false));
    let error = condition.holds(&map(&json!({ "amount": "1001", "region": "EU" }))).unwrap_err();
    assert_eq!((error.field.as_str(), error.operator, error.expected), ("1000", ">", "a text"));
    assert_eq!(condition.to_json(), json!("amount > 1000 && region == 'EU'"));
    assert_eq!(condition, parse("amount > 1000 && region == 'EU'").unwrap());
    assert_ne!(condition, parse("amount > 1000  && region == 'EU'").unwrap());
    let error = parse("amount >\n nope(1)").unwrap_err();
    assert_eq!((error.path.as_str(), error.message.as_str()), ("condition", "2:6: there is no function nope"));
}

#[test]
fn both_languages_are_one_form_and_see_the_same_scope() {
    let json = json!({ "field": "item.price", "operator": "greater", "value": 5 });
    let (variables, item) = (map(&json!({ "item": { "price": 1 } })), json!({ "price": 6 }));
    let roots = [("item", &item)];
    for condition in [json, json!("item.price > 5")] {
        let condition = Condition::parse(&condition).unwrap();
        assert_eq!(condition.holds(&variables), Ok(false));
        let held = condition.expression().holds(&Scope::with_roots(&variables, &roots), &mut Fuel::default());
        assert_eq!(held, Ok(true));
    }
}

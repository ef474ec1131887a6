//! Random conditions: reading and evaluating never panic, and writing loses nothing.

pub mod support;

use nexusflow_domain::workflow::condition::{Condition, Operator};
use proptest::prelude::*;
use serde_json::{Number, Value, json};
use support::map;

fn arbitrary_json() -> impl Strategy<Value = Value> {
    let number = any::<f64>().prop_filter_map("finite", |n| Number::from_f64(n).map(Value::Number));
    let word = prop::sample::select(vec![
        "x",
        "y.0",
        "",
        "(",
        "a+",
        "equals",
        "matches",
        "in",
        "exists",
        "2026-01-01T00:00:00Z",
    ]);
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        number,
        "\\PC{0,6}".prop_map(Value::from),
        word.prop_map(Value::from),
    ];
    let name = prop::sample::select(vec!["all", "any", "not", "field", "operator", "value", "x", "y"]);
    scalar.prop_recursive(4, 24, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(name.clone().prop_map(str::to_owned), inner.clone(), 0..4)
                .prop_map(|object| Value::Object(object.into_iter().collect())),
            (prop::sample::select(Operator::ALL), inner)
                .prop_map(|(operator, value)| json!({ "field": "x.0", "operator": operator.as_str(), "value": value })),
        ]
    })
}

/// A value that the operator can use: the given one if it can.
fn fitting(operator: Operator, value: Value) -> Value {
    let json = json!({ "field": "x", "operator": operator.as_str(), "value": value });
    match operator {
        _ if Condition::parse(&json).is_ok() => value,
        Operator::In => json!([value]),
        Operator::Exists => json!(value.is_null()),
        _ => json!("2026-01-01T00:00:00Z"),
    }
}

fn arbitrary_condition() -> impl Strategy<Value = Value> {
    let field = prop::sample::select(vec!["x", "y", "x.0", "all", "not"]);
    let leaf = (field, prop::sample::select(Operator::ALL), arbitrary_json()).prop_map(|(field, operator, value)| {
        json!({ "field": field, "operator": operator.as_str(), "value": fitting(operator, value) })
    });
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(|parts| json!({ "all": parts })),
            prop::collection::vec(inner.clone(), 1..4).prop_map(|parts| json!({ "any": parts })),
            inner.prop_map(|part| json!({ "not": part })),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1_000) })]

    #[test]
    fn parsing_and_evaluating_never_panic(json in arbitrary_json(), variables in arbitrary_json()) {
        if let Ok(condition) = Condition::parse(&json) {
            let variables = json!({ "x": variables });
            prop_assert_eq!(condition.holds(&map(&variables)), condition.holds(&map(&variables)));
        }
    }

    #[test]
    fn written_and_read_again_a_condition_is_the_same(json in arbitrary_condition(), variables in arbitrary_json()) {
        let condition = Condition::parse(&json).unwrap();
        let text = condition.to_json().to_string();
        let again = Condition::parse(&serde_json::from_str(&text).unwrap()).unwrap();
        prop_assert_eq!(format!("{condition:?}"), format!("{again:?}"));
        prop_assert_eq!(&condition, &again);
        let variables = map(&json!({ "x": variables, "y": 1 }));
        prop_assert_eq!(condition.holds(&variables), again.holds(&variables));
    }
}

//! What each operator of a condition says about each kind of value, and what cannot be compiled.

pub mod support;

use nexusflow_domain::workflow::condition::{Condition, MAX_DEPTH, MAX_LEAVES, Operator};
use serde_json::{Value, json};
use support::map;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Holds,
    DoesNot,
    Mismatch,
}
use Verdict::{DoesNot, Holds, Mismatch};

/// What `field` of the variables says to the operator and its value.
fn verdict(field: &str, operator: Operator, value: &Value, variables: &Value) -> Verdict {
    let json = json!({ "field": field, "operator": operator.as_str(), "value": value });
    match Condition::parse(&json).expect("a valid condition").holds(&map(variables)) {
        Ok(true) => Holds,
        Ok(false) => DoesNot,
        Err(mismatch) => {
            assert_eq!((mismatch.field.as_str(), mismatch.operator), (field, operator.as_str()));
            assert!(!mismatch.expected.contains(mismatch.found), "a message that says nothing: {mismatch}");
            Mismatch
        }
    }
}

/// One operator with a value: what holds, what does not, what cannot be compared, and the verdict on
/// a missing field, which is that on `null`.
struct Row {
    operator: Operator,
    value: Value,
    holds: Value,
    does_not: Value,
    mismatch: Value,
    missing: Verdict,
}

fn rows() -> Vec<Row> {
    let row = |operator, value, holds, does_not, mismatch, missing| Row {
        operator,
        value,
        holds,
        does_not,
        mismatch,
        missing,
    };
    let not_number = json!(["5", true, [5], { "a": 5 }]);
    let not_text = json!([5, true, ["abc"], { "a": "abc" }]);
    let no = json!([]);
    vec![
        row(Operator::Equals, json!("a"), json!(["a"]), json!(["A", "", 1, true, ["a"], {}]), no.clone(), DoesNot),
        row(Operator::Equals, Value::Null, no.clone(), json!([0, false, "", [], {}]), no.clone(), Holds),
        row(
            Operator::Equals,
            json!([1, { "b": 2 }]),
            json!([[1.0, { "b": 2.0 }]]),
            json!([[1], [{ "b": 2 }, 1]]),
            no.clone(),
            DoesNot,
        ),
        row(
            Operator::Equals,
            json!({ "a": 1 }),
            json!([{ "a": 1.0 }]),
            json!([{ "a": 1, "b": 1 }, { "b": 1 }, {}]),
            no.clone(),
            DoesNot,
        ),
        row(Operator::NotEquals, json!("a"), json!(["A", 1, true, [], {}]), json!(["a"]), no.clone(), Holds),
        row(Operator::NotEquals, Value::Null, json!([0, ""]), no.clone(), no.clone(), DoesNot),
        row(Operator::Greater, json!(5), json!([6, 5.5]), json!([5, 5.0, 4, -6]), not_number.clone(), DoesNot),
        row(Operator::GreaterOrEqual, json!(5), json!([5, 5.0, 6]), json!([4.99, 4]), not_number.clone(), DoesNot),
        row(Operator::Less, json!(5), json!([4, 4.99, -6]), json!([5, 5.0, 6]), not_number.clone(), DoesNot),
        row(Operator::LessOrEqual, json!(5), json!([5, 5.0, 4]), json!([5.01, 6]), not_number, DoesNot),
        row(
            Operator::Greater,
            json!("b"),
            json!(["c", "ba", "é"]),
            json!(["b", "a", "B", ""]),
            not_text.clone(),
            DoesNot,
        ),
        row(
            Operator::LessOrEqual,
            json!("b"),
            json!(["b", "a", "B", ""]),
            json!(["ba", "c"]),
            not_text.clone(),
            DoesNot,
        ),
        row(
            Operator::Contains,
            json!("b"),
            json!(["abc", "b", ["a", "b"]]),
            json!(["ac", "", ["ab"], [], [["b"]]]),
            json!([5, true, { "b": 1 }]),
            DoesNot,
        ),
        row(Operator::Contains, json!(1), json!([[1], [2, 1.0]]), json!([["1"], []]), json!(["1", 1, {}]), DoesNot),
        row(Operator::Contains, Value::Null, json!([[null]]), json!([[1], []]), json!(["null", 1]), DoesNot),
        row(
            Operator::In,
            json!(["a", 1, null]),
            json!(["a", 1, 1.0]),
            json!(["b", 2, ["a"], {}, true]),
            no.clone(),
            Holds,
        ),
        row(Operator::In, json!(["a", 1]), json!(["a"]), json!(["b"]), no.clone(), DoesNot),
        row(Operator::In, json!([]), no.clone(), json!(["a", 1, [], {}]), no.clone(), DoesNot),
        row(Operator::Exists, json!(true), json!([0, false, "", [], {}]), no.clone(), no.clone(), DoesNot),
        row(Operator::Exists, json!(false), no.clone(), json!([0, false, "", [], {}]), no, Holds),
        row(
            Operator::StartsWith,
            json!("ab"),
            json!(["abc", "ab"]),
            json!(["cab", "a", "", "ABc"]),
            not_text.clone(),
            DoesNot,
        ),
        row(
            Operator::EndsWith,
            json!("ab"),
            json!(["cab", "ab"]),
            json!(["abc", "b", "", "cAB"]),
            not_text.clone(),
            DoesNot,
        ),
        row(
            Operator::Matches,
            json!("^a.c$"),
            json!(["abc", "a\u{e9}c"]),
            json!(["xabc", "ac", ""]),
            not_text.clone(),
            DoesNot,
        ),
        row(Operator::Matches, json!("b+"), json!(["abbc"]), json!(["ac"]), not_text, DoesNot),
    ]
}

#[test]
fn every_operator_says_what_the_table_says() {
    for Row { operator, value, holds, does_not, mismatch, missing } in rows() {
        for (expected, found) in [(Holds, &holds), (DoesNot, &does_not), (Mismatch, &mismatch)] {
            for found in found.as_array().unwrap() {
                let said = verdict("x", operator, &value, &json!({ "x": found }));
                assert_eq!(said, expected, "{found} {operator} {value}");
            }
        }
        for variables in [json!({}), json!({ "x": null }), json!({ "y": 1 })] {
            assert_eq!(verdict("x", operator, &value, &variables), missing, "{variables}: {operator} {value}");
        }
    }
    let tested: Vec<_> = rows().iter().map(|row| row.operator).collect();
    assert!(Operator::ALL.iter().all(|operator| tested.contains(operator)));
}

#[test]
fn numbers_compare_by_value_exactly() {
    let ordered = [
        json!(-1e300),
        json!(i64::MIN),
        json!(i64::MIN + 1),
        json!(-1.5),
        json!(-1),
        json!(0),
        json!(0.1),
        json!(1),
        json!(1.5),
        json!(9_007_199_254_740_992u64),
        json!(9_007_199_254_740_993u64),
        json!(i64::MAX),
        json!(9_223_372_036_854_775_808.0),
        json!(9_223_372_036_854_775_809u64),
        json!(u64::MAX),
        json!(18_446_744_073_709_551_616.0),
        json!(1e300),
    ];
    for (i, a) in ordered.iter().enumerate() {
        for (j, b) in ordered.iter().enumerate() {
            let says = |operator| verdict("x", operator, b, &json!({ "x": a })) == Holds;
            assert_eq!(says(Operator::Equals), i == j, "{a} equals {b}");
            assert_eq!(says(Operator::Greater), i > j, "{a} greater {b}");
            assert_eq!(says(Operator::LessOrEqual), i <= j, "{a} less_or_equal {b}");
        }
    }
    for (a, b) in [
        (json!(1), json!(1.0)),
        (json!(0), json!(-0.0)),
        (json!(9_007_199_254_740_992u64), json!(9_007_199_254_740_992.0)),
    ] {
        assert_eq!(verdict("x", Operator::Equals, &a, &json!({ "x": b })), Holds, "{a} {b}");
        assert_eq!(verdict("x", Operator::Equals, &b, &json!({ "x": a })), Holds, "{b} {a}");
        assert_eq!(verdict("x", Operator::Less, &a, &json!({ "x": b })), DoesNot, "{b} < {a}");
    }
}

#[test]
fn instants_compare_in_time_and_other_texts_by_code_point() {
    let later = [
        ("2026-03-01T12:00:00Z", "2026-03-01T13:30:00+02:00"),
        ("2026-03-01T00:30:00-01:00", "2026-03-01T01:00:00Z"),
        ("2026-03-01T12:00:00.000001Z", "2026-03-01T12:00:00Z"),
        ("2026-03-02", "2026-03-01"),
        ("b", "2026-03-01T12:00:00Z"),
    ];
    for (a, b) in later {
        assert_eq!(verdict("x", Operator::Greater, &json!(b), &json!({ "x": a })), Holds, "{a} > {b}");
        assert_eq!(verdict("x", Operator::Less, &json!(a), &json!({ "x": b })), Holds, "{b} < {a}");
    }
    let (noon, same) = (json!("2026-03-01T12:00:00Z"), json!({ "x": "2026-03-01T14:00:00+02:00" }));
    for (operator, expected) in [
        (Operator::GreaterOrEqual, Holds),
        (Operator::LessOrEqual, Holds),
        (Operator::Greater, DoesNot),
        (Operator::Less, DoesNot),
        (Operator::Equals, DoesNot),
    ] {
        assert_eq!(verdict("x", operator, &noon, &same), expected, "{operator}");
    }
}

#[test]
fn paths_go_into_objects_and_lists() {
    let variables =
        json!({ "order": { "lines": [{ "sku": "a" }, { "sku": "b" }], "0": "zero" }, "a.b": 1, "t": "text" });
    for (path, expected) in [
        ("order.lines.1.sku", json!("b")),
        ("order.0", json!("zero")),
        ("order.lines.0", json!({ "sku": "a" })),
        ("order.lines.2.sku", Value::Null),
        ("order.lines.-1", Value::Null),
        ("order.lines.+1", Value::Null),
        ("order.lines.sku", Value::Null),
        ("order.nothing.deeper", Value::Null),
        ("t.0", Value::Null),
        ("a.b", Value::Null),
    ] {
        assert_eq!(verdict(path, Operator::Equals, &expected, &variables), Holds, "{path}");
    }
}

#[test]
fn combinations_go_only_as_far_as_needed() {
    let yes = json!({ "field": "x", "operator": "equals", "value": 1 });
    let no = json!({ "field": "x", "operator": "equals", "value": 2 });
    let bad = json!({ "field": "x", "operator": "starts_with", "value": "a" });
    for (json, expected) in [
        (json!({ "all": [yes, yes] }), Some(true)),
        (json!({ "all": [yes, no] }), Some(false)),
        (json!({ "all": [no, bad] }), Some(false)),
        (json!({ "all": [yes, bad] }), None),
        (json!({ "any": [no, yes] }), Some(true)),
        (json!({ "any": [yes, bad] }), Some(true)),
        (json!({ "any": [no, no] }), Some(false)),
        (json!({ "any": [no, bad] }), None),
        (json!({ "not": yes }), Some(false)),
        (json!({ "not": no }), Some(true)),
        (json!({ "not": bad }), None),
    ] {
        let held = Condition::parse(&json).unwrap().holds(&map(&json!({ "x": 1 })));
        assert_eq!(held.ok(), expected, "{json}");
    }
}

#[test]
fn what_cannot_work_is_refused_with_its_place() {
    let leaf = |operator: &str, value: Value| json!({ "field": "x", "operator": operator, "value": value });
    for (json, path) in [
        (json!(true), "condition"),
        (json!({}), "condition.field"),
        (json!({ "all": [] }), "condition.all"),
        (json!({ "any": {} }), "condition.any"),
        (json!({ "all": [leaf("equals", json!(1)), 5] }), "condition.all[1]"),
        (json!({ "not": { "any": [{ "field": 5 }] } }), "condition.not.any[0].field"),
        (json!({ "all": [leaf("equals", json!(1))], "any": [] }), "condition"),
        (json!({ "field": "x", "operator": "equals", "value": 1, "valeu": 2 }), "condition"),
        (json!({ "field": "", "operator": "exists" }), "condition.field"),
        (json!({ "field": "a..b", "operator": "exists" }), "condition.field"),
        (json!({ "field": "a".repeat(257), "operator": "exists" }), "condition.field"),
        (json!({ "field": "x", "operator": "like", "value": 1 }), "condition.operator"),
        (json!({ "field": "x", "operator": "equals" }), "condition.value"),
        (leaf("greater", json!(true)), "condition.value"),
        (leaf("less", Value::Null), "condition.value"),
        (leaf("contains", json!([1])), "condition.value"),
        (leaf("in", json!("a")), "condition.value"),
        (leaf("exists", json!("yes")), "condition.value"),
        (leaf("starts_with", json!(1)), "condition.value"),
        (leaf("ends_with", Value::Null), "condition.value"),
        (leaf("matches", json!(1)), "condition.value"),
        (leaf("matches", json!("(")), "condition.value"),
        (leaf("matches", json!("(?=a)")), "condition.value"),
        (leaf("matches", json!("(a{1000}){1000}")), "condition.value"),
        (leaf("matches", json!("a|".repeat(200_000))), "condition.value"),
        (leaf("matches", json!("(".repeat(100_000))), "condition.value"),
    ] {
        let error = Condition::parse(&json).expect_err("cannot work");
        assert_eq!(error.path, path, "{}", error.message.chars().take(200).collect::<String>());
    }
    assert!(Condition::parse(&json!({ "field": "a".repeat(256), "operator": "exists" })).is_ok());
}

#[test]
fn nesting_and_number_of_comparisons_are_limited() {
    let leaf = json!({ "field": "x", "operator": "exists" });
    let nested = |depth: usize| (0..depth).fold(leaf.clone(), |inner, _| json!({ "not": inner }));
    assert!(Condition::parse(&nested(MAX_DEPTH)).is_ok());
    assert!(Condition::parse(&nested(MAX_DEPTH + 1)).is_err());
    let wide = |leaves: usize| json!({ "any": [{ "all": vec![leaf.clone(); leaves - 1] }, leaf] });
    assert!(Condition::parse(&wide(MAX_LEAVES)).is_ok());
    assert!(Condition::parse(&wide(MAX_LEAVES + 1)).is_err());
}

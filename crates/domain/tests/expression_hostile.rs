//! Whatever somebody sends: an answer in bounded time and stack, never a panic.

pub mod support;

use std::time::{Duration, Instant};

use nexusflow_domain::workflow::condition::Condition;
use nexusflow_domain::workflow::expression::{
    COST_LIMIT, Declarations, EvaluationErrorKind as Kind, Expression, Fuel, InputSchema, MAX_BRACKETS, MAX_DEPTH,
    MAX_JSON_DEPTH, MAX_SOURCE_BYTES, Scope,
};
use proptest::prelude::*;
use serde_json::{Value, json};
use support::map;

/// Runs on a stack of one mebibyte, half of what a server's thread has.
fn on_a_small_stack<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    std::thread::Builder::new().stack_size(1 << 20).spawn(work).expect("a thread").join().expect("no panic")
}

fn evaluate(source: &str, variables: &Value, fuel: &mut Fuel) -> Result<Value, Kind> {
    let expression = Expression::from_cel(source).unwrap_or_else(|error| panic!("{source}: {error}"));
    expression.evaluate(&Scope::new(&map(variables)), fuel).map_err(|error| error.kind)
}

#[test]
fn sources_that_are_too_deep_or_too_long_are_refused_before_they_are_parsed() {
    on_a_small_stack(|| {
        for source in [
            "(".repeat(100_000),
            format!("{}1{}", "(".repeat(100_000), ")".repeat(100_000)),
            format!("{}1{}", "(".repeat(2000), ")".repeat(2000)),
            "[".repeat(4000),
            "{".repeat(4000),
            ")".repeat(4000),
            "f(".repeat(2000),
            "a[".repeat(2000),
            format!("1{}", "+1".repeat(2000)),
            format!("a{}", ".a".repeat(2000)),
            format!("a{}", ".a()".repeat(1000)),
            format!("a{}", "[0]".repeat(1300)),
            format!("a{}", "<a".repeat(2000)),
            format!("{}a", "a?a:".repeat(1000)),
            format!("{}a", "!".repeat(4000)),
            format!("{}a", "-".repeat(4000)),
            format!("{}a{}", "l.all(x,".repeat(500), ")".repeat(500)),
            format!("'{}'", "\\q".repeat(1000)),
            format!("'\\q{}", "(".repeat(4000)),
            format!("1r'\\'{}", "(".repeat(4000)),
            format!("\"\n{}\"", "(".repeat(4000)),
            format!("`{}`", "(".repeat(4000)),
            "\u{0}".repeat(4000),
            "é".repeat(2000),
        ] {
            assert!(Expression::from_cel(&source).is_err(), "{}", source.chars().take(30).collect::<String>());
        }
    });
}

#[test]
fn sources_at_the_limits_are_compiled_and_evaluated_on_a_small_stack() {
    on_a_small_stack(|| {
        let chain = MAX_DEPTH;
        for source in [
            format!("{}true{}", "(".repeat(MAX_BRACKETS), ")".repeat(MAX_BRACKETS)),
            format!("1{} > 0", "+1".repeat(chain - 1)),
            format!("{}true", "false?false:".repeat(chain)),
            format!("{}true", "!".repeat(chain)),
            format!("true{}", "&&true".repeat(600)),
            format!("false{}||true", "||false".repeat(500)),
            format!("l.all(x,{}true{})", "l.all(x,".repeat(30), ")".repeat(30)),
            format!("'{}' != ''", "a".repeat(4000)),
            format!("'{}' != ''", "(".repeat(4000)),
            format!("[{}] != []", "1,".repeat(1900)),
            format!("true // {}", "(".repeat(4000)),
        ] {
            assert!(source.len() <= MAX_SOURCE_BYTES);
            assert_eq!(evaluate(&source, &json!({ "l": [1] }), &mut Fuel::default()), Ok(json!(true)), "{source}");
        }
    });
    for (source, allowed) in [
        (format!("1{}", "+1".repeat(MAX_DEPTH)), true),
        (format!("1{}", "+1".repeat(MAX_DEPTH + 1)), false),
        (format!("{}1{}", "(".repeat(MAX_BRACKETS), ")".repeat(MAX_BRACKETS)), true),
        (format!("{}1{}", "(".repeat(MAX_BRACKETS + 1), ")".repeat(MAX_BRACKETS + 1)), false),
        (format!("{}1", " ".repeat(MAX_SOURCE_BYTES - 1)), true),
        (format!("{}1", " ".repeat(MAX_SOURCE_BYTES)), false),
    ] {
        assert_eq!(Expression::from_cel(&source).is_ok(), allowed, "{source}");
    }
}

#[test]
fn what_cannot_be_compiled_says_where_and_why() {
    for (source, message) in [
        ("", "1:1: mismatched input '<EOF>'"),
        ("1 +", "1:4: mismatched input '<EOF>'"),
        ("a &&\n  nope(b)", "2:7: there is no function nope"),
        ("a.nope()", "1:7: there is no function nope"),
        ("a && ]", "1:6: mismatched input ']'"),
        ("x.int()", "1:6: int is not a method; write int(…)"),
        ("contains(a, b)", "1:9: contains is a method; write value.contains(…)"),
        ("a.contains()", "1:11: contains takes 2 arguments, the receiver included; found 1"),
        ("b'bytes'", "1:1: bytes are not supported"),
        ("Message{field: 1}", "1:8: messages are not supported; write a map"),
        ("has(a)", "1:4: has takes one field, such as has(variables.amount)"),
        ("has(a[0])", "1:4: has takes one field, such as has(variables.amount)"),
        ("l.all(x.y, true)", "1:8: all needs a simple name as its variable"),
        ("l.all(x)", "1:6: all takes a variable and a condition"),
        ("l.map(x)", "1:6: map takes a variable, perhaps a condition, and a value"),
        ("a.matches(b)", "1:11: matches needs its pattern as a literal text"),
        ("a.matches('(')", "1:11: not a usable regular expression"),
        ("a.matches('(?=b)')", "1:11: not a usable regular expression"),
        ("a.matches('(a{1000}){1000}')", "1:11: not a usable regular expression"),
        ("'é' + if", "1:7: reserved identifier: if"),
        ("'\\d'", "1:2: not an escape of CEL; in a pattern write r'…' or double the backslash"),
        ("'open", "1:1: the text has no closing quote"),
        ("'a\nb'", "1:3: the text does not end on its line"),
        ("1'a'", "1:2: expected an operator before a text"),
        ("a.?b", "1:"),
        ("9223372036854775808", "1:1: invalid int literal"),
        ("1e999", "1:1: invalid double literal"),
        ("a ? b", "1:"),
        ("a b", "1:3: "),
        ("{a: 1, ?b: 2}", "1:"),
    ] {
        let error = Expression::from_cel(source).expect_err(source).to_string();
        assert!(error.starts_with(message), "{source}: {error}");
    }
}

#[test]
fn an_evaluation_ends_at_its_cost_limit() {
    let numbers: Vec<u32> = (0..1000).collect();
    let (big, long) = (json!({ "l": numbers }), json!({ "t": "ab".repeat(30_000) }));
    for (source, variables) in [
        ("l.all(x, l.all(y, l.all(z, x + y + z >= 0)))", &big),
        ("l.map(x, l.map(y, l.map(z, x)))", &big),
        ("l.map(x, l)", &big),
        ("l.exists(x, l.map(y, y) == [x])", &big),
        ("l.filter(x, l == l.map(y, y)) == l.filter(x, l == l.map(y, y))", &big),
        ("true || l.all(x, l.all(y, l.all(z, true)))", &json!({ "l": [] })),
        (
            "[1,2,3,4,5,6,7,8,9,10].all(a, [t, t, t].all(b, b.matches('(a|b|ab)*$') && b.contains('c') || b + b != b))",
            &long,
        ),
        ("[1,2,3,4,5,6,7,8,9,10].map(a, t + t + t + t) == []", &long),
        ("[t, t, t, t, t, t, t, t, t, t, t, t, t, t, t, t, t, t].all(x, x == t)", &long),
    ] {
        let mut fuel = Fuel::default();
        let began = Instant::now();
        let result = evaluate(source, variables, &mut fuel);
        if source.starts_with("true") {
            assert_eq!(result, Ok(json!(true)));
        } else {
            assert_eq!(result, Err(Kind::CostExceeded), "{source}");
            assert_eq!(fuel.used(), COST_LIMIT);
        }
        assert!(began.elapsed() < Duration::from_secs(20), "{source} took {:?}", began.elapsed());
    }
}

#[test]
fn a_cost_that_is_exceeded_is_not_absorbed() {
    let variables = json!({ "l": (0..100).collect::<Vec<u32>>() });
    for source in
        ["l.all(x, x >= 0) || true", "true && (l.all(x, x >= 0) || true)", "l.exists(y, l.all(x, x >= 0) || true)"]
    {
        assert_eq!(evaluate(source, &variables, &mut Fuel::new(50)), Err(Kind::CostExceeded), "{source}");
    }
    assert_eq!(evaluate("true || l.all(x, x >= 0)", &variables, &mut Fuel::new(50)), Ok(json!(true)));
    let json = json!({ "any": [
        { "field": "t", "operator": "contains", "value": "b" }, { "field": "t", "operator": "exists" },
    ] });
    let (condition, variables) = (Condition::parse(&json).unwrap(), map(&json!({ "t": "a".repeat(100) })));
    let error = condition.holds_in(&Scope::new(&variables), &mut Fuel::new(50)).unwrap_err();
    assert_eq!((error.kind, error.field.as_str()), (Kind::CostExceeded, "t"));
}

#[test]
fn every_node_element_and_byte_costs() {
    let cost = |source: &str, variables: Value| {
        let mut fuel = Fuel::default();
        Expression::from_cel(source).unwrap().holds(&Scope::new(&map(&variables)), &mut fuel).unwrap();
        fuel.used()
    };
    let text = |length: usize| json!({ "t": "a".repeat(length), "u": "a".repeat(length) });
    let list = |length: usize| json!({ "l": vec![1; length] });
    for (source, variables) in [
        ("t == u", [text(100), text(1100)]),
        ("t <= u", [text(100), text(1100)]),
        ("t + '' == u", [text(100), text(1100)]),
        ("!t.contains('b')", [text(100), text(1100)]),
        ("t.matches('a*')", [text(100), text(1100)]),
        ("size(t) > 0", [text(100), text(1100)]),
        ("l.all(x, true)", [list(100), list(1100)]),
        ("!(2 in l)", [list(100), list(1100)]),
        ("l == l", [list(100), list(1100)]),
        ("l + [] == l", [list(100), list(1100)]),
    ] {
        let [short, long] = variables;
        let more = cost(source, long) - cost(source, short);
        assert!((1000..=4100).contains(&more), "{source}: {more}");
    }
    assert_eq!(cost("true", json!({})), 1);
}

#[test]
fn a_pattern_costs_by_the_size_of_its_automaton() {
    let variables = json!({ "t": "ab".repeat(500) });
    let cost = |pattern: &str| {
        let mut fuel = Fuel::default();
        evaluate(&format!("t.matches(r'{pattern}')"), &variables, &mut fuel).expect("within the limit");
        fuel.used()
    };
    let (small, large) = (cost("a+c"), cost("(a|b)*a(a|b){1000}c"));
    assert!((4000..5000).contains(&small) && large > 50 * small, "{small}, {large}");
    let long = json!({ "t": "ab".repeat(30_000) });
    let heavy = evaluate("t.matches(r'(a|b)*a(a|b){1000}c')", &long, &mut Fuel::default());
    assert_eq!(heavy, Err(Kind::CostExceeded));
}

#[test]
fn results_do_not_nest_deeper_than_they_can_be_read_again() {
    let mut value = json!(1);
    let mut levels = 0;
    while let Ok(wrapped) = evaluate("[v]", &json!({ "v": value }), &mut Fuel::default()) {
        (value, levels) = (wrapped, levels + 1);
    }
    assert_eq!(levels, MAX_JSON_DEPTH);
    assert_eq!(evaluate("[v]", &json!({ "v": value }), &mut Fuel::default()), Err(Kind::NotJson));
}

fn fragments() -> impl Strategy<Value = String> {
    let fragment = prop::sample::select(vec![
        "a",
        "l",
        "x.y",
        "1",
        "2u",
        "1.5",
        "'s'",
        "\"q",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ",",
        ":",
        "?",
        "&&",
        "||",
        "!",
        "-",
        "+",
        "*",
        "/",
        "%",
        "==",
        "<",
        " in ",
        ".",
        "..",
        "@",
        "`b`",
        "b'x'",
        "r'",
        "'''",
        "\\",
        "é",
        "\u{0}",
        "\n",
        "//",
        "if",
        "null",
        "true",
        "has(",
        ".all(x,",
        ".map(y,",
        "size(",
        "0x",
        "1e9",
        "M{",
        "?.",
        "[?",
        "$",
        ";",
        "'\\x'",
        "'\\U0011FFFF'",
        "'\\",
        ".matches('",
        "int(",
        "timestamp('2026-01-01T00:00:00Z')",
        "duration('1h')",
        "-9223372036854775808",
        " ",
    ]);
    prop::collection::vec(fragment, 0..40).prop_map(|fragments| fragments.concat())
}

fn answers(source: &str) {
    if let Ok(expression) = Expression::from_cel(source) {
        let variables = map(&json!({ "a": 1, "l": [1, 2], "x": { "y": "s" } }));
        let scope = Scope::new(&variables);
        let value = expression.evaluate(&scope, &mut Fuel::default());
        let again = expression.evaluate(&scope, &mut Fuel::default());
        assert_eq!(value, again, "not deterministic: {source}");
        let schema = InputSchema::parse(&json!({ "properties": { "a": { "type": "integer" }, "l": { "items": {} } } }));
        let schema = schema.expect("a schema");
        let declarations = Declarations::new(&schema);
        expression.check_guard(&declarations);
        expression.explain(&scope, &mut Fuel::default(), &declarations);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn fragments_of_sources_in_any_order_are_answered(source in fragments()) {
        on_a_small_stack(move || answers(&source));
    }

    #[test]
    fn any_text_is_answered(source in any::<String>()) {
        on_a_small_stack(move || answers(&source));
    }
}

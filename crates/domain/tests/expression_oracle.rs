//! Random expressions have the value, or fail, as the `cel` crate's own interpreter says.
//!
//! Left out, because the two differ there: comparisons of whole numbers with doubles beyond 2^53, which
//! that interpreter rounds and the language definition compares exactly; a map added to a list, which it
//! ignores and which has no overload.

pub mod support;

use std::collections::BTreeMap;
use std::sync::Arc;

use cel::objects::{Key, Value as Oracle};
use nexusflow_domain::workflow::expression::{Expression, Fuel, Scope};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Map, Value, json};
use support::map;

fn variables() -> Value {
    json!({
        "i": 3, "n": -7, "z": 0, "d": 2.5, "t": "text", "e": "", "b": true, "null_": null,
        "l": [1, 2, 3], "s": ["a", "text"], "x": [1, "a", 2.5, null, [1]],
        "m": { "i": 4, "t": "nested", "l": [0, 5], "m": { "b": false } },
    })
}

/// What an expression is meant to give; now and then it gives something else.
#[derive(Debug, Clone, Copy)]
enum Wanted {
    Truth,
    Number,
    Text,
    List,
    Map,
    Whatever,
}
use Wanted::{List, Number, Text, Truth, Whatever};

fn literal(wanted: Wanted) -> BoxedStrategy<String> {
    let any = ["missing", "null", "null_", "[[1]]", "x", "18446744073709551615u", "2u", "0u", "d", "l", "t", "b", "i"];
    let choices: &[&str] = match wanted {
        Truth => &["b", "true", "false", "m.m.b"],
        Number => {
            &["i", "n", "z", "m.i", "0", "1", "-1", "7", "9223372036854775807", "-9223372036854775808", "-2.5", "d"]
        }
        Text => &["t", "e", "m.t", "''", "'a'", "'te'", "'é😀'", "s[0]", "'7'"],
        List => &["l", "s", "x", "m.l", "[]", "[1, 2]", "['a', 'text']", "[3, 2.5, 2u]"],
        Wanted::Map => &["m", "{'i': 1, 't': 'u'}", "{'k': [1]}", "m.m"],
        Whatever => &any,
    };
    prop::sample::select(choices.to_vec()).prop_map(str::to_owned).boxed()
}

/// Two parts put into a template: the first for `$`, the second for `#`.
fn filled(
    template: &'static str,
    first: BoxedStrategy<String>,
    second: BoxedStrategy<String>,
) -> BoxedStrategy<String> {
    (first, second).prop_map(move |(first, second)| template.replace('$', &first).replace('#', &second)).boxed()
}

fn expression(wanted: Wanted, depth: u32) -> BoxedStrategy<String> {
    if depth == 0 {
        return literal(wanted);
    }
    let part = move |wanted| expression(wanted, depth - 1);
    let of = move |template, first, second| filled(template, part(first), part(second));
    let among = |options: Vec<BoxedStrategy<String>>| prop::strategy::Union::new(options).boxed();
    let forms = match wanted {
        Truth => vec![
            of("($ && #)", Truth, Truth),
            of("($ || #)", Truth, Truth),
            of("(!$)", Truth, Truth),
            of("($ == #)", Number, Number),
            of("($ != #)", Whatever, Whatever),
            of("($ < #)", Number, Number),
            of("($ >= #)", Number, Number),
            of("($ <= #)", Text, Text),
            of("($ == #)", List, List),
            of("($ in #)", Number, List),
            of("($ in #)", Text, Wanted::Map),
            of("($ in #)", Whatever, Whatever),
            of("$.contains(#)", Text, Text),
            of("$.startsWith(#)", Text, Text),
            of("$.endsWith(#)", Text, Text),
            of("$.all(i, #)", List, Truth),
            of("$.exists(i, #)", List, Truth),
            of("$.exists_one(i, #)", List, Truth),
            of("$.all(t, #)", Wanted::Map, Truth),
            of("has(m.none) || $ || #", Truth, Truth),
            of("has($.i) == #", Wanted::Map, Truth),
        ],
        Number => vec![
            of("($ + #)", Number, Number),
            of("($ - #)", Number, Number),
            of("($ * #)", Number, Number),
            of("($ / #)", Number, Number),
            of("($ % #)", Number, Number),
            of("(-($))", Number, Number),
            of("size($)", Text, Text),
            of("size($)", List, List),
            of("$.size()", Wanted::Map, Text),
            of("int($)", Number, Number),
            of("uint($)", Number, Number),
            of("double($)", Number, Number),
            of("int($)", Text, Text),
            of("$[#]", List, Number),
            of("$.i", Wanted::Map, Text),
        ],
        Text => vec![
            of("($ + #)", Text, Text),
            of("string($)", Number, Text),
            of("$['t']", Wanted::Map, Text),
            of("s[$]", Number, Text),
        ],
        List => vec![
            of("($ + #)", List, List),
            of("[$, #]", Whatever, Whatever),
            of("$.map(i, #)", List, Number),
            of("$.map(i, # > 1, i)", List, Number),
            of("$.filter(i, #)", List, Truth),
            of("$.filter(d, d == #)", List, Whatever),
            of("$.l", Wanted::Map, Text),
        ],
        Wanted::Map => vec![
            of("{'i': $, 't': #}", Number, Text),
            of("{'l': $, 'm': #}", List, Whatever),
            of("$.m", Wanted::Map, Text),
        ],
        Whatever => vec![part(Truth), part(Number), part(Text), part(List), part(Wanted::Map)],
    };
    let choice = (part(Truth), part(wanted), part(wanted)).prop_map(|(test, a, b)| format!("({test} ? {a} : {b})"));
    prop_oneof![3 => literal(wanted), 12 => among(forms), 1 => choice, 1 => literal(Whatever)].boxed()
}

fn sources() -> BoxedStrategy<String> {
    expression(Whatever, 4)
}

/// What the interpreter says, in JSON; an error without its kind.
fn asked(source: &str) -> Result<Value, String> {
    let program = cel::Program::compile(source).map_err(|error| error.to_string())?;
    let mut context = cel::Context::default();
    for (name, value) in map(&variables()) {
        context.add_variable_from_value(name, to_oracle(&value));
    }
    let value = program.execute(&context).map_err(|error| error.to_string())?;
    from_oracle(&value).ok_or_else(|| "not JSON".to_owned())
}

fn to_oracle(json: &Value) -> Oracle {
    match json {
        Value::Null => Oracle::Null,
        Value::Bool(value) => Oracle::Bool(*value),
        Value::Number(number) => {
            number.as_i64().map_or_else(|| Oracle::Float(number.as_f64().unwrap_or(f64::NAN)), Oracle::Int)
        }
        Value::String(text) => Oracle::String(Arc::new(text.clone())),
        Value::Array(items) => Oracle::List(Arc::new(items.iter().map(to_oracle).collect())),
        Value::Object(object) => {
            let entries = object.iter().map(|(key, value)| (Key::from(key.as_str()), to_oracle(value)));
            Oracle::Map(cel::objects::Map { map: Arc::new(entries.collect()) })
        }
    }
}

fn from_oracle(value: &Oracle) -> Option<Value> {
    Some(match value {
        Oracle::Null => Value::Null,
        Oracle::Bool(value) => Value::from(*value),
        Oracle::Int(value) => Value::from(*value),
        Oracle::UInt(value) => Value::from(*value),
        Oracle::Float(value) => Value::Number(serde_json::Number::from_f64(*value)?),
        Oracle::String(text) => Value::from(text.as_str()),
        Oracle::List(items) => items.iter().map(from_oracle).collect::<Option<Vec<_>>>()?.into(),
        Oracle::Map(entries) => {
            let entries = entries.map.iter().map(|(key, value)| {
                let Key::String(key) = key else { return None };
                Some((key.to_string(), from_oracle(value)?))
            });
            Value::Object(entries.collect::<Option<Map<_, _>>>()?)
        }
        _ => return None,
    })
}

fn ours(source: &str) -> Result<Value, String> {
    let expression = Expression::from_cel(source).map_err(|error| error.to_string())?;
    let variables = map(&variables());
    expression.evaluate(&Scope::new(&variables), &mut Fuel::default()).map_err(|error| error.to_string())
}

/// The order of a map's keys is nobody's business; lists made of keys are compared as bags.
fn agree(ours: &Result<Value, String>, theirs: &Result<Value, String>) -> bool {
    match (ours, theirs) {
        (Ok(ours), Ok(theirs)) => sorted(ours) == sorted(theirs),
        (Err(_), Err(_)) => true,
        _ => false,
    }
}

/// Both a number beyond 2^53 and a double: see above.
fn rounds(source: &str) -> bool {
    source.contains("9223372036854775") && ["d", "2.5"].iter().any(|double| source.contains(double))
}

fn sorted(value: &Value) -> String {
    match value {
        Value::Array(items) => {
            let mut items: Vec<_> = items.iter().map(sorted).collect();
            items.sort();
            format!("[{}]", items.join(","))
        }
        Value::Object(object) => {
            let entries: BTreeMap<_, _> = object.iter().map(|(key, value)| (key, sorted(value))).collect();
            format!("{entries:?}")
        }
        Value::Number(number) => format!("{number}"),
        other => other.to_string(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn random_expressions_have_the_value_that_the_interpreter_gives(source in sources()) {
        let (ours, theirs) = (ours(&source), asked(&source));
        prop_assert!(agree(&ours, &theirs) || rounds(&source), "{source}\n  ours: {ours:?}\n  theirs: {theirs:?}");
    }
}

#[test]
fn many_of_the_random_expressions_have_a_value_to_compare() {
    let (mut runner, strategy) = (TestRunner::deterministic(), sources());
    let made = (0..500).map(|_| strategy.new_tree(&mut runner).unwrap().current());
    let made = made.filter(|source| source.len() > 10 && ours(source).is_ok()).count();
    assert!(made >= 100, "only {made} of 500");
}

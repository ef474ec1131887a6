//! What CEL says, example by example: <https://github.com/google/cel-spec/blob/master/doc/langdef.md>.

pub mod support;

use nexusflow_domain::workflow::expression::{EvaluationErrorKind as Kind, Expression, Fuel, Scope};
use serde_json::{Value, json};
use support::map;

fn variables() -> Value {
    json!({
        "amount": 1500, "rate": 0.25, "region": "EU", "approved": true, "nothing": null, "big": u64::MAX, "least": i64::MIN,
        "customer": { "name": "Ada", "age": 36, "tags": ["gold", "eu"], "address": { "city": "Oslo", "zip": null } },
        "items": [{ "sku": "a", "quantity": 2, "price": 1.5 }, { "sku": "b", "quantity": 0, "price": 3.0 }],
        "mixed": [1, "two", 3.0], "empty": [], "list": [1, 2, 3], "type": "a variable may be called that",
    })
}

fn evaluate(source: &str) -> Result<Value, Kind> {
    let expression = Expression::from_cel(source).unwrap_or_else(|error| panic!("{source}: {error}"));
    expression.evaluate(&Scope::new(&map(&variables())), &mut Fuel::default()).map_err(|error| error.kind)
}

/// Every source has the value beside it.
fn values(table: &[(&str, Value)]) {
    for (source, expected) in table {
        assert_eq!(evaluate(source), Ok(expected.clone()), "{source}");
    }
}

/// Every source is true.
fn holds(sources: &[&str]) {
    for source in sources {
        assert_eq!(evaluate(source), Ok(json!(true)), "{source}");
    }
}

/// Every source fails with the kind beside it.
fn fails(table: &[(&str, Kind)]) {
    for (source, expected) in table {
        assert_eq!(evaluate(source), Err(*expected), "{source}");
    }
}

#[test]
fn literals_have_their_values() {
    values(&[
        ("1", json!(1)),
        ("-1", json!(-1)),
        ("0x1F", json!(31)),
        ("7u", json!(7)),
        ("-9223372036854775808", json!(i64::MIN)),
        ("18446744073709551615u", json!(u64::MAX)),
        ("1.5", json!(1.5)),
        ("1e3", json!(1000.0)),
        ("-0.5", json!(-0.5)),
        ("true", json!(true)),
        ("null", Value::Null),
        (r#""a\tb\"""#, json!("a\tb\"")),
        (r"'\u00e9\x41\101\U0001F600'", json!("éAA😀")),
        (r"r'\d'", json!("\\d")),
        ("'''a\n'b'''", json!("a\n'b")),
        ("[1, 'a', [true]]", json!([1, "a", [true]])),
        ("{'a': 1, 'b': {'c': []}}", json!({ "a": 1, "b": { "c": [] } })),
        ("{1: 'x', true: 'y', 2u: 'z'}", json!({ "1": "x", "true": "y", "2": "z" })),
        ("1 // a comment\n + 2", json!(3)),
    ]);
}

#[test]
fn arithmetic_is_checked_and_stays_within_a_type() {
    values(&[
        ("1 + 2 * 3 - 4", json!(3)),
        ("(1 + 2) * 3", json!(9)),
        ("7 / 2", json!(3)),
        ("-7 / 2", json!(-3)),
        ("-7 % 3", json!(-1)),
        ("7u % 4u", json!(3)),
        ("1.0 / 4.0", json!(0.25)),
        ("-amount", json!(-1500)),
        ("rate * 2.0", json!(0.5)),
        ("'a' + 'b'", json!("ab")),
        ("[1] + ['a']", json!([1, "a"])),
        ("double(amount) * rate", json!(375.0)),
    ]);
    fails(&[
        ("9223372036854775807 + 1", Kind::Overflow),
        ("least - 1", Kind::Overflow),
        ("-least", Kind::Overflow),
        ("least / -1", Kind::Overflow),
        ("least % -1", Kind::Overflow),
        ("4611686018427387904 * 2", Kind::Overflow),
        ("0u - 1u", Kind::Overflow),
        ("big + 1u", Kind::Overflow),
        ("1 / 0", Kind::DivisionByZero),
        ("1 % 0", Kind::DivisionByZero),
        ("1u / 0u", Kind::DivisionByZero),
        ("1 + 1.0", Kind::Type),
        ("1 + 1u", Kind::Type),
        ("1.0 % 2.0", Kind::Type),
        ("'a' + 1", Kind::Type),
        ("'a' * 2", Kind::Type),
        ("-1u", Kind::Type),
        ("-'a'", Kind::Type),
        ("true + false", Kind::Type),
        ("null + null", Kind::Type),
        ("1.0 / 0.0", Kind::NotJson),
    ]);
    holds(&["1.0 / 0.0 > 1e308", "0.0 / 0.0 != 0.0 / 0.0", "-1.0 / 0.0 < -1e308"]);
}

#[test]
fn numbers_compare_by_value_across_types() {
    holds(&[
        "1 == 1.0",
        "1u == 1",
        "1 != 1.5",
        "2 > 1.5",
        "1u < 2.5",
        "-1 < 1u",
        "big > 9223372036854775807",
        "9007199254740993 > 9007199254740992.0",
        "9007199254740992 == 9007199254740992.0",
        "9223372036854775807 < 9223372036854775808.0",
        "big < 18446744073709551616.0",
        "least == -9223372036854775808.0",
        "-1.5 < -1",
        "-1 > -1.5",
        "1e300 > 1",
        "1 > -1e300",
        "!(0.0 / 0.0 < 1) && !(0.0 / 0.0 >= 1) && 0.0 / 0.0 != 1",
        "[1, 2] == [1.0, 2u]",
        "{'a': 1} == {'a': 1.0}",
        "{1: 'a'} == {1u: 'a'}",
        "{'a': 1, 'b': 2} == {'b': 2, 'a': 1}",
        "[1] != [1, 2]",
        "'1' != 1",
        "null == nothing",
        "null != 0",
        "customer.address == {'city': 'Oslo', 'zip': null}",
        "'a' < 'b' && 'B' < 'a' && 'a' < 'aa' && 'z' < 'é'",
        "false < true",
    ]);
    fails(&[
        ("1 < 'a'", Kind::Type),
        ("'a' < 1", Kind::Type),
        ("[1] < [2]", Kind::Type),
        ("null < 1", Kind::Type),
        ("nothing >= nothing", Kind::Type),
    ]);
}

#[test]
fn and_and_or_look_past_an_error_for_an_operand_that_decides() {
    holds(&[
        "true || 1 / 0 > 0",
        "1 / 0 > 0 || true",
        "1 / 0 > 0 || false || true",
        "!(false && 1 / 0 > 0)",
        "!(1 / 0 > 0 && false)",
        "!(1 / 0 > 0 && true && false)",
        "true || unknown",
        "true || 'not a boolean'",
        "'not a boolean' || true",
        "(1 / 0 > 0 || true) && !(unknown && false)",
    ]);
    fails(&[
        ("1 / 0 > 0 || false", Kind::DivisionByZero),
        ("false || 1 / 0 > 0", Kind::DivisionByZero),
        ("true && 1 / 0 > 0", Kind::DivisionByZero),
        ("unknown && 1 / 0 > 0", Kind::UnknownVariable),
        ("false || 'a'", Kind::Type),
        ("true && 1", Kind::Type),
        ("!1", Kind::Type),
        ("!(1 / 0 > 0)", Kind::DivisionByZero),
    ]);
}

#[test]
fn a_choice_evaluates_the_chosen_side_alone() {
    values(&[
        ("approved ? 1 : 1 / 0", json!(1)),
        ("!approved ? 1 / 0 : 2", json!(2)),
        ("amount > 1000 ? 'large' : amount > 100 ? 'middle' : 'small'", json!("large")),
    ]);
    fails(&[("1 ? 2 : 3", Kind::Type), ("unknown ? 2 : 2", Kind::UnknownVariable)]);
}

#[test]
fn fields_keys_and_indexes_are_found_or_an_error() {
    values(&[
        ("customer.address.city", json!("Oslo")),
        ("customer['address']['city']", json!("Oslo")),
        ("customer.address.zip", Value::Null),
        ("items[1].sku", json!("b")),
        ("items[1u].sku", json!("b")),
        ("items[1.0].sku", json!("b")),
        ("{1: 'one'}[1]", json!("one")),
        ("{1: 'one'}[1u]", json!("one")),
        ("{1: 'one'}[1.0]", json!("one")),
        ("{'a': 1}.a", json!(1)),
        ("variables.amount", json!(1500)),
        (".amount", json!(1500)),
        ("[[1, 2], [3]][0][1]", json!(2)),
    ]);
    fails(&[
        ("customer.height", Kind::NoSuchField),
        ("customer['height']", Kind::NoSuchField),
        ("customer[0]", Kind::NoSuchField),
        ("nothing.a", Kind::Type),
        ("amount.a", Kind::Type),
        ("amount[0]", Kind::Type),
        ("list[3]", Kind::IndexOutside),
        ("list[-1]", Kind::IndexOutside),
        ("list[big]", Kind::IndexOutside),
        ("list['0']", Kind::Type),
        ("list[0.5]", Kind::Type),
        ("unknown", Kind::UnknownVariable),
        ("unknown.field", Kind::UnknownVariable),
        ("{'a': 1, 'a': 2}", Kind::DuplicateKey),
        ("{1: 1, 1u: 2}", Kind::DuplicateKey),
        ("{1.5: 1}", Kind::Type),
        ("{null: 1}", Kind::Type),
    ]);
}

#[test]
fn has_asks_for_presence_and_in_for_membership() {
    holds(&[
        "has(customer.name)",
        "has(customer.address.zip)",
        "!has(customer.height)",
        "has(variables.amount)",
        "!has(variables.height)",
        "has({'a': 1}.a)",
        "'gold' in customer.tags",
        "!('silver' in customer.tags)",
        "'name' in customer",
        "!(1 in customer)",
        "2 in [1, 2.0]",
        "2u in list",
        "!('2' in list)",
        "1 in {1.0 == 1.0 ? 1 : 2: 'x'}",
        "!(1 in empty)",
        "null in [null]",
    ]);
    fails(&[
        ("has(amount.x)", Kind::Type),
        ("has(customer.height.unit)", Kind::NoSuchField),
        ("1 in 1", Kind::Type),
        ("'a' in 'abc'", Kind::Type),
    ]);
}

#[test]
fn macros_walk_lists_and_the_keys_of_maps() {
    values(&[
        ("list.all(x, x > 0)", json!(true)),
        ("list.all(x, x > 1)", json!(false)),
        ("list.exists(x, x == 3)", json!(true)),
        ("list.exists(x, x == 4)", json!(false)),
        ("list.exists_one(x, x > 2)", json!(true)),
        ("list.exists_one(x, x > 1)", json!(false)),
        ("list.existsOne(x, x > 2)", json!(true)),
        ("list.filter(x, x % 2 == 1)", json!([1, 3])),
        ("list.map(x, x * x)", json!([1, 4, 9])),
        ("list.map(x, x > 1, x * x)", json!([4, 9])),
        ("empty.all(x, 1 / 0 > 0)", json!(true)),
        ("empty.exists(x, 1 / 0 > 0)", json!(false)),
        ("empty.map(x, 1 / 0)", json!([])),
        ("customer.address.all(key, key in ['city', 'zip'])", json!(true)),
        ("{'b': 1}.map(key, key + '!')", json!(["b!"])),
        ("items.map(item, item.price * double(item.quantity))", json!([3.0, 0.0])),
        ("list.map(x, list.map(y, x * y))", json!([[1, 2, 3], [2, 4, 6], [3, 6, 9]])),
        ("list.map(x, list.filter(x, x > 2))", json!([[3], [3], [3]])),
        ("list.map(amount, amount)", json!([1, 2, 3])),
        ("list.map(amount, .amount + amount)", json!([1501, 1502, 1503])),
        ("list.map(x, x).map(x, x + 1)", json!([2, 3, 4])),
        ("list.all(x, list.exists(y, y == x))", json!(true)),
    ]);
    fails(&[
        ("list.map(x, x / 0)", Kind::DivisionByZero),
        ("list.filter(x, x)", Kind::Type),
        ("list.map(x, y)", Kind::UnknownVariable),
        ("list.map(x, x)[0] + x", Kind::UnknownVariable),
        ("amount.all(x, true)", Kind::Type),
        ("mixed.exists_one(x, x > 0)", Kind::Type),
    ]);
}

#[test]
fn all_and_exists_absorb_errors_as_and_and_or_do() {
    values(&[
        ("mixed.exists(x, x > 2)", json!(true)),
        ("mixed.all(x, x > 2)", json!(false)),
        ("[0, 1].exists(x, 1 / x == 1)", json!(true)),
        ("[0, 1].all(x, 1 / x > 1)", json!(false)),
    ]);
    fails(&[("[0, 1].exists(x, 1 / x > 1)", Kind::DivisionByZero), ("mixed.all(x, x > 0)", Kind::Type)]);
}

#[test]
fn texts_are_measured_in_code_points_and_searched() {
    values(&[
        ("size('héé😀')", json!(4)),
        ("'héé😀'.size()", json!(4)),
        ("size(list)", json!(3)),
        ("list.size()", json!(3)),
        ("size(customer.address)", json!(2)),
        ("region.contains('U')", json!(true)),
        ("region.startsWith('E')", json!(true)),
        ("region.endsWith('E')", json!(false)),
        ("region.matches('^[A-Z]{2}$')", json!(true)),
        ("matches(region, 'e')", json!(false)),
        ("''.startsWith('')", json!(true)),
    ]);
    fails(&[
        ("size(1)", Kind::Type),
        ("amount.contains('1')", Kind::Type),
        ("region.contains(1)", Kind::Type),
        ("amount.matches('1')", Kind::Type),
        ("null.startsWith('')", Kind::Type),
    ]);
}

#[test]
fn conversions_keep_the_value_or_fail() {
    values(&[
        ("int('42')", json!(42)),
        ("int(-1.9)", json!(-1)),
        ("int(1.9)", json!(1)),
        ("int(7u)", json!(7)),
        ("uint(7.9)", json!(7)),
        ("uint('7')", json!(7)),
        ("double('1.5')", json!(1.5)),
        ("double(1)", json!(1.0)),
        ("string(1)", json!("1")),
        ("string(1.5)", json!("1.5")),
        ("string(true)", json!("true")),
        ("string('a')", json!("a")),
        ("bool('true')", json!(true)),
        ("bool('f')", json!(false)),
        ("dyn(1)", json!(1)),
        ("type(1) == int && type(1u) == uint && type(1.0) == double", json!(true)),
        ("type('') == string && type([]) == type([1]) && type({}) == map", json!(true)),
        ("type([]) == list", json!(false)), // There is a variable of this name: it hides the type.
        ("type(null) == null_type && type(true) == bool", json!(true)),
        ("type", json!("a variable may be called that")),
        ("type(1)", json!("int")),
    ]);
    fails(&[
        ("int('1.5')", Kind::Conversion),
        ("int('')", Kind::Conversion),
        ("int(1e19)", Kind::Overflow),
        ("int(9223372036854775808.0)", Kind::Overflow),
        ("int(0.0 / 0.0)", Kind::Overflow),
        ("int(big)", Kind::Overflow),
        ("uint(-1)", Kind::Overflow),
        ("uint(-0.5)", Kind::Overflow),
        ("uint(18446744073709551616.0)", Kind::Overflow),
        ("double('x')", Kind::Conversion),
        ("bool('yes')", Kind::Conversion),
        ("bool(1)", Kind::Type),
        ("int(true)", Kind::Type),
        ("string([])", Kind::Type),
        ("string(null)", Kind::Type),
        ("timestamp('2026-13-01T00:00:00Z')", Kind::Conversion),
        ("timestamp('2026-01-01')", Kind::Conversion),
        ("duration('1')", Kind::Conversion),
        ("duration('1y')", Kind::Conversion),
    ]);
}

#[test]
fn times_are_added_compared_and_taken_apart_in_utc() {
    values(&[
        ("timestamp('2026-03-01T12:00:00+02:00')", json!("2026-03-01T10:00:00Z")),
        ("timestamp('2026-03-01T12:00:00.5Z') + duration('1h30m')", json!("2026-03-01T13:30:00.500Z")),
        ("duration('90s') + timestamp('2026-01-01T00:00:00Z')", json!("2026-01-01T00:01:30Z")),
        ("timestamp('2026-03-02T00:00:00Z') - timestamp('2026-03-01T12:00:00Z')", json!("43200s")),
        ("timestamp('2026-03-02T00:00:00Z') - duration('24h')", json!("2026-03-01T00:00:00Z")),
        ("duration('1h') - duration('1.5s')", json!("3598.5s")),
        ("duration('-1.5s')", json!("-1.5s")),
        ("duration('1h1m1s1ms1us1ns')", json!("3661.001001001s")),
        ("string(duration('100ms'))", json!("0.1s")),
        ("int(timestamp('1970-01-01T00:01:00Z'))", json!(60)),
        ("timestamp(60)", json!("1970-01-01T00:01:00Z")),
    ]);
    let parts = "timestamp('2026-12-31T23:58:59.123Z')";
    for (part, expected) in [
        ("getFullYear", 2026),
        ("getMonth", 11),
        ("getDate", 31),
        ("getDayOfMonth", 30),
        ("getDayOfWeek", 4),
        ("getDayOfYear", 364),
        ("getHours", 23),
        ("getMinutes", 58),
        ("getSeconds", 59),
        ("getMilliseconds", 123),
    ] {
        assert_eq!(evaluate(&format!("{parts}.{part}()")), Ok(json!(expected)), "{part}");
    }
    holds(&[
        "timestamp('2026-03-01T12:00:00Z') == timestamp('2026-03-01T14:00:00+02:00')",
        "timestamp('2026-03-01T12:00:00Z') < timestamp('2026-03-01T12:00:00.001Z')",
        "duration('60m') == duration('1h') && duration('1m') < duration('1h')",
        "duration('2h').getMinutes() == 120",
    ]);
    fails(&[
        ("timestamp('9999-12-31T23:59:59Z') + duration('1s')", Kind::Overflow),
        ("timestamp('0001-01-01T00:00:00Z') - duration('1s')", Kind::Overflow),
        ("timestamp(9223372036854775807)", Kind::Overflow),
        ("timestamp('2026-01-01T00:00:00Z') + 1", Kind::Type),
        ("timestamp('2026-01-01T00:00:00Z') + timestamp('2026-01-01T00:00:00Z')", Kind::Type),
        ("duration('1h').getFullYear()", Kind::Type),
        ("'2026'.getFullYear()", Kind::Type),
        ("now", Kind::UnknownVariable),
    ]);
}

#[test]
fn roots_of_the_caller_are_seen_beside_the_variables_and_hide_them() {
    let (variables, item) = (map(&variables()), json!({ "quantity": 3 }));
    let roots = [("item", &item), ("region", &item)];
    let scope = Scope::with_roots(&variables, &roots);
    let evaluate = |source| Expression::from_cel(source).unwrap().evaluate(&scope, &mut Fuel::default()).unwrap();
    assert_eq!(evaluate("item.quantity + amount"), json!(1503));
    assert_eq!(evaluate("region"), item);
    assert_eq!(evaluate("variables.region"), json!("EU"));
}

#[test]
fn an_error_names_its_part_and_what_it_needs() {
    for (source, field, message) in [
        ("amount > 1 && customer.age > 'a'", "'a'", "\"'a'\" is a text, but > needs a number"),
        ("customer.name > 5", "5", "\"5\" is an integer, but > needs a text"),
        (
            "(customer.height) == 1",
            "customer.height",
            "the variable \"customer.height\" is missing, but . needs a value",
        ),
        ("1 + (amount / 0)", "amount / 0", "\"amount / 0\" is a division by 0, but / needs a divisor other than 0"),
        ("size(items[5].sku)", "items[5]", "\"items[5]\" is outside the list, but [] needs an index of the list"),
        ("nope", "nope", "the variable \"nope\" is missing, but this expression needs a value"),
        ("items.map(i, i.nope)", "i.nope", "the variable \"i.nope\" is missing, but . needs a value"),
        (
            "int ( region )",
            "int ( region )",
            "\"int ( region )\" is another text, but int needs the text of an integer",
        ),
    ] {
        let error = Expression::from_cel(source).unwrap();
        let error = error.evaluate(&Scope::new(&map(&variables())), &mut Fuel::default()).unwrap_err();
        assert_eq!((error.field.as_str(), error.to_string().as_str()), (field, message), "{source}");
    }
}

#[test]
fn a_condition_that_is_no_boolean_is_an_error() {
    let error = Expression::from_cel("amount").unwrap().holds(&Scope::new(&map(&variables())), &mut Fuel::default());
    assert_eq!(
        error.unwrap_err().to_string(),
        "the variable \"amount\" is an integer, but a condition needs a boolean"
    );
}

//! What CEL's macros and functions say, example by example:
//! <https://github.com/google/cel-spec/blob/master/doc/langdef.md#list-of-standard-definitions>.

pub mod expression_support;
pub mod support;

use expression_support::{evaluate, fails, holds, values};
use nexusflow_domain::workflow::expression::EvaluationErrorKind as Kind;
use serde_json::json;

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

//! What CEL says, example by example: <https://github.com/google/cel-spec/blob/master/doc/langdef.md>.

pub mod expression_support;
pub mod support;

use expression_support::{fails, holds, values, variables};
use nexusflow_domain::workflow::expression::{EvaluationErrorKind as Kind, Expression, Fuel, Scope};
use serde_json::{Value, json};
use support::map;

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
        (
            "size(items[5].sku)",
            "items[5]",
            "the variable \"items[5]\" is outside the list, but [] needs an index of the list",
        ),
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

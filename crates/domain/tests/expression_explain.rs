//! Why a condition was true, false or failed: leaves, what they read, and what is kept secret.

pub mod support;

use nexusflow_domain::workflow::condition::Condition;
use nexusflow_domain::workflow::expression::{
    Declarations, EvaluationErrorKind as Kind, Explanation, Expression, Fuel, InputSchema, PartKind, SECRET, Scope,
    Verdict,
};
use serde_json::{Value, json};
use support::map;

fn schema() -> InputSchema {
    InputSchema::parse(&json!({ "properties": {
        "pin": { "type": "string", "x-secret": true },
        "customer": { "properties": { "name": {}, "card": { "x-secret": true, "properties": { "number": {} } } } },
        "items": { "items": { "properties": { "sku": {}, "cost": { "x-secret": true } } } },
        "keys": { "additionalProperties": { "x-secret": true } },
    } }))
    .expect("a schema")
}

fn variables() -> Value {
    json!({
        "amount": 1500, "region": "EU", "approved": false, "pin": "1234",
        "customer": { "name": "Ada", "card": { "number": "4111", "last": "1" } },
        "items": [{ "sku": "a", "cost": 5 }, { "sku": "b", "cost": 7 }],
        "keys": { "a": "k1", "b": "k2" },
    })
}

fn explain_on(condition: &Value, variables: &Value, fuel: &mut Fuel) -> Explanation {
    let (schema, variables) = (schema(), map(variables));
    let condition = Condition::parse(condition).expect("a condition");
    condition.expression().explain(&Scope::new(&variables), fuel, &Declarations::new(&schema))
}

fn explain(condition: &Value) -> Explanation {
    explain_on(condition, &variables(), &mut Fuel::default())
}

/// A line for each part: indented, its verdict, its text, what it read.
fn lines(explanation: &Explanation, depth: usize, lines: &mut Vec<String>) {
    let verdict = match &explanation.verdict {
        Verdict::True => "true".to_owned(),
        Verdict::False => "false".to_owned(),
        Verdict::Failed(error) => format!("{:?}", error.kind),
    };
    let read: Vec<_> = explanation
        .read
        .iter()
        .map(|reading| {
            format!("{} = {}", reading.path, reading.value.clone().map_or("nothing".to_owned(), |v| v.to_string()))
        })
        .collect();
    let line =
        format!("{}{:?} {verdict}: {} [{}]", "  ".repeat(depth), explanation.kind, explanation.text, read.join(", "));
    lines.push(line);
    for part in &explanation.parts {
        self::lines(part, depth + 1, lines);
    }
}

fn drawn(condition: &Value) -> Vec<String> {
    let mut drawn = Vec::new();
    lines(&explain(condition), 0, &mut drawn);
    drawn
}

#[test]
fn every_leaf_is_shown_with_its_verdict_and_what_it_read() {
    let source = "amount > 1000 && (region == 'US' || approved) && !(customer.age > 5) && (approved ? missing : true)";
    assert_eq!(
        drawn(&json!(source)),
        [
            &format!("All false: {source} []"),
            "  Leaf true: amount > 1000 [amount = 1500]",
            "  Any false: region == 'US' || approved []",
            "    Leaf false: region == 'US' [region = \"EU\"]",
            "    Leaf false: approved [approved = false]",
            "  Not NoSuchField: !(customer.age > 5) []",
            "    Leaf NoSuchField: customer.age > 5 [customer.age = nothing]",
            "  Choice true: approved ? missing : true []",
            "    Leaf false: approved [approved = false]",
            "    Leaf UnknownVariable: missing [missing = nothing]",
            "    Leaf true: true []",
        ]
    );
}

#[test]
fn the_json_form_is_explained_the_same_way() {
    let leaf =
        |field: &str, operator: &str, value: Value| json!({ "field": field, "operator": operator, "value": value });
    let condition = json!({ "any": [
        leaf("region", "equals", json!("US")),
        { "all": [leaf("amount", "starts_with", json!("1")), leaf("items.1.sku", "in", json!(["b"]))] },
        { "not": leaf("nothing", "exists", json!(true)) },
    ] });
    assert_eq!(
        drawn(&condition),
        [
            "Any Type: any []",
            "  Leaf false: region equals \"US\" [region = \"EU\"]",
            "  All Type: all []",
            "    Leaf Type: amount starts_with \"1\" [amount = 1500]",
            "    Leaf true: items.1.sku in [\"b\"] [items[1].sku = \"b\"]",
            "  Not true: not []",
            "    Leaf false: nothing exists true [nothing = nothing]",
        ]
    );
}

#[test]
fn secrets_are_never_shown() {
    for (source, expected) in [
        ("pin == '0'", json!(SECRET)),
        ("pin.size() > 3", json!(SECRET)),
        ("variables.pin == '0'", json!(SECRET)),
        ("variables['pin'] == '0'", json!(SECRET)),
        ("customer.card.number == '0'", json!(SECRET)),
        ("customer['card']['last'] == '0'", json!(SECRET)),
        ("customer == null", json!({ "name": "Ada", "card": SECRET })),
        ("items[1].cost > 5", json!(SECRET)),
        ("items.all(item, item.cost > 5)", json!([{ "sku": "a", "cost": SECRET }, { "sku": "b", "cost": SECRET }])),
        ("keys.a == 'k1'", json!(SECRET)),
        ("keys[region] == 'k1'", json!({ "a": SECRET, "b": SECRET })),
    ] {
        let explanation = explain(&json!(source));
        assert_eq!(explanation.read[0].value, Some(expected), "{source}");
    }
    for source in ["variables == null", "variables.all(name, variables[name] != 5)"] {
        let text = format!("{:?}", explain(&json!(source)));
        for secret in ["1234", "4111", "k1", "k2", "Number(5)", "Number(7)"] {
            assert!(!text.contains(secret), "{source}: {text}");
        }
        assert!(text.contains("Ada"));
    }
    let leaf = json!({ "field": "customer.card.number", "operator": "less", "value": 5 });
    let explanation = explain(&leaf);
    assert_eq!(explanation.read[0].value, Some(json!(SECRET)));
    assert!(!format!("{explanation:?}").contains("4111"));
}

#[test]
fn roots_of_the_caller_are_redacted_by_their_own_schema() {
    let (schema, item_schema) =
        (schema(), InputSchema::parse(&json!({ "properties": { "cost": { "x-secret": true } } })));
    let (item_schema, item, variables) = (item_schema.unwrap(), json!({ "sku": "a", "cost": 5 }), map(&variables()));
    let roots = [("item", &item)];
    let scope = Scope::with_roots(&variables, &roots);
    let declarations = Declarations::new(&schema).with("item", Some(&item_schema)).with("pin", None);
    let explain = |source| Expression::from_cel(source).unwrap().explain(&scope, &mut Fuel::default(), &declarations);
    assert_eq!(explain("item.cost > 1").read[0].value, Some(json!(SECRET)));
    assert_eq!(explain("item.sku == 'a'").read[0].value, Some(json!("a")));
    assert_eq!(explain("pin == ''").read[0].value, Some(json!(SECRET)), "a name declared again stays secret");
}

#[test]
fn large_values_are_cut() {
    let variables = json!({ "text": "x".repeat(10_000), "list": vec![vec!["y"; 1000]; 1000] });
    let explanation = explain_on(&json!("text == '' || list == []"), &variables, &mut Fuel::default());
    for part in explanation.parts {
        let text = part.read[0].value.as_ref().unwrap().to_string();
        assert!(text.len() < 1000 && text.contains('…'), "{text}");
    }
}

#[test]
fn when_the_fuel_ends_the_leaves_that_are_left_say_so() {
    let source = "amount > 1 && items.all(a, items.all(b, items.all(c, true))) && region == 'EU'";
    let explanation = explain_on(&json!(source), &variables(), &mut Fuel::new(20));
    let kinds = explanation.parts.iter().map(|part| match &part.verdict {
        Verdict::Failed(error) => Some(error.kind),
        Verdict::True | Verdict::False => None,
    });
    assert_eq!(kinds.collect::<Vec<_>>(), [None, Some(Kind::CostExceeded), Some(Kind::CostExceeded)]);
    assert!(matches!(explanation.verdict, Verdict::Failed(_)));
}

#[test]
fn the_verdict_is_the_one_of_the_evaluation() {
    let parts = ["approved", "!approved", "missing", "amount > 1", "amount > '1'", "1 / 0 > 0"];
    let variables = map(&variables());
    for a in parts {
        for b in parts {
            for source in [
                format!("{a} && {b}"),
                format!("{a} || !({b})"),
                format!("({a}) ? {b} : !({a})"),
                format!("({a} || {b}) && {b}"),
            ] {
                let held = Condition::parse(&json!(source)).unwrap().holds(&variables);
                let expected = match held {
                    Ok(true) => Verdict::True,
                    Ok(false) => Verdict::False,
                    Err(error) => Verdict::Failed(Box::new(error)),
                };
                assert_eq!(explain(&json!(source)).verdict, expected, "{source}");
            }
        }
    }
    assert_eq!(explain(&json!("amount")).kind, PartKind::Leaf);
    assert!(matches!(explain(&json!("amount")).verdict, Verdict::Failed(error) if error.kind == Kind::Type));
}

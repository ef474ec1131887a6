use nexusflow_domain::JsonMap;
use nexusflow_domain::workflow::condition::Condition;
use nexusflow_domain::workflow::expression::{Expression, Fuel, Scope};
use serde_json::{Value, json};

/// A JSON text is compiled as a condition, and evaluated; its canonical form means the same. Whether it is one.
pub fn condition(data: &[u8]) -> bool {
    let Ok(json) = serde_json::from_slice::<Value>(data) else { return false };
    let Ok(condition) = Condition::parse(&json) else { return false };
    let again = Condition::parse(&condition.to_json()).unwrap_or_else(|error| panic!("{json}: {error}"));
    assert_eq!(again, condition);
    for variables in variables() {
        assert_eq!(condition.holds(&variables).ok(), again.holds(&variables).ok(), "{json}");
    }
    true
}

/// A text is compiled as CEL, and evaluated within its limit of cost, every time alike. Whether it is one.
pub fn cel(data: &[u8]) -> bool {
    let Ok(source) = std::str::from_utf8(data) else { return false };
    let Ok(expression) = Expression::from_cel(source) else { return false };
    for variables in variables() {
        let value = || expression.evaluate(&Scope::new(&variables), &mut Fuel::default());
        let (first, second) = (value(), value());
        assert_eq!(first.ok(), second.ok(), "{source}");
        // A condition that is none is an error, and no more.
        let _ = expression.holds(&Scope::new(&variables), &mut Fuel::default());
    }
    true
}

/// Nothing, and something of every type under the names that inputs begin with.
fn variables() -> [JsonMap; 2] {
    let some = json!({
        "a": 7, "b": -0.5, "c": "a text of 3 words", "d": true, "e": null, "f": [1, "x", [null], { "a": 2 }],
        "g": { "a": { "a": 1 }, "": "" }, "h": "2027-01-15T08:00:00Z", "i": 9_223_372_036_854_775_807_i64, "j": "90s",
    });
    [JsonMap::new(), some.as_object().cloned().unwrap_or_default()]
}
